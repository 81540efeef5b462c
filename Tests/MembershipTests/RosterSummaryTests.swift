// Room:  tests of Membership.
// Task:  two books become alike by summaries alone, in kilobytes, from any start.
// May:   anything.
// Proof: itself

import Model
import Testing

@testable import Membership

@Suite struct RosterSummaryTests {
    /// Summaries to and fro until the digests agree.
    ///
    /// - Returns: rounds and endorsements sent.
    private func reconcile(
        _ left: inout RosterBook, _ right: inout RosterBook, limit: Int
    ) -> (rounds: Int, sent: Int) {
        var sent = 0
        var cursors: (UInt64, UInt64) = (0, 0)
        for round in 0..<60 {
            let summaries = (left.summary(after: cursors.0), right.summary(after: cursors.1))
            cursors = (summaries.0.next, summaries.1.next)
            #expect(summaries.0.ids.count <= RosterSummary.mostIDs)
            if left.digest == right.digest { return (round, sent) }
            let forLeft = right.missing(summaries.0, limit: limit)
            let forRight = left.missing(summaries.1, limit: limit)
            #expect(forLeft.count <= limit && forRight.count <= limit)
            for vote in forLeft { _ = left.add(vote) }
            for vote in forRight { _ = right.add(vote) }
            sent += forLeft.count + forRight.count
        }
        return (60, sent)
    }

    @Test("A book that has nothing, or half of it, catches up, whatever is sent at once")
    func catchUp() throws {
        for limit in [3, 20, 1000] {
            var full = try RosterKeys.book(5)
            let growth = try RosterKeys.growth(6, founders: 5, from: 9, on: full.hash)
            _ = full.addAll(growth.votes)
            for known in [0, 7, 20] {
                var late = try RosterKeys.book(5)
                _ = late.addAll(Array(growth.votes.prefix(known)))
                let (rounds, sent) = reconcile(&late, &full, limit: limit)
                #expect(rounds < 60 && late.picture == full.picture, "limit \(limit)")
                #expect(sent <= growth.votes.count, "little is sent twice")
            }
        }
    }

    @Test("A newcomer that awaits its pin gets the way down, then the endorsements")
    func awaiting() throws {
        for limit in [2, 100] {
            var full = try RosterKeys.book(5)
            let growth = try RosterKeys.growth(6, founders: 5, from: 9, on: full.hash)
            _ = full.addAll(growth.votes)
            var newcomer = try RosterKeys.book(5, pin: full.pin)
            let (rounds, _) = reconcile(&newcomer, &full, limit: limit)
            #expect(rounds < 60 && newcomer.picture == full.picture)
            #expect(newcomer.history.allSatisfy { $0.ballot != nil })
            var third = try RosterKeys.book(5)
            #expect(reconcile(&third, &newcomer, limit: limit).rounds < 60, "it can pass it on")
            #expect(third.picture == full.picture)
        }
    }

    @Test("More endorsements than a summary lists are compared in turn")
    func windows() throws {
        var left = try RosterKeys.book(8)
        var right = try RosterKeys.book(8)
        for ballot: UInt8 in 0..<20 {
            let action = try RosterKeys.admit(9 + Int(ballot % 3), at: 1, on: left.hash)
            for by in 0..<8 {
                let vote = RosterKeys.endorse(action, by: by, ballot: ballot)
                if by < 4 { _ = left.add(vote) } else { _ = right.add(vote) }
            }
        }
        #expect(left.digest != right.digest)
        #expect(reconcile(&left, &right, limit: 50).rounds < 60)
        #expect(left.picture == right.picture && left.generation == 1)
    }

    @Test("Equal books say so by eight bytes, and summaries of anybody's invention are harmless")
    func hostileSummaries() throws {
        var book = try RosterKeys.book(5)
        let growth = try RosterKeys.growth(4, founders: 5, from: 9, on: book.hash)
        _ = book.addAll(growth.votes)
        var generator = SeededGenerator(seed: 5)
        let edges: [UInt64] = [0, 1, 3, 4, 5, .max - 1, .max, 1 << 63]
        for _ in 0..<500 {
            func edge() -> UInt64 { edges[generator.below(edges.count)] }
            let hash = generator.below(2) == 0 ? book.pin.hash : book.hash
            let summary = RosterSummary(
                last: RosterPin(generation: edge(), hash: hash),
                isAwaiting: generator.below(2) == 0, unproven: edge(), after: edge(),
                through: edge(), ids: [edge(), edge()])
            #expect(book.missing(summary, limit: 9).count <= 9)
        }
        #expect(book.entries(from: .max).isEmpty)
        #expect(book.entries().count == growth.votes.count)
    }
}
