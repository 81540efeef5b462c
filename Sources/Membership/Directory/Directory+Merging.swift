// Room:  Membership (floor 3, pure).
// Task:  news judged one by one: dropped with a reason, or a row's next state.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryFuzzTests.swift

import Identity

/// What has become known.
public enum DirectoryChange: Sendable, Equatable {
    /// The first record of a member.
    case appeared(NodeID)
    /// Other addresses, or it listens now, or no longer.
    case moved(NodeID)
    /// It said good-bye.
    case left(NodeID)
    /// Back after a good-bye, or alive after a claim that it was down.
    case returned(NodeID)
    /// Another state of progress, or just a new record at rest.
    case progressed(NodeID)
    /// Claimed down.
    case down(NodeID)
    /// This node was claimed down. A record that refutes it is made, or soon due.
    case ownRefuted
    /// A record of this node's key that it did not make itself: a restored backup, or a second
    /// node with the same key, which should be told to a person if it comes again and again.
    case ownAbove
}

extension Directory {
    /// What a batch of news came to.
    struct Merged {
        /// Rows that rose, and own records and claims that were met.
        var accepted = 0
        /// No record was dropped that may be welcome later.
        var isComplete = true
    }

    /// Takes news in their order up to the first that no honest peer sends.
    ///
    /// - Complexity: O(log n) an item, a hash for each record, a verification for each new one.
    mutating func merge(
        _ items: [DirectoryItem], from peer: NodeID, isMember: (NodeID) -> Bool,
        at now: Instant, into outcome: inout DirectoryOutcome
    ) -> Merged {
        var merged = Merged()
        if !items.isEmpty { table.keepDigest() }
        for item in items {
            do {
                switch item {
                case .record(let bytes, let isDown):
                    try take(
                        bytes, isDown: isDown, from: peer, isMember: isMember, at: now,
                        into: &outcome.changes)
                case .claim(let prefix, let version):
                    try take(
                        claimOn: version, prefix: prefix, from: peer, at: now,
                        into: &outcome.changes)
                }
                merged.accepted += 1
            } catch {
                drops.count(error)
                if error == .stranger { merged.isComplete = false }
                if error.isOffence {
                    outcome.offence = error
                    merged.isComplete = false
                    break
                }
            }
        }
        return merged
    }

    /// - Throws: why nothing has changed.
    private mutating func take(
        _ bytes: [UInt8], isDown: Bool, from peer: NodeID, isMember: (NodeID) -> Bool,
        at now: Instant, into changes: inout [DirectoryChange]
    ) throws(DirectoryDrop) {
        let record = try DirectoryRecord(reading: bytes)
        if record.id == id {
            return try takeOwn(record, isDown: isDown, at: now, into: &changes)
        }
        guard isMember(record.id) else { throw .stranger }
        if let place = table.place(of: record.id), record.version <= table.rows[place].version {
            guard isDown, record.version == table.rows[place].version else { throw .stale }
            if !takeClaim(place, from: peer, at: now, into: &changes) { throw .stale }
            return
        }
        // The dearest check last: what is replayed costs no verification.
        guard record.isSigned(federation: federation, verify: verify) else { throw .forged }
        put(record, from: peer, at: now, into: &changes)
        if isDown, let place = table.place(of: record.id) {
            takeClaim(place, from: peer, at: now, into: &changes)
        }
    }

    private mutating func put(
        _ record: DirectoryRecord, from peer: NodeID, at now: Instant,
        into changes: inout [DirectoryChange]
    ) {
        let old = table.place(of: record.id).map { table.rows[$0] }
        table.put(DirectoryRow(record, source: peer, at: now))
        guard let old, let before = DirectoryRecord(bytes: old.bytes) else {
            changes.append(.appeared(record.id))
            return
        }
        let hasLeft = record.facts.state == .left
        if record.facts.isElsewhere(than: before.facts) { changes.append(.moved(record.id)) }
        if hasLeft, !old.hasLeft {
            changes.append(.left(record.id))
        } else if !hasLeft, old.hasLeft || old.isDown {
            changes.append(.returned(record.id))
        } else {
            changes.append(.progressed(record.id))
        }
    }

    private mutating func takeOwn(
        _ record: DirectoryRecord, isDown: Bool, at now: Instant,
        into changes: inout [DirectoryChange]
    ) throws(DirectoryDrop) {
        if record.version > own.floor {
            guard record.isSigned(federation: federation, verify: verify) else { throw .forged }
            meetOwn(record, at: now, into: &changes)
        } else if isDown, record.version == own.told?.version, own.told?.facts.state == .present {
            if !meetOwnClaim(at: now, into: &changes) { throw .stale }
        } else {
            throw .stale
        }
    }

    private mutating func take(
        claimOn version: DirectoryVersion, prefix: UInt64, from peer: NodeID, at now: Instant,
        into changes: inout [DirectoryChange]
    ) throws(DirectoryDrop) {
        for place in table.places(of: prefix) where table.rows[place].version == version {
            if takeClaim(place, from: peer, at: now, into: &changes) { return }
        }
        throw .stale
    }
}
