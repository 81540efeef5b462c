// Room:  EndToEndTests.
// Task:  cables that are really pulled: network namespaces, where root.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct NamespaceTests {
    private struct Answer: Decodable {
        struct Storm: Decodable { let recoveries, lost: Int; let least_rounds_cut: UInt64? }
        struct Node: Decodable { let phase: String }

        let disagreement: Double
        let nodes_detail: [Node]
        let storm: Storm
    }

    /// What `ip netns` needs: containers often have neither.
    private static let canMakeNamespaces: Bool = {
        let probe = "starlingprobe\(getpid())"
        let script = "ip netns add \(probe) && ip netns del \(probe)"
        let run = try? Program.run(["sh", "-c", script], in: "/tmp")
        return geteuid() == 0 && run?.status == 0
    }()

    private func namespaces() throws -> String {
        let run = try Program.run(["ip", "netns", "list"], in: "/tmp")
        try #require(run.status == 0, "\(run.errors)")
        return String(decoding: run.output, as: UTF8.self)
    }

    @Test(
        "Cables between halves are pulled: both go on, find each other again, nothing is left over",
        .enabled(if: canMakeNamespaces))
    func pulled() throws {
        let bench = try Bench()
        let before = try namespaces()
        let run = try Run(
            ["demo", "tumours", "--nodes", "4", "--cut", "8", "--namespaces", "--json"],
            in: bench.folder, within: 180)
        try #require(run.status == 0, "\(run.errors)\n\(run.output)")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(run.output.utf8))
        #expect(answer.storm.lost == 0 && answer.storm.recoveries == 1)
        #expect((answer.storm.least_rounds_cut ?? 0) > 10)
        #expect(answer.nodes_detail.allSatisfy { $0.phase == "finished" })
        #expect(answer.disagreement < 0.02)
        #expect(try namespaces() == before)
    }

    @Test("Namespaces without a storm, or without the right to make them, are refused")
    func refused() throws {
        let bench = try Bench()
        let run = try bench.starling("demo", "digits", "--namespaces")
        #expect(run.status == 64 && run.errors.contains("--storm or --cut"), "\(run.errors)")
    }
}
