// Room:  PeerTests.
// Task:  records travel over real cores' links; what they say reaches membership; what rest costs.
// May:   Peer, Membership, Wire.
// Proof: itself

import Glibc
import Membership
import Testing
import Wire

@testable import Peer

private let figuresAreWanted = getenv("STARLING_FIGURES") != nil

@Suite struct DirectoryNewsTests {
    @Test func everybody_has_everybodys_record_within_seconds() throws {
        var crowd = try Crowd(founders: 5)
        crowd.start(Array(0..<5))
        crowd.run(for: 8)
        for place in 0..<5 {
            #expect(crowd.directory(place)?.count == 5)
            #expect(crowd.directory(place)?.digest == crowd.directory(0)?.digest)
        }
    }

    @Test func two_versions_of_the_protocol_mix() throws {
        var crowd = try Crowd(founders: 5, newcomers: 1)
        crowd.isNextVersion = [1, 3]
        crowd.start(Array(0..<5))
        crowd.run(for: 8)
        let newcomer = Member(id: crowd.id(5), name: "late", addresses: [])
        let vote = try crowd.sign(1) { (book: inout RosterBook, key) throws(RosterRefusal) in
            try book.propose(.admit(newcomer), with: key)
        }
        for other in [0, 3] {
            _ = try crowd.sign(other) { (book: inout RosterBook, key) throws(RosterRefusal) in
                try book.endorse("\(vote.action.hash)", with: key)
            }
        }
        crowd.start([5])
        crowd.run(for: 8)
        for place in 0..<6 {
            #expect(crowd.links(place) == 5 && crowd.book(place)?.generation == 1)
            #expect(crowd.directory(place)?.digest == crowd.directory(0)?.digest)
            let faults = crowd.notes[place].filter { if case .fault = $0 { true } else { false } }
            #expect(faults.isEmpty)
        }
    }

    @Test func a_node_that_leaves_is_known_to_have_left() throws {
        var crowd = try Crowd(founders: 3)
        crowd.start([0, 1, 2])
        crowd.run(for: 5)
        crowd.leave(2)
        for place in 0..<2 {
            #expect(crowd.directory(place)?.record(of: crowd.id(2))?.facts.state == .left)
            #expect(crowd.cores[place].membership.liveness(of: crowd.id(2)) == .left)
        }
    }

    /// A federation of eight at rest, a full mesh: frames with their heads, before TLS.
    ///
    /// Measured: 35 bytes a second and node, half of them records that are renewed.
    @Test func a_federation_at_rest_is_nearly_silent() throws {
        var crowd = try Crowd(founders: 8)
        crowd.start(Array(0..<8))
        crowd.run(for: 120)
        let before = crowd.sent
        crowd.run(for: 600)
        let rates = zip(crowd.sent, before).map { Double($0 - $1) / 600 }
        // Without any delay all ask the same one first for a record that is new.
        let mean = rates.reduce(0, +) / 8
        #expect(mean < 60, "\(rates)")
        #expect(rates.min() ?? 0 > 1, "somebody is asked whether it is there")
    }

    /// Measured: 36 bytes a second and node, at most 146.
    ///
    /// By hand: `STARLING_FIGURES=1 swift test --filter DirectoryNewsTests`.
    @Test(.enabled(if: figuresAreWanted))
    func what_a_hundred_members_at_rest_send() throws {
        var crowd = try Crowd(founders: 100)
        crowd.start(Array(0..<100))
        crowd.run(for: 1800)
        let before = crowd.sent
        crowd.run(for: 1800)
        let rates = zip(crowd.sent, before).map { Double($0 - $1) / 1800 }.sorted()
        print("bytes a second and node: \(rates.reduce(0, +) / 100), most \(rates[99])")
        #expect(rates.reduce(0, +) / 100 < 100)
    }

    @Test func bytes_that_are_no_message_of_a_directory_end_the_link() throws {
        var crowd = try Crowd(founders: 3)
        crowd.start([0, 1, 2])
        crowd.run(for: 5)
        var message = WireDirectory()
        message.bodyBytes = [1]
        let count = crowd.directory(1)?.count
        crowd.inject(.directory(message), to: 1, from: 0)
        let faults = crowd.notes[1].filter { if case .fault = $0 { true } else { false } }
        #expect(faults.count == 1 && crowd.directory(1)?.count == count)
    }

    @Test func a_question_about_a_member_is_answered_by_who_has_a_link() throws {
        var crowd = try Crowd(founders: 3)
        crowd.start([0, 1, 2])
        crowd.run(for: 5)
        var question = WireQuestion()
        question.subjectBytes = crowd.id(2).bytes
        question.token = 77
        let before = crowd.sent[1]
        crowd.inject(.question(question), to: 1, from: 0)
        var answer = WireAnswer()
        answer.token = 77
        answer.reachable = true
        #expect(crowd.sent[1] - before == Message.answer(answer).encodedBody().count + 5)
    }
}
