// Room:  EndToEndTests.
// Task:  a short storm over real daemons; and the switch that cuts them off, in an ordinary run.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct StormTests {
    private struct Answer: Decodable {
        struct Accuracy: Decodable {
            struct Spread: Decodable { let mean, worst: Double }
            let federated: Spread
        }
        struct Storm: Decodable {
            let minutes: Double
            let faults: [String: Int]
            let recoveries, lost: Int
            let lost_nodes: [String]
            let join_seconds: [Double]
            let expelled_seconds: Double?
            let least_rounds_cut: UInt64?
        }
        struct Node: Decodable { let name, phase: String; let killed: Int }

        let nodes: Int
        let disagreement: Double
        let accuracy: Accuracy
        let killed: [String]
        let nodes_detail: [Node]
        let storm: Storm
    }

    @Test("Killed, stopped, cut off, admitted, expelled: nobody is lost, and all agree")
    func short() throws {
        let bench = try Bench()
        let scratch = bench.path("t")
        mkdir(scratch, 0o700)
        let run = try Run(
            ["demo", "tumours", "--nodes", "5", "--storm", "0.4", "--seed", "1", "--json"],
            in: bench.folder, ["TMPDIR": scratch], within: 120)
        try #require(run.status == 0, "\(run.errors)\n\(run.output)")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(run.output.utf8))
        let storm = answer.storm
        #expect(storm.lost == 0 && storm.lost_nodes == [], "\(storm)")
        for kind in ["kill", "kill_older", "kill_bare", "stop", "halves", "expulsion"] {
            #expect((storm.faults[kind] ?? 0) >= 1, "\(kind): \(storm)")
        }
        #expect(storm.faults["admission"] == 2, "one that stays, and the guest")
        #expect(storm.recoveries == storm.faults.values.reduce(0, +), "\(storm)")
        #expect(storm.join_seconds.count == 1)
        #expect((storm.expelled_seconds ?? 99) < 5)
        #expect(answer.nodes == 5 && answer.nodes_detail.allSatisfy { $0.phase == "finished" })
        #expect(answer.nodes_detail.map(\.killed).reduce(0, +) == answer.killed.count)
        #expect(answer.accuracy.federated.worst > 0.9)
        #expect(answer.disagreement < 0.02)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
    }

    @Test("Cut into halves in mid-training: both go on, find each other again, and all agree")
    func halves() throws {
        let bench = try Bench()
        let run = try Run(
            ["demo", "tumours", "--nodes", "4", "--cut", "6", "--seed", "2", "--json"],
            in: bench.folder, within: 120)
        try #require(run.status == 0, "\(run.errors)\n\(run.output)")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(run.output.utf8))
        #expect(answer.storm.lost == 0 && answer.storm.recoveries == 1)
        #expect(answer.storm.faults["halves"] == 1)
        #expect(answer.storm.faults.values.reduce(0, +) == 1, "\(answer.storm)")
        #expect((answer.storm.least_rounds_cut ?? 0) > 10, "\(answer.storm)")
        #expect(answer.nodes_detail.allSatisfy { $0.phase == "finished" })
        #expect(answer.accuracy.federated.worst > 0.9)
        #expect(answer.disagreement < 0.02)
    }

    @Test("Too short a storm, too few nodes, and what goes not with it")
    func refusals() throws {
        let bench = try Bench()
        expectWrongUse(try bench.starling("demo", "digits", "--storm", "0.1"), "0.3 to 1440")
        expectWrongUse(
            try bench.starling("demo", "digits", "--nodes", "3", "--storm", "1"), "needs 4 nodes")
        expectWrongUse(
            try bench.starling("demo", "digits", "--storm", "1", "--kill", "1"), "decides")
        expectWrongUse(
            try bench.starling("demo", "digits", "--storm", "1", "--cut", "9"), "cuts by itself")
        expectWrongUse(try bench.starling("demo", "digits", "--cut", "1"), "4 to 43200")
    }

    private func expectWrongUse(_ run: Run, _ part: String) {
        #expect(run.status == 64 && run.errors.contains(part), "\(run.errors)")
    }

    @Test("An ordinary daemon knows of no partition; one under test is cut off, and heals")
    func partition() throws {
        let flock = try Flock(["alice", "bob"], rounds: 20_000, steps: 20)
        let alice = try Daemon(flock[0])
        let bob = try Daemon(flock[1], command: ["demo-node", "--partitions"])
        for daemon in [alice, bob] { try daemon.until("mesh") { $0.links == 1 } }
        #expect(try divide(flock[0], from: flock[1].id).contains("404"))
        #expect(try alice.until("answer") { _ in true }.links == 1)

        #expect(try divide(flock[1], from: flock[0].id).contains("200"))
        for daemon in [alice, bob] { try daemon.until("cut") { $0.links == 0 } }
        try alice.untilLog("does not know this node's key")
        #expect(try divide(flock[1], from: "nobody").contains("400"))
        #expect(try divide(flock[1], from: "").contains("200"))
        for daemon in [alice, bob] { try daemon.until("mesh again") { $0.links == 1 } }
    }

    /// - Returns: the reply's first line.
    private func divide(_ site: Site, from ids: String) throws -> String {
        let socket = try LoopbackSocket.connected(toUnix: site.socket)
        let head =
            "POST /v1/test/partition?refuse=\(ids) HTTP/1.1\r\nHost: localhost\r\n"
            + "Connection: close\r\nContent-Length: 0\r\n\r\n"
        socket.send(Array(head.utf8))
        let reply = String(decoding: try socket.readToEnd(within: 10), as: UTF8.self)
        return String(reply.prefix { !$0.isNewline })
    }
}
