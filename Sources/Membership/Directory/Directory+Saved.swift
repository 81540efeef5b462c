// Room:  Membership (floor 3, pure).
// Task:  the directory through a restart: where members were that have moved.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryTests.swift

import Identity

extension Directory {
    private static let savedVersion: UInt8 = 1

    /// All records, the own one too. Claims are left out: they are about now.
    ///
    /// - Complexity: O(n); at most a KiB a member, mostly a quarter.
    public var saved: [UInt8] {
        var out = DirectoryWriter()
        out.byte(Self.savedVersion)
        for row in table.rows { out.block(row.bytes) }
        return out.bytes
    }

    /// Takes up what was saved, before the first `announce`: its own record is then made above the
    /// saved one. Records that are damaged, forged or of strangers are dropped and counted; ages
    /// begin now.
    ///
    /// - Returns: records taken.
    /// - Complexity: O(n²) moves of rows at worst, a verification for each record.
    @discardableResult
    public mutating func restore(
        _ saved: [UInt8], isMember: (NodeID) -> Bool, at now: Instant
    ) -> Int {
        var taken = 0
        var reader = DirectoryReader(saved[...])
        do throws(DirectoryDrop) {
            guard try reader.byte() == Self.savedVersion else { throw DirectoryDrop.version }
            while !reader.isAtEnd {
                let bytes = Array(try reader.block(most: DirectoryLimits.record))
                taken += restore(record: bytes, isMember: isMember, at: now)
            }
        } catch {
            // The lengths lead nowhere from here; what was read stands.
            drops.count(error)
        }
        return taken
    }

    private mutating func restore(
        record bytes: [UInt8], isMember: (NodeID) -> Bool, at now: Instant
    ) -> Int {
        var outcome = DirectoryOutcome()
        // Own source: nobody is kept from being told.
        return merge(
            [.record(bytes, isDown: false)], from: id, isMember: isMember, at: now, into: &outcome
        ).accepted
    }
}
