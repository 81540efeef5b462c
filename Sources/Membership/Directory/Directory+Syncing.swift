// Room:  Membership (floor 3, pure).
// Task:  a sync as the one sees it who asks: a digest that differs, summary, what came of it.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryProperties.swift

import Identity

/// What came of a message.
public struct DirectoryOutcome: Sendable, Equatable {
    /// To be sent to the peer, in this order; at most two, each at most `DirectoryLimits.message`.
    public var replies: [[UInt8]] = []
    /// What is new here, in the order in which it was learnt.
    public var changes: [DirectoryChange] = []
    /// What no honest peer sends: the connection should end as one that broke the protocol.
    public var offence: DirectoryDrop?
}

extension Directory {
    /// A heartbeat told the peer's digest.
    ///
    /// - Returns: a summary to be sent to the peer, where it may know something that this node
    ///   does not, and nobody else is being asked. A peer that is merely behind gets nothing: it
    ///   hears this node's digest and asks.
    /// - Complexity: O(1) where the digests are equal; O(n) for a summary.
    public mutating func hear(
        _ digest: UInt64, from peer: NodeID, at now: Instant
    ) -> [UInt8]? {
        closeOverdue(at: now)
        if digest == self.digest {
            peers[peer]?.fruitless = 0
            return nil
        }
        guard peer != id, open == nil, !table.hadDigest(digest) else { return nil }
        guard now >= peers[peer, default: DirectoryPeer()].rests else { return nil }
        return ask(peer, at: now)
    }

    /// A message of the peer's.
    ///
    /// - isMember: the roster. A record of anybody else is dropped, and asked for again later.
    /// - Complexity: O(n + k log n) for k records, and a verification for each that is new.
    public mutating func receive(
        _ bytes: [UInt8], from peer: NodeID, isMember: (NodeID) -> Bool, at now: Instant
    ) -> DirectoryOutcome {
        var outcome = DirectoryOutcome()
        guard peer != id, isMember(peer) else {
            drops.count(.stranger)
            return outcome
        }
        closeOverdue(at: now)
        guard
            peers[peer, default: DirectoryPeer()].allowance.take(
                at: now, burst: DirectoryLimits.messageBurst, gap: DirectoryLimits.messageGap)
        else {
            drops.count(.flood)
            return outcome
        }
        do {
            guard let message = try DirectoryMessage(reading: bytes) else {
                drops.count(.version)
                return outcome
            }
            take(message, from: peer, isMember: isMember, at: now, into: &outcome)
        } catch {
            drops.count(error)
            outcome.offence = error.isOffence ? error : nil
        }
        return outcome
    }

    private mutating func take(
        _ message: DirectoryMessage, from peer: NodeID, isMember: (NodeID) -> Bool,
        at now: Instant, into outcome: inout DirectoryOutcome
    ) {
        switch message {
        case .summary(let told, let span, let entries):
            // Two summaries that cross: that of the lower ID stands.
            if open?.peer == peer, id < peer { return }
            answer(
                told: told, span: span, entries: entries, to: peer, at: now, into: &outcome)
        case .answer(let span, let more, let named, let wanted, let items):
            let merged = merge(items, from: peer, isMember: isMember, at: now, into: &outcome)
            if outcome.offence != nil { return }
            note(span, merged, from: peer)
            if wanted.isEmpty {
                show(named, to: peer)
            } else {
                reply(wanted: wanted, of: named, to: peer, into: &outcome)
            }
            close(peer, at: now)
            settle(merged, wanted: !wanted.isEmpty, with: peer, at: now)
            if more, merged.accepted > 0, open == nil, now >= peers[peer]?.rests ?? now {
                outcome.replies.append(ask(peer, at: now))
            }
        case .news(let span, let items):
            let merged = merge(items, from: peer, isMember: isMember, at: now, into: &outcome)
            if outcome.offence != nil { return }
            note(span, merged, from: peer)
            close(peer, at: now)
        }
    }

