// Room:  Peer (pure core).
// Task:  the directory: the own record made, others' taken, what they say handed to membership.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/DirectoryNewsTests.swift

import Gossip
import Membership
import Wire

extension Peer {
    /// How often members of which nothing is heard are looked for (our guess).
    static let directoryRound = Duration.seconds(10)
    /// How long a change that is not urgent may wait for a heartbeat; on busy links none would go
    /// at all (our guess).
    static let beatPause = Duration.seconds(2)

    mutating func received(
        _ message: WireDirectory, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let peer = linkedPeer(of: connection), books != nil else { return }
        let roster = membership.roster
        let outcome = books?.directory.receive(
            message.bodyBytes, from: peer, isMember: { roster.contains($0) }, at: now)
        guard let outcome else { return }
        for reply in outcome.replies { send(reply, on: connection, into: &out) }
        for change in outcome.changes { learn(change, at: now, into: &out) }
        if let offence = outcome.offence {
            return fault(connection, "the directory: \(offence.rawValue)", at: now, into: &out)
        }
        if outcome.changes.contains(where: \.isUrgent) { tellBooks(into: &out) }
        planDirectory(at: now)
    }

    private mutating func compareDirectory(
        _ digest: UInt64, with peer: NodeID, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard digest != 0, let summary = books?.directory.hear(digest, from: peer, at: now)
        else { return }
        send(summary, on: connection, into: &out)
    }

    private func send(_ body: [UInt8], on connection: ConnectionID, into out: inout [PeerEffect]) {
        var message = WireDirectory()
        message.bodyBytes = body
        out.append(.send(connection, .directory(message)))
    }

    private mutating func learn(
        _ change: DirectoryChange, at now: Instant, into out: inout [PeerEffect]
    ) {
        switch change {
        case .appeared(let id), .moved(let id), .returned(let id), .progressed(let id):
            guard let record = books?.directory.record(of: id) else { return }
            learn(record, at: now, into: &out)
        case .left(let id):
            onMembership(at: now, into: &out) { $0.departed(id, at: now, into: &$1) }
        case .down(let id):
            onMembership(at: now, into: &out) { $0.claimedDown(id, at: now, into: &$1) }
        case .ownRefuted, .ownAbove: break
        }
        out.append(.note(.directory(change)))
    }

    /// After a restart: where members were that have moved.
    mutating func learnFromBooks(at now: Instant, into out: inout [PeerEffect]) {
        for row in books?.directory.rows(at: now) ?? [] where row.record.id != settings.own {
            learn(row.record, at: now, into: &out)
        }
    }

    private mutating func learn(
        _ record: DirectoryRecord, at now: Instant, into out: inout [PeerEffect]
    ) {
        let facts = record.facts
        onMembership(at: now, into: &out) {
            $0.learn(
                record.id, addresses: facts.addresses, listens: facts.listening, at: now,
                into: &$1)
        }
    }

    /// Membership takes a member for down.
    mutating func claimDown(_ peer: NodeID, at now: Instant, into out: inout [PeerEffect]) {
        guard books?.directory.claim(down: peer, at: now) == true else { return }
        tellBooks(into: &out)
    }

    /// What this node says of itself.
    private var facts: DirectoryFacts? {
        guard let books else { return nil }
        let shares = books.sharesMetrics
        let progress = DirectoryProgress(
            round: gossip.round, rounds: settings.gossip.rounds, samples: gossip.samples,
            phase: UInt8(clamping: gossip.phaseToTell.rawValue),
            disagreement: Float(gossip.disagreement ?? 0),
            loss: shares ? heldOutLoss.map { Float($0) } : nil,
            accuracy: shares ? accuracy.map { Float($0) } : nil)
        return try? DirectoryFacts(
            state: hasLeft ? .left : .present, listening: settings.membership.listening,
            addresses: books.addresses, software: settings.software, progress: progress)
    }

    /// Makes the own record anew where it is due, and looks for members of which nothing is heard.
    mutating func tickDirectory(at now: Instant, into out: inout [PeerEffect]) {
        guard books != nil else { return }
        if let beat = keeping.beatAt, beat <= now {
            keeping.beatAt = nil
            tellBooks(into: &out)
        }
        guard let due = keeping.directoryWake, due <= now else { return }
        let before = books?.directory.announced
        if let facts { books?.directory.announce(facts, at: now) }
        let after = books?.directory.announced
        for id in books?.directory.stale(at: now) ?? [] {
            onMembership(at: now, into: &out) { $0.doubt(id, at: now, into: &$1) }
        }
        keeping.directoryWake = now + Self.directoryRound
        planDirectory(at: now)
        if let after, before.map({ after.isUrgent(after: $0) }) ?? true { tellBooks(into: &out) }
    }

    /// The next time at which the directory has something to do.
    private mutating func planDirectory(at now: Instant) {
        guard let directory = books?.directory else { return }
        let next = directory.nextAnnouncement
        keeping.directoryWake = keeping.directoryWake.map { min($0, next) } ?? next
        let isNew = links.values.contains { $0.told.directory != directory.digest }
        if isNew, keeping.beatAt == nil { keeping.beatAt = now + Self.beatPause }
    }

    /// What this node last says: that it has left.
    mutating func sayGoodBye(at now: Instant, into out: inout [PeerEffect]) {
        guard let facts else { return }
        books?.directory.announce(facts, at: now)
        guard let news = books?.directory.ownNews else { return }
        for peer in links.keys.sorted() {
            guard let link = links[peer] else { continue }
            send(news, on: link.connection, into: &out)
        }
    }

    // MARK: Digests on heartbeats

    /// What a heartbeat says of the books; zeros without books.
    var bookDigests: BookDigests {
        books.map { BookDigests(directory: $0.directory.digest, roster: keeping.rosterDigest) }
            ?? BookDigests()
    }

    /// Keeps what a peer says of its books, and asks where they are others than these. Also after
    /// a heartbeat that says nothing of them: what was asked then may have come to nothing.
    mutating func compareBooks(
        _ beat: WireHeartbeat, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let peer = linkedPeer(of: connection), var heard = links[peer]?.heard else { return }
        if beat.directory != 0 { heard.directory = beat.directory }
        if beat.roster != 0 { heard.roster = beat.roster }
        links[peer]?.heard = heard
        if heard.roster == keeping.rosterDigest, books?.holdsOwnWord == false {
            books?.holdsOwnWord = true
            out.append(.keep([]))
        }
        compareDirectory(heard.directory, with: peer, on: connection, at: now, into: &out)
        compareRoster(heard.roster, with: peer, on: connection, at: now, into: &out)
    }

    /// Tells all peers at once that the books have changed: they ask for what they lack.
    mutating func tellBooks(into out: inout [PeerEffect]) {
        guard books != nil else { return }
        let digests = bookDigests
        for peer in links.keys.sorted() {
            guard let link = links[peer], link.told != digests else { continue }
            tell(link.connection, into: &out)
        }
    }
}

extension DirectoryChange {
    /// Whether others should hear of it before the next heartbeat.
    fileprivate var isUrgent: Bool {
        switch self {
        case .appeared, .moved, .left, .returned, .down, .ownRefuted: true
        case .progressed, .ownAbove: false
        }
    }
}
