// Room:  PeerTests.
// Task:  endorsements travel, a decision is taken up everywhere, a newcomer gets by with an invitation.
// May:   Peer, Membership, Identity, Wire.
// Proof: itself

import Identity
import Membership
import Testing
import Wire

@testable import Peer

@Suite struct RosterNewsTests {
    private func newcomer(_ crowd: Crowd, _ place: Int) -> Member {
        Member(id: crowd.id(place), name: "late\(place)", addresses: [])
    }

    private func admit(
        _ crowd: inout Crowd, _ place: Int, by members: [Int]
    ) throws -> Endorsement {
        let member = newcomer(crowd, place)
        let vote = try crowd.sign(members[0]) {
            (book: inout RosterBook, key) throws(RosterRefusal) in
            try book.propose(.admit(member), with: key)
        }
        for other in members.dropFirst() {
            _ = try crowd.sign(other) { (book: inout RosterBook, key) throws(RosterRefusal) in
                try book.endorse("\(vote.action.hash)", with: key)
            }
        }
        return vote
    }

    @Test func a_quorum_admits_and_the_newcomer_is_linked_everywhere() throws {
        var crowd = try Crowd(founders: 3, newcomers: 1)
        crowd.start([0, 1, 2])
        crowd.run(for: 2)
        #expect((0..<3).map { crowd.links($0) } == [2, 2, 2])
        let vote = try admit(&crowd, 3, by: [0])
        #expect((0..<3).map { crowd.members($0) } == [3, 3, 3], "one of three is no quorum")
        #expect((0..<3).allSatisfy { crowd.book($0)?.proposals.count == 1 }, "but all have heard")
        #expect(crowd.kept[0] == [vote], "kept by its signer, before it was sent")
        #expect(crowd.kept[2] == [vote])
        _ = try crowd.sign(2) { (book: inout RosterBook, key) throws(RosterRefusal) in
            try book.endorse("\(vote.action.hash)", with: key)
        }
        #expect((0..<3).map { crowd.members($0) } == [4, 4, 4], "at once, without a tick")

        #expect(crowd.members(3) == 4, "three founders, and itself for the time being")
        #expect(crowd.book(3)?.generation == 0)
        crowd.start([3])
        crowd.run(for: 5)
        #expect(crowd.links(3) == 3 && crowd.book(3)?.generation == 1)
        #expect(crowd.book(3)?.hash == crowd.book(0)?.hash)
        #expect(Set(crowd.kept[3].map(\.endorser)) == [crowd.id(0), crowd.id(2)])
    }

    /// With nothing but its key a node does not know what it has endorsed, and could endorse a rival.
    @Test func who_may_have_lost_its_own_word_signs_nothing_before_a_peer_has_told() throws {
        var crowd = try Crowd(founders: 3, newcomers: 1, holdOwnWord: false)
        crowd.start([0])
        #expect(throws: RosterRefusal.bookLost) { _ = try admit(&crowd, 3, by: [0]) }
        #expect(crowd.kept[0].isEmpty && crowd.book(0)?.proposals.isEmpty == true)
        crowd.start([1, 2])
        crowd.run(for: 2)
        _ = try admit(&crowd, 3, by: [0, 1])
        #expect(crowd.members(2) == 4)
    }

    @Test func an_expelled_member_is_disconnected_at_once_and_refused() throws {
        var crowd = try Crowd(founders: 4)
        crowd.start([0, 1, 2, 3])
        crowd.run(for: 2)
        let outcast = crowd.id(3)
        let vote = try crowd.sign(0) { (book: inout RosterBook, key) throws(RosterRefusal) in
            try book.propose(.expel(outcast), with: key)
        }
        for other in [1, 2] {
            _ = try crowd.sign(other) { (book: inout RosterBook, key) throws(RosterRefusal) in
                try book.endorse("\(vote.action.hash)", with: key)
            }
        }
        #expect((0..<4).map { crowd.links($0) } == [2, 2, 2, 0])
        #expect(crowd.cores[3].membership.isExpelled, "it has heard why")
        let said = crowd.notes[0].contains(.linkDown(outcast, .expelled))
        #expect(said)
        crowd.run(for: 30)
        #expect((0..<4).map { crowd.links($0) } == [2, 2, 2, 0])
        #expect(crowd.directory(0)?.record(of: outcast) == nil)
    }

    @Test func who_was_away_is_told_what_was_decided() throws {
        var crowd = try Crowd(founders: 4, newcomers: 2)
        crowd.start([0, 1, 2, 3])
        crowd.run(for: 2)
        crowd.isDown = [3]
        crowd.cut(3)
        _ = try admit(&crowd, 4, by: [0, 1, 2])
        _ = try admit(&crowd, 5, by: [2, 1, 0])
        #expect(crowd.book(0)?.generation == 2 && crowd.book(3)?.generation == 0)
        crowd.isDown = []
        crowd.start([4, 5])
        crowd.run(for: 60)
        #expect(crowd.book(3)?.generation == 2 && crowd.members(3) == 6)
        #expect((0..<6).allSatisfy { crowd.links($0) == 5 })
        let digests = Set((0..<6).map { crowd.book($0)?.digest })
        #expect(digests.count == 1)
    }

    @Test func a_forged_endorsement_ends_the_link_and_changes_nothing() throws {
        var crowd = try Crowd(founders: 3, newcomers: 1)
        crowd.start([0, 1, 2])
        crowd.run(for: 2)
        let vote = try admit(&crowd, 3, by: [0])
        // Another ballot under the same signature: before the key (32 bytes) and the signature (64).
        var forged = vote.bytes
        forged[forged.count - 97] = 1
        for body in [forged, Array(vote.bytes.dropLast()), [1, 2, 3]] {
            var message = WireEndorsements()
            message.appendEntry(body)
            crowd.run(for: 40)
            crowd.inject(.endorsements(message), to: 1, from: 0)
            let faults = crowd.notes[1].filter { if case .fault = $0 { true } else { false } }
            #expect(!faults.isEmpty)
            #expect(crowd.book(1)?.generation == 0 && crowd.kept[1] == [vote])
        }
    }

    @Test func endorsements_that_say_nothing_new_are_not_passed_on() throws {
        var crowd = try Crowd(founders: 3, newcomers: 1)
        crowd.start([0, 1, 2])
        crowd.run(for: 2)
        let vote = try admit(&crowd, 3, by: [0])
        crowd.run(for: 10)
        let before = crowd.sent
        var message = WireEndorsements()
        message.appendEntry(vote.bytes)
        for _ in 0..<100 { crowd.inject(.endorsements(message), to: 1, from: 0) }
        #expect(crowd.sent == before)
    }
}
