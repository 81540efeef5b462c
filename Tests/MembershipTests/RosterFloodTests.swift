// Room:  tests of Membership.
// Task:  whatever a member or a stranger signs, the book stays small and goes on working.
// May:   anything.
// Proof: itself

import Identity
import Model
import Testing

@testable import Membership

@Suite struct RosterFloodTests {
    @Test("A member that signs thousands of actions keeps two at each ballot; the work goes on")
    func member() throws {
        var book = try RosterKeys.book(5)
        let wanted = try RosterKeys.admit(9, at: 1, on: book.hash)
        var counted = 0
        for number in 0..<1500 {
            let action = try RosterKeys.admit(10, named: "n\(number)", at: 1, on: book.hash)
            counted += book.addAll([RosterKeys.endorse(action, by: 0, ballot: UInt8(number % 4))])
        }
        #expect(counted == 8 && book.proposals.count == 8)
        #expect(book.summary().ids.isEmpty, "unsupported words of an equivocator do not travel")
        #expect(book.evidence.map(\.endorser) == [RosterKeys.all[0].nodeID])
        _ = book.addAll(RosterKeys.vote(wanted, by: [1, 2]))
        #expect(book.generation == 0)
        _ = book.add(RosterKeys.endorse(wanted, by: 0))
        #expect(book.hash == wanted.hash, "the flooder's own word still counts where it is needed")
    }

    @Test("An equivocator that floods before its word counts cannot split two books for good")
    func split() throws {
        for seed in 0..<30 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var books = [try RosterKeys.book(3), try RosterKeys.book(3)]
            let wanted = try RosterKeys.admit(9, at: 1, on: books[0].hash)
            var votes = RosterKeys.vote(wanted, by: [0, 1])
            for number in 0..<6 {
                let junk = try RosterKeys.admit(10, named: "n\(number)", at: 1, on: wanted.parent)
                votes.append(RosterKeys.endorse(junk, by: 0))
            }
            for at in books.indices {
                generator.shuffle(&votes)
                _ = books[at].addAll(votes)
                // Anti-entropy brings again what is known elsewhere.
                _ = books[at].addAll(votes.filter { $0.action.hash == wanted.hash })
            }
            #expect(books.allSatisfy { $0.hash == wanted.hash }, "seed \(seed)")
            #expect(books[0].digest == books[1].digest, "seed \(seed): they would talk for ever")
        }
    }

    @Test("What waits is bounded, and the nearest generations stay")
    func waiting() throws {
        var book = try RosterKeys.book(3)
        let first = try RosterKeys.admit(9, at: 1, on: book.hash)
        let second = try RosterKeys.expel(0, at: 2, on: first.hash)
        for vote in RosterKeys.vote(second, by: 0..<3) { _ = book.add(vote) }
        var full = 0
        for number in 0..<4300 {
            let junk = try RosterKeys.expel(number % 16, at: UInt64(number) + 3, on: second.hash)
            if case .dropped(.waitingFull) = book.add(RosterKeys.endorse(junk, by: 15)) {
                full += 1
            }
        }
        #expect(book.waiting.entries.count == RosterWaiting.capacity && full == 4303 - 4096)
        _ = book.addAll(RosterKeys.vote(first, by: 0..<3))
        #expect(book.generation == 2 && book.pin.generation == 1)
    }

    @Test("On the way to a pin only so many actions are held, and the way is found all the same")
    func spine() throws {
        var full = try RosterKeys.book(3)
        let growth = try RosterKeys.growth(5, founders: 3, from: 9, on: full.hash)
        _ = full.addAll(growth.votes)
        var spine = RosterSpine(full.pin)
        for number in 0..<4200 {
            let junk = try RosterKeys.admit(
                1, named: "n\(number)", at: UInt64(number % 3) + 1, on: full.hash)
            spine.add(junk)
        }
        for action in growth.actions.reversed() { spine.add(action) }
        #expect(spine.isComplete && spine.found.map(\.generation) == [4, 3, 2, 1])
    }

    @Test("Evidence is bounded, one proof for each, however many lie")
    func evidence() throws {
        let keys = (0..<300).map { number in
            KeyPair(
                seed: [UInt8(number & 255), UInt8(number >> 8)] + [UInt8](repeating: 1, count: 30))
        }
        let founders = try Roster(
            founders: keys.enumerated().map {
                Member(id: $1.nodeID, name: "k\($0)", addresses: [])
            })
        var book = try RosterBook(
            founders: founders, federation: RosterKeys.federation, quorum: 0.9)
        let rivals = try (0..<2).map { try RosterKeys.admit(9 + $0, at: 1, on: book.hash) }
        for action in rivals {
            for key in keys.prefix(262) {
                _ = book.add(
                    Endorsement(action, ballot: 0, by: key, federation: RosterKeys.federation))
            }
        }
        #expect(book.evidence.count == RosterBook.mostEvidence && book.generation == 0)
    }
}
