// Room:  tests of Membership.
// Task:  the roster is a function of the pin and the set; no minority moves it.
// May:   anything.
// Proof: itself

import Model
import Testing

@testable import Membership

@Suite struct RosterProperties {
    @Test("Any order, duplication and split of arrival gives the same roster", arguments: 0..<8)
    func anyOrder(part: UInt64) throws {
        var moved = 0
        for seed in (part * 25)..<(part * 25 + 25) {
            // Locks, and liars too few to break them; so there is one pin to agree on.
            let hasLiars = seed % 2 == 1
            var world = try RosterWorld(
                founders: hasLiars ? 7 : 4, count: hasLiars ? 9 : 6,
                quorum: hasLiars ? 0.7 : 0.5, liars: hasLiars ? [2, 5] : [], quarrel: 8,
                seed: 5000 + seed)
            try world.run(steps: 100)
            var generator = SeededGenerator(seed: seed)
            var picture: [String]?
            for _ in 0..<4 {
                var votes = world.votes + world.votes.prefix(generator.below(20))
                generator.shuffle(&votes)
                var book = try RosterKeys.book(
                    hasLiars ? 7 : 4, own: generator.below(4), quorum: hasLiars ? 0.7 : 0.5)
                let half = generator.below(votes.count + 1)
                _ = book.addAll(Array(votes[..<half]))
                // The second half over another book, and by way of bytes.
                var other = book
                for vote in votes[half...] {
                    if case .new(let counted) = other.add(vote) { _ = book.addAll(counted) }
                    _ = book.add(vote)
                }
                #expect(book.picture == other.picture, "seed \(seed)")
                #expect(picture == nil || picture == book.picture, "seed \(seed)")
                picture = book.picture
                if book.generation > 0 { moved += 1 }
                // And with the pin that came of it, whatever the order.
                var pinned = try RosterKeys.book(
                    hasLiars ? 7 : 4, quorum: hasLiars ? 0.7 : 0.5, pin: book.pin)
                _ = pinned.addAll(votes + votes)
                #expect(pinned.picture == picture, "seed \(seed), with a pin")
            }
        }
        #expect(moved > 8)
    }

    @Test("No minority admits or expels, whatever it signs", arguments: 0..<3)
    func minority(part: UInt64) throws {
        for seed in (part * 20)..<(part * 20 + 20) {
            var generator = SeededGenerator(seed: seed)
            let members = 3 + generator.below(6)
            var book = try RosterKeys.book(members)
            let minority = (members - 1) / 2
            var parents: [(hash: RosterHash, generation: UInt64)] = [(book.hash, 0)]
            for _ in 0..<60 {
                let parent = parents[generator.below(parents.count)]
                let subject = generator.below(14)
                let action =
                    generator.below(2) == 0
                    ? try RosterKeys.expel(subject, at: parent.generation + 1, on: parent.hash)
                    : try RosterKeys.admit(
                        subject, named: "s\(subject)", at: parent.generation + 1, on: parent.hash)
                parents.append((action.hash, action.generation))
                // The minority, and whomever it would admit.
                for by in Array(0..<minority) + [12, 13] {
                    let ballot = UInt8(generator.below(3))
                    _ = book.add(RosterKeys.endorse(action, by: by, ballot: ballot))
                }
            }
            #expect(book.generation == 0 && book.hash == parents[0].hash, "seed \(seed)")
        }
    }
}
