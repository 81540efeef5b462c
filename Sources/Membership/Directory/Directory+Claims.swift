// Room:  Membership (floor 3, pure).
// Task:  who is said to be down, who is in doubt, and the rows for people.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryTests.swift

import Identity

/// One member for people.
public struct DirectoryStatus: Sendable, Equatable {
    public let record: DirectoryRecord
    /// Since a newer record of the member last came here.
    public let age: Duration
    /// Since when it is known here that it is claimed down.
    public let down: Instant?
}

extension Directory {
    /// Claims that a member is down: this node lost the link and others could not reach it either.
    /// The claim judges the record that is known now. It spreads as part of the row, nobody signs
    /// it, and nothing hangs on it but the display and the order of dialling: nobody is expelled by
    /// it, and any newer record of the owner overrides it.
    ///
    /// - Returns: false where there is nothing to claim: no record, this node itself, one that has
    ///   left, or is claimed down already.
    @discardableResult
    public mutating func claim(down member: NodeID, at now: Instant) -> Bool {
        guard member != id, let place = table.place(of: member) else { return false }
        var changes: [DirectoryChange] = []
        return takeClaim(place, from: nil, at: now, into: &changes)
    }

    /// A claim about the version that the row has.
    ///
    /// - Returns: whether it is news.
    @discardableResult
    mutating func takeClaim(
        _ place: Int, from peer: NodeID?, at now: Instant, into changes: inout [DirectoryChange]
    ) -> Bool {
        let row = table.rows[place]
        guard !row.hasLeft else { return false }
        if row.id == id {
            return meetOwnClaim(at: now, into: &changes)
        }
        guard !row.isDown else { return false }
        table.keepDigest()
        table.claim(place, source: peer, at: now)
        changes.append(.down(row.id))
        return true
    }

    public func isDown(_ member: NodeID) -> Bool { downSince(member) != nil }

    /// When the claim came to be known here.
    public func downSince(_ member: NodeID) -> Instant? {
        table.place(of: member).flatMap { table.rows[$0].down }
    }

    /// Since the member's (incarnation, sequence) last rose here, or was read from disk; nil
    /// without a record.
    public func age(of member: NodeID, at now: Instant) -> Duration? {
        table.place(of: member).map { now - table.rows[$0].rose }
    }

    /// Members of which nothing was heard for three of their own refresh periods, and that have not
    /// left and are not claimed down: to be confirmed through two others before a claim (SWIM §3.1).
    /// Ascending by ID.
    ///
    /// - Complexity: O(1) while nobody can be in doubt, else O(n).
    public mutating func stale(at now: Instant) -> [NodeID] {
        table.doubtful(at: now, except: id)
    }

    /// The record of a member, as it signed it.
    public func record(of member: NodeID) -> DirectoryRecord? {
        table.place(of: member).flatMap { DirectoryRecord(bytes: table.rows[$0].bytes) }
    }

    /// Everybody with a record, ascending by ID. O(n).
    public func rows(at now: Instant) -> [DirectoryStatus] {
        table.rows.compactMap { row in
            DirectoryRecord(bytes: row.bytes).map {
                DirectoryStatus(record: $0, age: now - row.rose, down: row.down)
            }
        }
    }
}
