// Room:  tests of Membership.
// Task:  with the locks no two nodes ever have different final histories.
// May:   anything.
// Proof: itself

import Model
import Testing

@testable import Membership

@Suite struct RosterSafetyTests {
    @Test("Honest nodes, quarrelling operators, partitions: one final history", arguments: 0..<5)
    func honest(part: UInt64) throws {
        var generations: UInt64 = 0
        var refused = 0
        for seed in (part * 40)..<(part * 40 + 40) {
            let founders = 3 + Int(seed % 5)
            var world = try RosterWorld(
                founders: founders, count: founders + 2, quarrel: 2 + Int(seed % 7), seed: seed)
            try world.run(steps: 120)
            world.heal()
            try world.rehearse(3)
            #expect(world.conflicts == 0, "seed \(seed)")
            let pictures = Set(world.books.map(\.picture))
            #expect(pictures.count == 1, "seed \(seed): the books differ")
            #expect(world.books[0].evidence.isEmpty, "seed \(seed): an honest node is accused")
            generations += world.books[0].pin.generation
            refused += world.refused
        }
        #expect(generations > 4 && refused > 500, "too little happened to prove anything")
    }

    @Test(
        "With a quorum of seven tenths two liars of seven change nothing of that", arguments: 0..<4)
    func liars(part: UInt64) throws {
        var generations: UInt64 = 0
        var evidence = 0
        for seed in (part * 25)..<(part * 25 + 25) {
            var world = try RosterWorld(
                founders: 7, count: 9, quorum: 0.7, liars: [1, 4], quarrel: 9, seed: 1000 + seed)
            try world.run(steps: 150)
            world.heal()
            try world.rehearse(3)
            #expect(world.conflicts == 0, "seed \(seed)")
            let honest = world.books.indices.filter { !world.liars.contains($0) }
            #expect(Set(honest.map { world.books[$0].picture }).count == 1, "seed \(seed)")
            let liars = Set(world.liars.map { RosterKeys.all[$0].nodeID })
            for proof in world.books[0].evidence {
                #expect(liars.contains(proof.endorser), "seed \(seed): an honest node is accused")
            }
            generations += world.books[0].generation
            evidence += world.books[0].evidence.count
        }
        #expect(generations > 0 && evidence > 4, "too little happened to prove anything")
    }

    @Test("Canary: where nobody keeps the locks, two final histories are soon found")
    func canary() throws {
        var conflicts = 0
        for seed in 0..<80 as Range<UInt64> where conflicts == 0 {
            var world = try RosterWorld(founders: 3, count: 4, keepsLocks: false, seed: seed)
            try world.run(steps: 200)
            try world.rehearse(6)
            conflicts += world.conflicts
        }
        #expect(conflicts > 0, "the worlds are too tame to find a broken lock")
    }

    @Test("One node in the quorums' intersection that breaks one lock is enough to split a half")
    func oneBreaker() throws {
        let genesis = try RosterKeys.book(5).hash
        let left = try RosterKeys.admit(9, at: 1, on: genesis)
        let right = try RosterKeys.admit(10, at: 1, on: genesis)
        let onLeft = try RosterKeys.expel(9, at: 2, on: left.hash)
        let onRight = try RosterKeys.expel(10, at: 2, on: right.hash)
        let leftVotes =
            RosterKeys.vote(left, by: [0, 1, 2]) + RosterKeys.vote(onLeft, by: [0, 1, 9])
        let rightVotes =
            RosterKeys.vote(right, by: [2, 3, 4], ballot: 1)
            + RosterKeys.vote(onRight, by: [2, 3, 4, 10], ballot: 1)
        // Node 2 endorsed the right side at the higher ballot: its software refuses this one.
        let breach = RosterKeys.endorse(onLeft, by: 2)
        for (votes, expected) in [(leftVotes, nil), (leftVotes + [breach], left.hash)] {
            var book = try RosterKeys.book(5)
            _ = book.addAll(votes + rightVotes)
            #expect(book.finalHash(1) == expected ?? right.hash)
        }
        var honest = try RosterKeys.book(5, own: 2)
        _ = honest.addAll(leftVotes + [rightVotes[0]])
        #expect(throws: RosterRefusal.pledged(left.hash.short, ballot: 1)) {
            try honest.endorse(onLeft.hash.short, with: RosterKeys.all[2])
        }
    }
}
