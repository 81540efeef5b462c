// Room:  EndToEndTests.
// Task:  `doctor` on set-ups that are right and on set-ups that are not, with and without a node.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct DoctorTests {
    private struct Report: Decodable {
        struct Finding: Decodable { let code, grade, what: String; let why, how: String? }
        let schema: String
        let problems, warnings: Int
        let findings: [Finding]

        func codes(_ grade: String) -> [String] {
            findings.filter { $0.grade == grade }.map(\.code)
        }
    }

    private func examine(_ site: Site, status: Int32) throws -> Report {
        let run = try site.starling("doctor", "--json", "--config", site.configuration)
        #expect(run.status == status, "\(run.errors)\n\(run.output)")
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
        #expect(report.schema == "starling.doctor/1")
        #expect((report.problems > 0) == (status == 1))
        return report
    }

    @Test("A pair that is well: of the one that runs, and of the one that does not yet")
    func well() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100_000)
        let alice = try Daemon(flock[0])
        try alice.until("answer") { _ in true }
        let before = try examine(flock[1], status: 0)
        #expect(before.codes("good").contains("doctor.agreed"), "\(before.findings)")
        #expect(before.codes("good").contains("doctor.clocks"))
        try alice.until("answer") { _ in true }

        let bob = try Daemon(flock[1])
        try alice.until("link") { $0.links == 1 }
        let running = try examine(flock[0], status: 0)
        for code in ["doctor.links", "doctor.data", "doctor.disk", "doctor.clocks"] {
            #expect(running.codes("good").contains(code), "\(running.findings)")
        }
        // Asking took nothing from the running node.
        #expect(try flock[0].status().links == 1 && bob.isRunning)
        let people = try flock[0].starling("doctor", "--config", flock[0].configuration)
        #expect(people.status == 0 && people.lines.allSatisfy { $0.count <= 80 })
        #expect(people.lines.last?.hasPrefix("nothing must be mended") == true)
    }

    @Test(
        "A peer that is away, another federation, a key that others can read, rows without a label")
    func unwell() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100_000)
        let site = flock[0]
        let away = try examine(site, status: 0)
        #expect(away.codes("warning").contains("doctor.no-answer"), "\(away.findings)")

        let bob = try Daemon(flock[1])
        try bob.until("answer") { _ in true }
        let text = try flock.bench.read("federation.toml")
        try flock.bench.write(
            "federation.toml", text.replacingOccurrences(of: "rounds = 100000", with: "rounds = 9"))
        let other = try examine(site, status: 1)
        #expect(other.codes("problem") == ["doctor.refused"], "\(other.findings)")
        try flock.bench.write("federation.toml", text)

        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: site.state + "/identity.key")
        let open = try examine(site, status: 1)
        #expect(open.codes("problem") == ["identity.readable-by-others"], "\(open.findings)")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: site.state + "/identity.key")

        try site.configure(label: "nonsense")
        let label = try examine(site, status: 1)
        #expect(label.findings.last?.what.contains("nonsense") == true, "\(label.findings)")
        try site.configure()
        #expect(try examine(site, status: 0).codes("good").contains("doctor.agreed"))
        #expect(bob.isRunning)
    }

    static let hasFaketime = (try? Program.run(["which", "faketime"], in: "/"))?.status == 0

    @Test(
        "A clock that stands in 2001: the node learns with the others, and doctor says whose it is",
        .enabled(if: hasFaketime, "needs the package faketime"))
    func past() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100_000)
        let alice = try Daemon(flock[0])
        let bob = try Daemon(
            flock[1],
            through: [
                "env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", "@2001-01-01 00:00:00",
            ])
        try alice.until("rounds with bob") { $0.links == 1 && $0.round > 50 }
        // The process is a child of faketime's, so it is asked by its socket alone.
        var late: Status?
        try wait(for: "a checkpoint of bob's", within: 20) {
            late = try? flock[1].status()
            return late.map { $0.round > 50 && ($0.checkpoint.generation ?? 0) > 0 } ?? false
        }
        let found = try examine(flock[0], status: 0)
        // Which of the two dialled is chance, and 'not-dialled' then a fair warning.
        let warnings = found.codes("warning").filter { $0 != "doctor.not-dialled" }
        #expect(warnings == ["doctor.clock"], "\(found.findings)")
        #expect(found.findings.contains { $0.what.contains("bob's clock is") })
        kill(try #require(late).pid, SIGTERM)
        try wait(for: "the end of bob", within: 20) { !bob.isRunning }
        // Back at the right time, it goes on where it was.
        let again = try Daemon(flock[1])
        try again.until("going on") { $0.links == 1 && $0.round > 50 }
    }
}
