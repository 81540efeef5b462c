// Room:  PeerTests.
// Task:  records travel over real cores' links; what they say reaches membership; what rest costs.
// May:   Peer, Membership, Wire.
// Proof: itself

import Membership
import Testing
import Wire

@testable import Peer

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
