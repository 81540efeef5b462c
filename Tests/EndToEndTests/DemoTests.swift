// Room:  EndToEndTests.
// Task:  the demo: its one object, and nothing left behind.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct DemoTests {
    private struct Answer: Decodable {
        struct Accuracy: Decodable {
            struct Spread: Decodable { let mean, worst: Double }
            let alone, federated: Spread
            let pooled: Double
        }
        struct Bytes: Decodable {
            let sent_per_node, payload_per_node, dense_per_node, ratio: Double
        }
        struct Target: Decodable { let accuracy: Double; let seconds, sent_per_node: Double? }

        let schema, dataset: String
        let nodes, seed, rounds: Int
        let seconds, disagreement: Double
        let accuracy: Accuracy
        let bytes: Bytes
        let to_target: Target
    }

    /// Processes with this folder among their arguments.
    private func processes(in folder: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.filter { Int($0) != nil }.filter { pid in
            let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return String(decoding: line, as: UTF8.self).contains(folder)
        }
    }

    @Test("The demo prints one object, and leaves neither a process nor a folder")
    func tumours() throws {
        let bench = try Bench()
        let scratch = bench.path("t")
        mkdir(scratch, 0o700)
        let run = try Run(
            ["demo", "tumours", "--nodes", "3", "--rounds", "40", "--json"], in: bench.folder,
            ["TMPDIR": scratch], within: 60)
        try #require(run.status == 0, "\(run.errors)")
        let whole = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let keys = try #require(whole as? [String: Any]).keys
        for key in [
            "schema", "dataset", "nodes", "seed", "rounds", "seconds", "accuracy", "bytes",
            "to_target", "disagreement", "nodes_detail",
        ] { #expect(keys.contains(key)) }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(run.output.utf8))
        #expect(answer.schema == "starling.demo/1" && answer.dataset == "tumours")
        #expect(answer.nodes == 3 && answer.rounds == 40 && answer.seconds > 0)
        #expect(answer.accuracy.federated.worst > 0.85 && answer.accuracy.pooled > 0.9)
        #expect(answer.accuracy.federated.mean > answer.accuracy.federated.worst - 1e-9)
        #expect(answer.bytes.sent_per_node > answer.bytes.payload_per_node)
        let ratio = answer.bytes.dense_per_node / answer.bytes.sent_per_node
        #expect(abs(answer.bytes.ratio - ratio) < 0.01 * ratio)
        #expect(answer.to_target.accuracy == 0.95)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
        #expect(processes(in: scratch) == [])
    }

    @Test("A demo that is interrupted takes its daemons and its folder with it")
    func interrupted() throws {
        let bench = try Bench()
        let scratch = bench.path("t")
        mkdir(scratch, 0o700)
        let demo = try Program(
            [try Binary.path(), "demo", "digits", "--nodes", "3", "--rounds", "100000"],
            in: bench.folder, ["TMPDIR": scratch], output: bench.path("out"),
            errors: bench.path("err"))
        try wait(for: "three daemons", within: 30, detail: { (try? bench.read("err")) ?? "" }) {
            processes(in: scratch).count >= 3
        }
        demo.signal(SIGINT)
        let status = try demo.ended()
        #expect(status != 0)
        #expect(processes(in: scratch) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
    }
}
