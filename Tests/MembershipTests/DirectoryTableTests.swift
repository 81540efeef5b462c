// Room:  tests of Membership.
// Task:  the digest hangs on the rows alone, and on all that counts in them.
// May:   anything.
// Proof: itself

import Model
import Testing

@testable import Membership

@Suite struct DirectoryTableTests {
    @Test("The digest does not hang on the order in which rows came, or on older ones between")
    func order() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var latest: [DirectoryRow] = []
            var steps: [DirectoryRow] = []
            for number in 0..<12 {
                for sequence in 1...3 as ClosedRange<UInt64> {
                    let row = DirectoryRow(
                        record(Owner(number), 1, sequence, facts: try facts(number)), source: nil,
                        at: time(0))
                    if random.below(2) == 0 || sequence == 3 { steps.append(row) }
                    if sequence == 3 { latest.append(row) }
                }
            }
            var one = DirectoryTable()
            for row in steps { one.put(row) }
            random.shuffle(&latest)
            var two = DirectoryTable()
            for row in latest { two.put(row) }
            one.checkInvariants()
            two.checkInvariants()
            #expect(one.digest == two.digest && one.rows.count == 12, "seed \(seed)")
            _ = two.retain { _ in false }
            #expect(two.digest == 0)
        }
    }

    @Test("Owner, incarnation, sequence, record and claim each move the digest")
    func sensitive() throws {
        func digest(
            _ number: Int, _ incarnation: UInt64, _ sequence: UInt64, _ address: String = "a:1",
            down: Bool = false
        ) throws -> UInt64 {
            var table = DirectoryTable()
            table.put(
                DirectoryRow(
                    record(
                        Owner(number), incarnation, sequence, facts: try facts(address: address)),
                    source: nil, at: time(0)))
            if down { table.claim(0, source: nil, at: time(0)) }
            return table.digest
        }
        let digests = [
            try digest(1, 1, 1), try digest(2, 1, 1), try digest(1, 2, 1), try digest(1, 1, 2),
            try digest(1, 1, 1, "b:1"), try digest(1, 1, 1, down: true),
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test("Changes are listed in their order, and past digests are remembered, not for ever")
    func changes() throws {
        var table = DirectoryTable()
        for number in [5, 3, 9] {
            table.keepDigest()
            table.put(
                DirectoryRow(
                    record(Owner(number), 1, 1, facts: try facts()), source: nil, at: time(0)))
        }
        let ids = [5, 3, 9].map { Owner($0).id }
        #expect(table.changed(after: 0).map { table.rows[$0].id } == ids)
        #expect(table.changed(after: 2).map { table.rows[$0].id } == [ids[2]])
        #expect(table.changed(after: 3) == [])
        #expect(table.hadDigest(0) && !table.hadDigest(table.digest))
        for sequence in 2..<200 as Range<UInt64> {
            table.keepDigest()
            table.put(
                DirectoryRow(
                    record(Owner(3), 1, sequence, facts: try facts()), source: nil, at: time(0)))
        }
        #expect(!table.hadDigest(0))
        table.checkInvariants()
    }
}
