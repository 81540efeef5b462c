// Room:  tests of Membership.
// Task:  what this node's own software refuses to sign, and what it says then.
// May:   anything.
// Proof: itself

import Identity
import Testing

@testable import Membership

@Suite struct RosterLockTests {
    private let key = RosterKeys.all[2]

    /// Node 2 of five.
    private func book() throws -> RosterBook { try RosterKeys.book(5, own: 2) }

    @Test("A proposal is an endorsement at ballot 0; proposing what others did joins them")
    func propose() throws {
        var book = try book()
        let vote = try book.propose(.admit(RosterKeys.member(9)), with: key)
        #expect(vote.ballot == 0 && vote.action.generation == 1 && vote.endorser == key.nodeID)
        #expect(book.proposals.map(\.endorsers) == [[key.nodeID]])
        var other = try RosterKeys.book(5, own: 3)
        let same = try other.propose(.admit(RosterKeys.member(9)), with: RosterKeys.all[3])
        #expect(same.action.hash == vote.action.hash)
        #expect(book.addAll([same]) == 1 && book.proposals.first?.endorsers.count == 2)
        let again = try book.endorse(vote.action.hash.short, with: key)
        #expect(again.saysSame(as: vote))
    }

    @Test("What is asked for wrongly is refused by name")
    func wrongWishes() throws {
        var book = try book()
        #expect(throws: RosterRefusal.oneself) { try book.propose(.expel(key.nodeID), with: key) }
        #expect(throws: RosterRefusal.alreadyMember(RosterKeys.all[1].nodeID)) {
            try book.propose(.admit(RosterKeys.member(1)), with: key)
        }
        #expect(throws: RosterRefusal.noMember(RosterKeys.all[9].nodeID)) {
            try book.propose(.expel(RosterKeys.all[9].nodeID), with: key)
        }
        #expect(throws: RosterRefusal.nameTaken("site 1")) {
            try book.propose(
                .admit(Member(id: RosterKeys.all[9].nodeID, name: "site 1", addresses: [])),
                with: key)
        }
        #expect(throws: RosterRefusal.unknown("abcdef")) { try book.endorse("abcdef", with: key) }
        for prefix in ["", "abc", "xyzw", String(repeating: "a", count: 65)] {
            #expect(throws: RosterRefusal.prefix(prefix)) { try book.endorse(prefix, with: key) }
        }
        #expect(throws: RosterRefusal.ballotRange(64)) {
            try book.propose(.admit(RosterKeys.member(9)), ballot: 64, with: key)
        }
        var stranger = try RosterKeys.book(2, own: 2)
        #expect(throws: RosterRefusal.notAMember) {
            try stranger.propose(.admit(RosterKeys.member(9)), with: key)
        }
        #expect(book.proposals.isEmpty)
    }

    @Test("One action a ballot; another only under a higher one that is asked for")
    func oneActionABallot() throws {
        var book = try book()
        let mine = try book.propose(.admit(RosterKeys.member(9)), with: key)
        let other = try RosterKeys.expel(4, at: 1, on: book.pin.hash)
        _ = book.add(RosterKeys.endorse(other, by: 0))
        #expect(throws: RosterRefusal.signedAnother(ballot: 0, least: 1)) {
            try book.endorse(other.hash.short, with: key)
        }
        #expect(try book.endorse(other.hash.short, ballot: 3, with: key).ballot == 3)
        #expect(throws: RosterRefusal.signedAnother(ballot: 3, least: 4)) {
            try book.endorse(mine.action.hash.short, ballot: 2, with: key)
        }
        _ = try book.endorse(mine.action.hash.short, ballot: 63, with: key)
        #expect(throws: RosterRefusal.noBallotLeft(generation: 1)) {
            try book.endorse(other.hash.short, ballot: 63, with: key)
        }
    }

    @Test("Without being asked the ballot of most endorsers is taken, but none of the last half")
    func unaskedBallot() throws {
        var book = try book()
        let action = try RosterKeys.admit(9, at: 1, on: book.hash)
        _ = book.addAll(RosterKeys.vote(action, by: [0, 1], ballot: 63))
        _ = book.addAll(RosterKeys.vote(action, by: [3], ballot: 2))
        #expect(try book.endorse(action.hash.short, with: key).ballot == 2)
    }

    @Test("A decided generation takes no other action; the decided one may be endorsed higher")
    func decided() throws {
        var book = try book()
        let winner = try RosterKeys.admit(9, at: 1, on: book.hash)
        let rival = try RosterKeys.expel(4, at: 1, on: book.hash)
        _ = book.add(RosterKeys.endorse(rival, by: 4))
        _ = book.addAll(RosterKeys.vote(winner, by: [0, 1, 3]))
        #expect(throws: RosterRefusal.decided(winner.hash.short, generation: 1)) {
            try book.endorse(rival.hash.short, ballot: 9, with: key)
        }
        let again = try book.endorse(winner.hash.short, ballot: 9, with: key)
        #expect(again.ballot == 9)
    }

    @Test("An action of an old generation is refused, and the refusal says what to do")
    func oldGeneration() throws {
        var book = try book()
        let growth = try RosterKeys.growth(3, founders: 5, from: 9, on: book.hash)
        _ = book.addAll(growth.votes)
        #expect(book.generation == 3 && book.pin.generation == 2)
        let refusal = RosterRefusal.oldGeneration(1, current: 3)
        #expect(throws: refusal) { try book.endorse(growth.actions[0].hash.short, with: key) }
        #expect(refusal.what.contains("generation 1") && refusal.what.contains("at 3"))
        #expect(refusal.hint?.contains("anew") == true)
    }

    @Test(
        "Who endorsed a rival at a higher ballot does not build on the winner, until it is raised")
    func pledged() throws {
        var book = try book()
        let winner = try RosterKeys.admit(9, at: 1, on: book.hash)
        let rival = try book.propose(.expel(RosterKeys.all[4].nodeID), ballot: 5, with: key)
        _ = book.addAll(RosterKeys.vote(winner, by: [0, 1, 3]))
        #expect(book.hash == winner.hash)
        #expect(throws: RosterRefusal.pledged(winner.hash.short, ballot: 5)) {
            try book.propose(.expel(RosterKeys.all[4].nodeID), with: key)
        }
        _ = book.addAll(RosterKeys.vote(winner, by: [0, 1], ballot: 6))
        _ = try book.endorse(winner.hash.short, ballot: 6, with: key)
        #expect(book.hash == winner.hash && book.hash != rival.action.hash)
        let next = try book.propose(.expel(RosterKeys.all[4].nodeID), with: key)
        #expect(next.action.generation == 2 && next.action.parent == winner.hash)
    }

    @Test("What is built on a generation that did not hold, or is not decided, is refused")
    func wrongGround() throws {
        var book = try book()
        let low = try RosterKeys.admit(9, at: 1, on: book.hash)
        let high = try RosterKeys.admit(10, at: 1, on: book.hash)
        let onLow = try RosterKeys.expel(0, at: 2, on: low.hash)
        let early = RosterKeys.endorse(onLow, by: 3)
        if case .waiting = book.add(early) {} else { Issue.record("nothing to build on yet") }
        #expect(throws: RosterRefusal.early(onLow.hash.short)) {
            try book.endorse(onLow.hash.short, with: key)
        }
        _ = book.addAll(RosterKeys.vote(low, by: [0, 1, 3]))
        #expect(book.proposals.map(\.action.hash) == [onLow.hash])
        _ = book.addAll(RosterKeys.vote(high, by: [0, 1, 3], ballot: 1))
        #expect(throws: RosterRefusal.passedOver(onLow.hash.short)) {
            try book.endorse(onLow.hash.short, with: key)
        }
    }

    @Test(
        "The locks hold after a restart from what was saved, in any order, even from own words only"
    )
    func restart() throws {
        var book = try book()
        let mine = try book.propose(.admit(RosterKeys.member(9)), with: key)
        let others = RosterKeys.vote(mine.action, by: [0, 1])
        _ = book.addAll(others)
        let next = try book.propose(.expel(RosterKeys.all[4].nodeID), with: key)
        let rival = try RosterKeys.expel(4, at: 1, on: book.pin.hash)
        for saved in [[mine] + others + [next], [next] + others + [mine], [next]] {
            var again = try self.book()
            for vote in saved {
                // As from the disk.
                _ = again.add(try #require(Endorsement(bytes: vote.bytes)))
            }
            _ = again.add(RosterKeys.endorse(rival, by: 3, ballot: 7))
            #expect(throws: (any Error).self) {
                try again.endorse(rival.hash.short, ballot: 7, with: key)
            }
            _ = again.addAll([mine] + others)
            #expect(again.picture == withRival(book, rival).picture)
        }
    }

    private func withRival(_ book: RosterBook, _ rival: RosterAction) -> RosterBook {
        var book = book
        _ = book.add(RosterKeys.endorse(rival, by: 3, ballot: 7))
        return book
    }

    @Test("Every refusal says what and, but for one, how to mend it; codes are distinct")
    func wording() {
        let id = node(1)
        let all: [RosterRefusal] = [
            .name, .nameTaken("a"), .address("b"), .tooManyAddresses, .alreadyMember(id),
            .noMember(id), .lastMember, .oneself, .prefix("x"), .unknown("x"),
            .ambiguous("x", count: 2), .notAMember, .ballotRange(64), .awaitingPin(generation: 3),
            .bookLost,
            .foreignPin, .oldGeneration(1, current: 2), .decided("x", generation: 1),
            .passedOver("x"), .early("x"), .signedAnother(ballot: 1, least: 2),
            .noBallotLeft(generation: 1), .pledged("x", ballot: 1), .signedLater(2),
            .notTaken(.equivocated),
        ]
        #expect(Set(all.map(\.code)).count == all.count)
        #expect(all.filter { $0.hint == nil }.map(\.code) == ["roster.not-taken"])
        #expect(all.allSatisfy { [1, 64, 77, 78].contains($0.exitStatus) && !$0.what.isEmpty })
        #expect(Set(RosterDrop.allCases.map(\.what)).count == RosterDrop.allCases.count)
    }
}
