// Room:  tests of Membership.
// Task:  the rule step by step: quorum, order, finality, evidence, reports.
// May:   anything.
// Proof: itself

import Identity
import Testing

@testable import Membership

@Suite struct RosterBookTests {
    @Test("More than the quorum's share must endorse; one less changes nothing")
    func quorum() throws {
        let cases: [(members: Int, quorum: Double, needed: Int)] = [
            (1, 0.5, 1), (2, 0.5, 2), (3, 0.5, 2), (4, 0.5, 3), (5, 0.5, 3), (9, 2.0 / 3, 7),
            (10, 0.75, 8), (4, 0.999, 4), (7, 0.999_999_999_999_999_9, 7),
        ]
        for (members, quorum, needed) in cases {
            var book = try RosterKeys.book(members, quorum: quorum)
            #expect(book.needed == needed, "\(members) members, quorum \(quorum)")
            let action = try RosterKeys.admit(15, at: 1, on: book.hash)
            for number in 0..<members {
                #expect(book.generation == (number < needed ? 0 : 1))
                #expect(book.addAll([RosterKeys.endorse(action, by: number)]) == 1)
            }
            #expect(book.generation == 1 && book.standing(of: RosterKeys.all[15].nodeID) == .member)
        }
    }

    @Test("Endorsements at different ballots do not add up")
    func ballotsApart() throws {
        var book = try RosterKeys.book(3)
        let action = try RosterKeys.admit(9, at: 1, on: book.hash)
        for ballot: UInt8 in 0..<3 {
            _ = book.add(RosterKeys.endorse(action, by: Int(ballot), ballot: ballot))
        }
        #expect(book.generation == 0 && book.proposals.first?.endorsers.count == 1)
        _ = book.add(RosterKeys.endorse(action, by: 0, ballot: 2))
        #expect(book.generation == 1)
    }

    @Test("Of two effective rivals the higher ballot holds; the roster turns round as it comes")
    func higherBallot() throws {
        var book = try RosterKeys.book(5)
        let admit = try RosterKeys.admit(9, at: 1, on: book.hash)
        let expel = try RosterKeys.expel(4, at: 1, on: book.hash)
        _ = book.addAll(RosterKeys.vote(admit, by: 0..<3))
        #expect(book.hash == admit.hash && book.roster.count == 6)
        let place = book.roster.place(of: RosterKeys.all[9].nodeID)
        let before = book.roster
        _ = book.addAll(RosterKeys.vote(expel, by: 2..<5, ballot: 1))
        #expect(book.hash == expel.hash && book.roster.count == 4 && book.pin.generation == 0)
        #expect(book.standing(of: RosterKeys.all[4].nodeID) == .expelled(1))
        #expect(book.standing(of: RosterKeys.all[9].nodeID) == .stranger)
        #expect(book.proposals.map(\.isOpen) == [false])

        let followed = before.following(book.roster)
        #expect(followed.place(of: RosterKeys.all[9].nodeID) == place && followed.count == 4)
        #expect(!followed.contains(RosterKeys.all[9].nodeID))
        #expect(followed.members.count == 6 && followed.generation == 1)
        let again = followed.following(before)
        #expect(again.members == before.members && again.count == 6)
    }

    @Test("An effective successor makes a generation final, against any ballot that comes later")
    func finality() throws {
        var book = try RosterKeys.book(5)
        let first = try RosterKeys.admit(9, at: 1, on: book.hash)
        let rival = try RosterKeys.expel(4, at: 1, on: book.hash)
        let second = try RosterKeys.expel(0, at: 2, on: first.hash)
        _ = book.addAll(RosterKeys.vote(first, by: 0..<3))
        _ = book.addAll(RosterKeys.vote(second, by: [0, 1, 2, 9]))
        #expect(book.pin == RosterPin(generation: 1, hash: first.hash) && book.generation == 2)
        for vote in RosterKeys.vote(rival, by: 2..<5, ballot: 63) {
            #expect(book.drop(of: vote) == .decided)
            _ = book.add(vote)
        }
        #expect(book.pin.hash == first.hash && book.roster.contains(RosterKeys.all[4].nodeID))
        #expect(book.evidence.isEmpty, "who broke a lock, these statements do not prove")
        let twice = RosterKeys.vote(rival, by: 2..<5)
        for vote in twice { _ = book.add(vote) }
        #expect(
            book.evidence.map(\.endorser) == [RosterKeys.all[2].nodeID], "the others signed once")
        #expect(book.history.map(\.isFinal) == [true, false])
        #expect(book.history.map(\.endorsers.count) == [3, 4])
    }

    @Test("Two actions at one ballot are evidence, once for each endorser, and nothing else")
    func evidence() throws {
        var book = try RosterKeys.book(3)
        for number in 5..<9 {
            let action = try RosterKeys.admit(number, at: 1, on: book.pin.hash)
            for by in 0..<2 { _ = book.add(RosterKeys.endorse(action, by: by)) }
        }
        #expect(Set(book.evidence.map(\.endorser)).count == 2 && book.evidence.count == 2)
        #expect(book.evidence.allSatisfy { !$0.first.saysSame(as: $0.second) })
        #expect(book.generation == 1, "an equivocator's word counts for each")
    }

    @Test("An expelled member may be admitted again, at the same place, under a new name")
    func readmission() throws {
        var book = try RosterKeys.book(3)
        let out = try RosterKeys.expel(1, at: 1, on: book.hash)
        let back = try RosterKeys.admit(1, named: "again", at: 2, on: out.hash)
        _ = book.addAll(RosterKeys.vote(out, by: [0, 2]))
        #expect(book.roster.place(of: RosterKeys.all[1].nodeID) == 1 && !book.roster.isMember(1))
        #expect(book.roster.current.count == 2 && book.roster[RosterKeys.all[1].nodeID] == nil)
        _ = book.addAll(RosterKeys.vote(back, by: [0, 2]))
        #expect(book.roster.isMember(1) && book.roster.members[1].name == "again")
        #expect(book.roster.expelled.isEmpty && book.roster.count == 3)
    }

    @Test("Strangers, the expelled, forgeries and changes that do not fit are dropped by reason")
    func drops() throws {
        var book = try RosterKeys.book(3)
        let action = try RosterKeys.admit(9, at: 1, on: book.hash)
        #expect(book.drop(of: RosterKeys.endorse(action, by: 9)) == .notAMember)
        let foreign = Endorsement(
            action, ballot: 0, by: RosterKeys.all[0],
            federation: [UInt8](repeating: 1, count: 32))
        #expect(book.drop(of: foreign) == .forged)
        for unsound in [
            try RosterKeys.admit(1, at: 1, on: book.hash),
            try RosterKeys.admit(9, named: "site 2", at: 1, on: book.hash),
            try RosterKeys.expel(9, at: 1, on: book.hash),
        ] {
            #expect(book.drop(of: RosterKeys.endorse(unsound, by: 0)) == .unsound)
        }
        let elsewhere = try RosterKeys.admit(9, at: 1, on: action.hash)
        #expect(book.drop(of: RosterKeys.endorse(elsewhere, by: 0)) == .otherHistory)
        let zero = RosterKeys.endorse(action, by: 0)
        #expect(book.addAll([zero, zero]) == 1)
        let alone = try RosterKeys.book(1)
        let last = try RosterKeys.expel(0, at: 1, on: alone.hash)
        #expect(alone.drop(of: RosterKeys.endorse(last, by: 0)) == .unsound)
    }
}
