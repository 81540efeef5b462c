// Room:  EndToEndTests.
// Task:  wrong files, wrong folders, wrong numbers: what a site's operator can get wrong.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct WrongInputTests {
    private static let header = "width,height,label"
    private static let rows = (0..<20).map { "\($0),\(3 * $0 + 1),\($0 % 2)" }

    /// A site alone, with two features and two classes.
    private func site() throws -> Site {
        let bench = try Bench()
        let site = try Site("alice", on: bench, port: Ports.shared.take())
        try write(Self.rows, of: site)
        let made = try site.starling(
            "federation", "new", "--name", "one", "--sizes", "2,2", "--standardise", "none",
            "--rounds", "20", "--founder", site.founder, "--output", "federation.toml")
        try #require(made.status == 0, "\(made.errors)")
        try site.configure(label: "label")
        return site
    }

    private func write(_ rows: [String], of site: Site) throws {
        try site.bench.write(
            "\(site.name).csv", ([Self.header] + rows).joined(separator: "\n") + "\n")
    }

    private func run(_ site: Site, _ more: String...) throws -> Run {
        try Run(["run", "--config", site.configuration] + more, in: site.bench.folder)
    }

    @Test(
        "A wrong configuration is named by file, line and column: 78",
        arguments: [
            ("[data]", "[data", ":5:6: ", ""),
            ("label = \"label\"", "label = \"label", ":7:", "parsing string"),
            ("interval = 0.2", "intervall = 0.2", ":11:1: ", "did you mean 'interval'?"),
            ("interval = 0.2", "interval = \"often\"", ":11:", "number"),
            ("level = \"info\"", "level = 3", ":15:9: ", "must be a string"),
            ("[links]", "[lynx]", ":12:1: ", "unknown key 'lynx'"),
            ("listen = [\"", "listen = [7, \"", ":4:11: ", "must be a string"),
        ])
    func configuration(_ old: String, _ new: String, _ place: String, _ part: String) throws {
        let site = try site()
        let right = try site.bench.read("alice.toml")
        #expect(right.contains(old))
        try site.bench.write("alice.toml", right.replacingOccurrences(of: old, with: new))
        for more in [["--check"], []] {
            let run = try Run(
                ["run", "--config", site.configuration] + more, in: site.bench.folder)
            expectRefused(run, 78, "alice.toml\(place)", part)
        }
        #expect(access(site.socket, F_OK) != 0)
    }

    @Test(
        "A wrong federation file is named by file, line and column: 78",
        arguments: [
            ("[training]", "[training", ""),
            ("rounds = 20", "round = 20", "did you mean 'rounds'?"),
            ("rounds = 20", "rounds = \"all\"", "whole number"),
            ("mode = \"plain\"", "mode = \"secret\"", "secret"),
        ])
    func federation(_ old: String, _ new: String, _ part: String) throws {
        let site = try site()
        let right = try site.bench.read("federation.toml")
        let lines = right.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.hasPrefix(old) }) + 1
        try site.bench.write("federation.toml", right.replacingOccurrences(of: old, with: new))
        expectRefused(try run(site, "--check"), 78, "federation.toml:\(line):", part)
        expectRefused(
            try site.starling("federation", "check", "federation.toml"), 78,
            "federation.toml:\(line):", part)
    }

    @Test(
        "A wrong row is named by line and column: 65",
        arguments: [
            (",4,1", "line 3, column 1"), ("1,,1", "line 3, column 2"),
            ("1,4,", "line 3, column 3"),
            ("1,four,1", "line 3, column 2"), ("1,4", "line 3"), ("1,4,1,1", "line 3"),
            ("1,4,2", "line 3, column 3"), ("nan,4,1", "line 3, column 1"),
            ("1,inf,1", "line 3, column 2"), ("1,1e99,1", "line 3, column 2"),
        ])
    func row(_ bad: String, _ place: String) throws {
        let site = try site()
        var rows = Self.rows
        rows[1] = bad
        try write(rows, of: site)
        expectRefused(try run(site, "--check"), 65, "alice.csv, \(place)")
        expectRefused(try run(site), 65, "alice.csv, \(place)")
        #expect(access(site.socket, F_OK) != 0)
    }

    @Test("A port in use is one line and a hint: 1")
    func portInUse() throws {
        let site = try site()
        let holder = try LoopbackSocket.listening(on: site.port)
        let run = try run(site)
        expectRefused(run, 1, "127.0.0.1:\(site.port)", "in use", "hint: ")
        #expect(run.errors.split(separator: "\n").count == 2)
        holder.close()
        let daemon = try Daemon(site)
        try daemon.until("finish once the port is free") { $0.phase == "finished" }
    }

    @Test("A state folder that cannot be written to is refused: 77")
    func unwritable() throws {
        let site = try site()
        chmod(site.state, 0o500)
        defer { chmod(site.state, 0o700) }
        // Root may write everywhere, unless it gives that right away.
        let through =
            getuid() == 0
            ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] : []
        let daemon = try Daemon(site, through: through)
        #expect(try daemon.ended() == 77)
        #expect(daemon.log.hasPrefix("starling: error: "), "\(daemon.log)")
        #expect(daemon.log.contains("alice-state") && daemon.log.contains("hint: "))
    }

    @Test("A key that others can read: 77; no key: 78; a key that is none: 77 or 78")
    func keys() throws {
        let site = try site()
        let key = site.state + "/identity.key"
        chmod(key, 0o644)
        expectRefused(try run(site), 77, "identity.key", "hint: `chmod 600")
        chmod(key, 0o600)
        let right = try Data(contentsOf: URL(fileURLWithPath: key))
        try Data("no key\n".utf8).write(to: URL(fileURLWithPath: key))
        let damaged = try run(site)
        #expect([77, 78].contains(damaged.status) && damaged.errors.contains("identity.key"))
        try right.write(to: URL(fileURLWithPath: key))
        unlink(key)
        expectRefused(try run(site), 78, "there is no", "hint: ")
    }

    @Test("A second daemon on the same state folder is refused, and the first does not notice")
    func secondDaemon() throws {
        let site = try site()
        let first = try Daemon(site)
        try first.until("answer") { _ in true }
        try site.configure(label: "label", more: "")
        let second = try Run(
            ["run", "--config", site.configuration], in: site.bench.folder,
            ["STARLING_NODE_LISTEN": "127.0.0.1:0"])
        expectRefused(second, 1, "\(first.pid)", "hint: ")
        try first.until("answer still") { _ in true }
        #expect(try first.stop() == 0)
    }

    @Test("A node whose loss becomes NaN keeps its last finite model, says so, and hurts no peer")
    func notFinite() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100, sizes: "30,8,2")
        // As if bob had given some lengths in another unit.
        let lines = try flock.bench.read("bob.csv").split(separator: "\n")
        let absurd = lines.dropFirst().map { line in
            line.split(separator: ",").dropLast().map { "\($0)e30" }.joined(separator: ",") + ","
                + (line.split(separator: ",").last ?? "")
        }
        try flock.bench.write(
            "bob.csv", ([String(lines[0])] + absurd).joined(separator: "\n") + "\n")
        try flock[1].configure(training: "rate = 1000\nsteps = 50")
        let alice = try Daemon(flock[0])
        let bob = try Daemon(flock[1])
        let failed = try bob.until("failure") { $0.phase == "failed" }
        #expect(failed.warnings.contains { $0.contains("not finite") })
        #expect(failed.warnings.contains { $0.contains("three times") })
        #expect(failed.round < 100 && failed.links == 1)
        let done = try alice.until("finish", within: 40) { $0.phase == "finished" }
        #expect(done.loss?.isFinite == true && done.warnings == [])
        try alice.until("accuracy") { ($0.held_out.accuracy ?? 0) > 0.85 }
        // Gossip goes on: bob's model has become alice's, and both are finite.
        #expect(try flock[1].peers().named("alice").exchanges > 10)
        for site in flock.sites {
            _ = try site.model()
            let run = try site.starling(
                "model", "evaluate", "--model", "\(site.name).safetensors", "--data", "test.csv",
                "--federation", "federation.toml")
            #expect(run.status == 0, "\(run.errors)")
        }
        #expect(try bob.stop() == 0)
    }
}
