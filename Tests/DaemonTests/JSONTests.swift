// Room:  tests of Daemon.
// Task:  the local interface's JSON: what is written is what is read, nulls included.
// May:   Daemon, Foundation.
// Proof: itself

import Foundation
import Testing

@testable import Daemon

@Suite struct JSONTests {
    @Test func text_is_escaped_and_control_characters_never_get_through() {
        #expect(JSON.string("a\"b\\c\nd\u{1b}[31m").text == #""a\"b\\c\nd\u001b[31m""#)
    }

    @Test func what_is_not_finite_is_null() {
        #expect(
            JSON.array([.number(.nan), .number(.infinity), .number(0.5)]).text == "[null,null,0.5]")
    }

    @Test func a_status_is_read_back_as_it_was_written() throws {
        let status = NodeStatus(
            node: .init(id: "i", short: "s", name: "n\"x"),
            federation: .init(id: "f", short: "g", name: "h"), software: "starling", pid: 7,
            uptime_seconds: 1.25, phase: "joining",
            joining: .init(done: 1, all: 10, from: nil), round: 3, rounds: 9, samples: .max / 2,
            loss: nil, held_out: .init(loss: 0.5, accuracy: nil, rows: 4), disagreement: 1e-9,
            links: 2, members: 3, parameters: 10, privacy: "plain",
            bytes: .init(sent: 1, received: 2, payload_sent: 3),
            deltas: .init(sent: 4, payload_bytes: 5), refused: 6,
            checkpoint: .init(generation: nil, round: 2, error: "full"), warnings: ["w"],
            address: ["127.0.0.1:1"])
        let data = Data(status.json.text.utf8)
        #expect(try JSONDecoder().decode(NodeStatus.self, from: data) == status)
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["loss"] is NSNull, "what is unknown is said to be null, not left out")
        #expect(object.count == Mirror(reflecting: status).children.count)
    }

    @Test func peers_are_read_back_as_they_were_written() throws {
        let peers = PeersStatus(peers: [
            .init(
                id: "i", short: "s", name: "n", state: "alive", linked: true, direction: nil,
                since_seconds: 2, epoch: 1, exchange: 2, exchanges: 3, disagreement: nil, round: 4,
                rounds: nil, accuracy: 0.5, round_trip_ms: nil, clock_difference_seconds: -1.5,
                problem: "away",
                bytes: .init(sent: 1, received: 2), attempts: 5, failures: 6)
        ])
        let data = Data(peers.json.text.utf8)
        #expect(try JSONDecoder().decode(PeersStatus.self, from: data) == peers)
    }
}
