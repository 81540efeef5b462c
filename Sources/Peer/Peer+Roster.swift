// Room:  Peer (pure core).
// Task:  the roster's endorsements: taken, passed on, asked for; a roster that changed, taken up.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/RosterNewsTests.swift

import Membership
import Wire

extension Peer {
    /// How often the same peer is asked at most for what this node lacks (our guess).
    static let rosterPause = Duration.seconds(1)
    /// Bytes of endorsements in one message, so that it is never cut.
    static let rosterBatch = 24_576

    /// Signs an action in this node's name, and tells everybody.
    ///
    /// - body: `propose` or `endorse` of the book, with this node's key, which the core never sees.
    /// - Throws: as the body does; nothing has changed then. Also where this node keeps no books, or
    ///   may have lost its own word (`bookLost`).
    public mutating func sign(
        _ body: (inout RosterBook) throws(RosterRefusal) -> Endorsement,
        at now: Instant, into out: inout [PeerEffect]
    ) throws(RosterRefusal) -> Endorsement {
        guard var books else { throw .notAMember }
        guard books.holdsOwnWord || membership.roster.count == 1 else { throw .bookLost }
        let vote = try body(&books.roster)
        self.books = books
        tookEndorsements([vote], from: nil, at: now, into: &out)
        arm(into: &out)
        return vote
    }

    mutating func received(
        _ message: WireEndorsements, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let peer = linkedPeer(of: connection), books != nil else { return }
        var news: [Endorsement] = []
        let isAnswer = keeping.askedAt[peer].map { now - $0 < Self.rosterPause } ?? false
        for bytes in message.entriesBytes {
            guard let vote = Endorsement(bytes: bytes), let outcome = books?.roster.add(vote)
            else {
                return fault(connection, "an endorsement that does not parse", at: now, into: &out)
            }
            switch outcome {
            case .new(let votes): news += votes
            case .known, .waiting: break
            case .dropped(let drop):
                rosterDrops += 1
                if drop == .forged || drop == .unsound {
                    tookEndorsements(news, from: connection, at: now, into: &out)
                    return fault(
                        connection, "an endorsement: \(drop.what)", at: now, into: &out)
                }
            }
        }
        tookEndorsements(news, from: connection, at: now, into: &out)
        guard connections[connection] != nil else { return }  // The news may have expelled it.
        if message.hasSummary { answer(message.summary, on: connection, into: &out) }
        if !news.isEmpty, isAnswer {
            // There may be more; and a newcomer that has the history lacks its endorsements.
            keeping.askedAt[peer] = now
            ask(connection, into: &out)
        }
    }

    /// Where a peer's digest of the endorsements is another than this node's: asks for the rest.
    mutating func compareRoster(
        _ digest: UInt64, with peer: NodeID, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard books != nil, digest != 0, digest != keeping.rosterDigest else { return }
        if let asked = keeping.askedAt[peer], now - asked < Self.rosterPause { return }
        keeping.askedAt[peer] = now
        ask(connection, into: &out)
    }

    private mutating func ask(_ connection: ConnectionID, into out: inout [PeerEffect]) {
        guard let peer = connections[connection]?.peer,
            let summary = books?.roster.summary(after: keeping.summaryAfter[peer] ?? 0)
        else { return }
        keeping.summaryAfter[peer] = summary.next
        var message = WireEndorsements()
        message.summary = WireRosterSummary(summary)
        out.append(.send(connection, .endorsements(message)))
    }

    private func answer(
        _ summary: WireRosterSummary, on connection: ConnectionID, into out: inout [PeerEffect]
    ) {
        guard let summary = RosterSummary(summary),
            let votes = books?.roster.missing(summary, limit: Message.entryLimit), !votes.isEmpty
        else { return }
        out.append(.send(connection, .endorsements(Self.message(votes[...]))))
    }

    /// As many as one message holds.
    private static func message(_ votes: ArraySlice<Endorsement>) -> WireEndorsements {
        var message = WireEndorsements()
        var room = rosterBatch
        for vote in votes.prefix(Message.entryLimit) {
            let bytes = vote.bytes
            room -= bytes.count
            guard room >= 0 else { break }
            message.appendEntry(bytes)
        }
        return message
    }

    /// New endorsements: kept first, for the locks live in what was saved; then passed on to
    /// everybody else, so that a decision is everywhere within a few hops.
    private mutating func tookEndorsements(
        _ votes: [Endorsement], from source: ConnectionID?, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let books else { return }
        // An awaited history may be here without a new endorsement.
        guard !votes.isEmpty else { return takeUpRoster(at: now, into: &out) }
        out.append(.keep(votes))
        keeping.rosterDigest = books.roster.digest
        for peer in links.keys.sorted() {
            guard let link = links[peer], link.connection != source else { continue }
            var rest = votes[...]
            while !rest.isEmpty {
                let message = Self.message(rest)
                guard !message.entries.isEmpty else { break }
                out.append(.send(link.connection, .endorsements(message)))
                rest = rest.dropFirst(message.entries.count)
            }
        }
        // Last: who is expelled by this has heard it.
        takeUpRoster(at: now, into: &out)
        tellBooks(into: &out)
    }

    /// The roster as the book has it now. Until a newcomer's own admission is known here, it takes
    /// itself, and those whom it was told to dial, for members.
    mutating func takeUpRoster(at now: Instant, into out: inout [PeerEffect]) {
        guard let books else { return }
        let book = books.roster.roster
        if book.contains(settings.own) { keeping.hasBeenMember = true }
        let next = membership.roster.following(book)
        guard keeping.hasBeenMember, next != membership.roster else { return }
        onMembership(at: now, into: &out) { $0.adopt(next, at: now, into: &$1) }
        self.books?.directory.retain(members: next.count) { next.contains($0) }
        for connection in connections.keys.sorted() {
            guard let peer = connections[connection]?.peer, !next.contains(peer) else { continue }
            let farewell = WireFarewell(.expelled, reason: "expelled by the members")
            abandon(connection, farewell, refusal: .expelled, at: now, into: &out)
        }
        onGossip(at: now, into: &out) {
            $0.setAlone(next.count == 1)
            $0.tick(at: now.origin, into: &$1)
        }
        out.append(.note(.roster(generation: next.generation, members: next.count)))
    }
}

extension WireRosterSummary {
    init(_ summary: RosterSummary) {
        self.init()
        generation = summary.last.generation
        hashBytes = summary.last.hash.bytes
        awaiting = summary.isAwaiting
        unproven = summary.unproven
        after = summary.after
        through = summary.through
        ids = summary.ids
    }
}

extension RosterSummary {
    init?(_ summary: WireRosterSummary) {
        guard let hash = RosterHash(bytes: summary.hashBytes) else { return nil }
        self.init(
            last: RosterPin(generation: summary.generation, hash: hash),
            isAwaiting: summary.awaiting, unproven: summary.unproven, after: summary.after,
            through: summary.through, ids: summary.ids)
    }
}
