// Room:  tests of Membership.
// Task:  a newcomer with an invitation finds its history, and nobody else's.
// May:   anything.
// Proof: itself

import Identity
import Model
import Testing

@testable import Membership

@Suite struct RosterPinTests {
    /// Five founders, four admitted, and the fork that the founders could sign against it.
    private func histories() throws -> (true: RosterBook, votes: [Endorsement], fork: [Endorsement])
    {
        var book = try RosterKeys.book(5)
        let growth = try RosterKeys.growth(4, founders: 5, from: 9, on: book.hash)
        _ = book.addAll(growth.votes)
        let forged = try RosterKeys.growth(
            4, founders: 5, from: 12, on: try RosterKeys.book(5).hash)
        return (book, growth.votes, forged.votes)
    }

    @Test("With a pin, a fork signed by all founders is not taken, before, between or after")
    func noFork() throws {
        let (book, votes, fork) = try histories()
        #expect(book.pin.generation == 3)
        for seed in 0..<40 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var all = votes + fork
            generator.shuffle(&all)
            var newcomer = try RosterKeys.book(5, pin: book.pin)
            #expect(newcomer.isAwaitingPin && newcomer.generation == 0)
            #expect(newcomer.addAll(fork) == 0 && newcomer.isAwaitingPin, "seed \(seed)")
            // Twice: first the actions are found, then their endorsements are counted.
            _ = newcomer.addAll(all + all)
            #expect(newcomer.picture == book.picture, "seed \(seed)")
            #expect(!newcomer.isAwaitingPin && newcomer.history.allSatisfy { $0.ballot == 0 })
        }
    }

    @Test("Without a pin, who hears the fork first is led onto it: that is what the pin is for")
    func withoutPin() throws {
        let (book, votes, fork) = try histories()
        var newcomer = try RosterKeys.book(5)
        _ = newcomer.addAll(fork + votes)
        #expect(newcomer.pin.generation == 3 && newcomer.pin.hash != book.pin.hash)
        #expect(newcomer.contradicts(book.summary()) && book.contradicts(newcomer.summary()))
        #expect(newcomer.missing(book.summary(), limit: 99).isEmpty)
        #expect(newcomer.evidence.count == 5, "but it can prove that the founders signed twice")
    }

    @Test("Nothing is signed while the history is missing")
    func noSigning() throws {
        let (book, _, _) = try histories()
        var newcomer = try RosterKeys.book(5, own: 2, pin: book.pin)
        #expect(throws: RosterRefusal.awaitingPin(generation: 3)) {
            try newcomer.propose(.admit(RosterKeys.member(15)), with: RosterKeys.all[2])
        }
    }

    @Test("A pin of generation 0 must be this federation's; one that nobody had is waited for")
    func strangePins() throws {
        let (book, votes, _) = try histories()
        let other = RosterPin(generation: 0, hash: book.pin.hash)
        #expect(throws: RosterRefusal.foreignPin) { try RosterKeys.book(5, pin: other) }
        let home = RosterPin(generation: 0, hash: try RosterKeys.book(5).hash)
        #expect(try !RosterKeys.book(5, pin: home).isAwaitingPin)

        // Generation 3's hash called generation 2: the way down does not end at the founders.
        let shifted = RosterPin(generation: 2, hash: book.pin.hash)
        var lost = try RosterKeys.book(5, pin: shifted)
        #expect(lost.addAll(votes) == 0 && lost.isAwaitingPin && lost.generation == 0)
        // Right numbers, other founders.
        var foreign = try RosterKeys.book(4, pin: book.pin)
        #expect(foreign.addAll(votes + votes) == 0 && foreign.isAwaitingPin)
    }

    @Test("An expelled old majority cannot rewrite what is final, at any ballot")
    func oldMajority() throws {
        var book = try RosterKeys.book(3)
        var votes: [Endorsement] = []
        var actions: [RosterAction] = []
        // Two come in, then the three founders go, one by one.
        for (step, number) in [9, 10, 11].enumerated() {
            let action = try RosterKeys.admit(
                number, at: UInt64(step) + 1, on: actions.last?.hash ?? book.hash)
            votes += RosterKeys.vote(action, by: [0, 1, 2] + [9, 10, 11].prefix(step))
            actions.append(action)
        }
        for number in 0..<3 {
            let action = try RosterKeys.expel(
                number, at: UInt64(actions.count) + 1, on: try #require(actions.last).hash)
            votes += RosterKeys.vote(action, by: Array((number + 1)..<3) + [9, 10, 11])
            actions.append(action)
        }
        #expect(book.addAll(votes) == votes.count)
        let picture = book.picture
        #expect(book.roster.count == 3 && book.pin.generation == 5)
        var parent = try RosterKeys.book(3).hash
        for generation in 1...7 as ClosedRange<UInt64> {
            let rival = try RosterKeys.admit(Int(generation) + 2, at: generation, on: parent)
            for vote in RosterKeys.vote(rival, by: 0..<3, ballot: 63) {
                if case .new = book.add(vote) { Issue.record("generation \(generation)") }
            }
            parent = rival.hash
        }
        #expect(book.picture == picture)
    }
}