    // MARK: The one who asks

    private mutating func ask(_ peer: NodeID, at now: Instant) -> [UInt8] {
        open = OpenSync(peer: peer, since: now)
        if peers[peer] == nil { peers[peer] = DirectoryPeer() }
        return summary(for: peer).bytes
    }

    /// What changed here since the peer was last shown all, without what it told itself.
    ///
    /// - Complexity: O(n + k log k).
    func summary(for peer: NodeID) -> DirectoryMessage {
        let state = peers[peer, default: DirectoryPeer()]
        var entries: [DirectoryEntry] = []
        var upTo = table.serial
        for place in table.changed(after: state.shown) {
            let row = table.rows[place]
            if row.source == peer { continue }
            if entries.count == Self.mostEntries {
                upTo = row.changed - 1
                break
            }
            entries.append(
                DirectoryEntry(prefix: row.prefix, version: row.version, isDown: row.isDown))
        }
        entries.sort { $0.prefix < $1.prefix }
        return .summary(
            told: state.told, span: DirectorySpan(from: state.shown, upTo: upTo), entries)
    }

    /// An entry takes 25 bytes at most, the head 41.
    static let mostEntries = (DirectoryLimits.message - 41) / 25

    /// Moves the cursor into the peer's changes, if what was told joins what is known.
    mutating func note(_ span: DirectorySpan, _ merged: Merged, from peer: NodeID) {
        guard merged.isComplete, let told = peers[peer]?.told, span.from <= told else { return }
        // Told from the beginning: the peer's serials may have begun anew.
        peers[peer]?.told = span.from == 0 ? span.upTo : max(told, span.upTo)
    }

    /// What the peer wants. Where it is too much for one message the span stays open, and the peer
    /// asks for the rest itself.
    private mutating func reply(
        wanted: [UInt64], of named: DirectorySpan, to peer: NodeID,
        into outcome: inout DirectoryOutcome
    ) {
        var items: [DirectoryItem] = []
        var room = DirectoryLimits.message - 21
        for prefix in wanted {
            for place in table.places(of: prefix) {
                let row = table.rows[place]
                let item = DirectoryItem.record(row.bytes, isDown: row.isDown)
                room -= item.longest
                if room >= 0 { items.append(item) }
            }
            if room < 0 { break }
        }
        var span = named
        if room < 0 { span.upTo = span.from }
        show(span, to: peer)
        outcome.replies.append(DirectoryMessage.news(span: span, items).bytes)
    }

    /// Moves what the peer was shown, if it joins what it was shown before.
    private mutating func show(_ span: DirectorySpan, to peer: NodeID) {
        guard let shown = peers[peer]?.shown, span.from <= shown else { return }
        peers[peer]?.shown = max(shown, min(span.upTo, table.serial))
    }

    private mutating func settle(
        _ merged: Merged, wanted: Bool, with peer: NodeID, at now: Instant
    ) {
        if merged.accepted > 0 {
            peers[peer]?.fruitless = 0
            return
        }
        peers[peer]?.failed(at: now)
        if !wanted, peers[peer]?.fruitless ?? 0 > 1 {
            // The digests differ and neither knows why: compare everything.
            peers[peer]?.told = 0
            peers[peer]?.shown = 0
        }
    }

    private mutating func closeOverdue(at now: Instant) {
        guard let open, now >= open.since + DirectoryLimits.answerTimeout else { return }
        peers[open.peer]?.failed(at: now)
        close(open.peer, at: now)
    }

    /// A peer that keeps this node waiting is not asked for four times as long: holding the one
    /// sync that is open, it could keep the others from being asked.
    mutating func close(_ peer: NodeID, at now: Instant) {
        guard let open, open.peer == peer else { return }
        let took = now - open.since
        if took > DirectoryLimits.quickAnswer { peers[peer]?.rest(until: now + took * 4) }
        self.open = nil
    }
}
