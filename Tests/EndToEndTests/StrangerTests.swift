// Room:  EndToEndTests.
// Task:  who does not come in: strangers, other federations, wrong keys, no TLS, old TLS.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct StrangerTests {
    @Test("Nodes whose federation files differ by one number refuse each other, and say both IDs")
    func otherFederation() throws {
        let flock = try Flock(["alice", "bob"])
        let text = try flock.bench.read("federation.toml")
        #expect(text.contains("batch = 32"))
        try flock.bench.write(
            "other.toml", text.replacingOccurrences(of: "batch = 32", with: "batch = 33"))
        try flock[1].configure(federation: "other.toml")
        let daemons = try flock.sites.map { try Daemon($0) }
        let ids = try [flock.federationID(), flock.federationID("other.toml")]
        #expect(ids[0] != ids[1])
        for daemon in daemons {
            try wait(
                for: "both IDs in the log", within: 20, detail: { daemon.log },
                until: {
                    // The refusal's line, not that of the start.
                    let lines = daemon.log.split(separator: "\n").filter { $0.contains("refused") }
                    return lines.contains { line in
                        ids.allSatisfy { line.contains($0) }
                    }
                })
            let status = try daemon.until("answer") { _ in true }
            #expect(status.phase == "waiting" && status.round == 0 && status.links == 0)
        }
        for daemon in daemons { #expect(try daemon.stop() == 0) }
    }

    @Test("A daemon of another roster is refused within the handshake, and both sides say why")
    func stranger() throws {
        let flock = try Flock(["alice", "bob"])
        let alice = try Daemon(flock[0])
        try alice.until("answer") { _ in true }
        // The stranger has a file in which alice is a member.
        let eve = try Site("eve", on: flock.bench, port: 0)
        try flock.bench.write("eve.csv", flock.bench.read("bob.csv"))
        let made = try eve.starling(
            "federation", "new", "--name", "tumours", "--sizes", "30,2", "--label", "diagnosis",
            "--classes", "benign,malignant", "--standardise", "local", "--founder", eve.founder,
            "--founder", flock[0].founder, "--output", "eve-federation.toml")
        try #require(made.status == 0, "\(made.errors)")
        try eve.configure(federation: "eve-federation.toml")
        let intruder = try Daemon(eve)
        try alice.until("refusal") { $0.refused > 0 }
        try alice.untilLog("\(eve.id) is not a member of the federation")
        try intruder.untilLog("does not know this node's key")
        let status = try intruder.until("answer") { _ in true }
        #expect(status.phase == "waiting" && status.links == 0)
        #expect(try flock[0].status().links == 0)
        #expect(!alice.log.contains("link-up"))
    }

    @Test("Behind a member's address another member answers: refused, counted and logged")
    func wrongKey() throws {
        let flock = try Flock(["alice", "bob", "carol"])
        // carol listens where bob should.
        try flock[2].configure(more: "")
        let text = try flock.bench.read("carol.toml")
        try flock.bench.write(
            "carol.toml",
            text.replacingOccurrences(of: ":\(flock[2].port)\"", with: ":\(flock[1].port)\""))
        let alice = try Daemon(flock[0])
        let carol = try Daemon(flock[2])
        try alice.until("refusal") { $0.refused > 0 }
        try alice.untilLog("expected the key of \(flock[1].id.filter { $0 != "-" }.prefix(8))")
        try alice.until("link to carol, who dials alice") { $0.links == 1 }
        #expect(try flock[0].peers().named("bob").linked == false)
        #expect(carol.isRunning)
    }

    @Test("Garbage, plain HTTP and silence are closed and counted, and the daemon goes on")
    func noise() throws {
        let flock = try Flock(["alice", "bob"], rounds: 60)
        let daemons = try flock.sites.map { try Daemon($0) }
        try daemons[0].until("answer") { _ in true }
        let port = flock[0].port
        let silent = try LoopbackSocket.connected(to: port)
        let http = try LoopbackSocket.connected(to: port)
        http.send(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        let garbage = try LoopbackSocket.connected(to: port)
        var generator = SystemRandomNumberGenerator()
        // A first byte that is none of TLS.
        garbage.send([0] + (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let half = try LoopbackSocket.connected(to: port)
        half.send([0x16, 3, 1, 0x40, 0])  // The head of a TLS record that never comes.
        for socket in [http, garbage] {
            let answer = try socket.readToEnd(within: 10)
            // At most a TLS alert, never a frame.
            #expect(answer.count < 16 && (answer.isEmpty || answer[0] == 0x15), "\(answer)")
        }
        try daemons[0].until("two refusals") { $0.refused >= 2 }
        try daemons[0].untilLog("the peer does not speak TLS")
        for daemon in daemons { try daemon.until("finish", within: 40) { $0.phase == "finished" } }
        for socket in [silent, half] { #expect(try socket.readToEnd(within: 20) == []) }
        let status = try daemons[0].until("four refusals") { $0.refused == 4 }
        #expect(status.links == 1)
        // Four refusals of one address within a minute are one line.
        let lines = daemons[0].log.split(separator: "\n").filter { $0.contains(" refused ") }
        #expect(lines.count == 1, "\(lines)")
    }

    @Test("Another TLS client without a member's certificate, TLS 1.3 or our protocol gets nothing")
    func otherClients() throws {
        let flock = try Flock(["alice", "bob"])
        let eve = try Site("eve", on: flock.bench, port: 0)
        let alice = try Daemon(flock[0])
        try alice.until("answer") { _ in true }
        let bench = flock.bench
        let port = flock[0].port
        let hello = RawFrame.frame(1, [8, 1])
        func client(
            as state: String?, version: String = "-tls1_3", alpn: String? = "starling/1"
        ) throws -> SecureClient {
            try SecureClient(
                to: port, as: state, sending: hello, version: version, alpn: alpn, on: bench)
        }
        let member = flock[1].state
        let attempts: [(String, SecureClient)] = [
            ("no certificate", try client(as: nil)),
            ("a stranger's certificate", try client(as: eve.state)),
            ("TLS 1.2", try client(as: member, version: "-tls1_2")),
            ("TLS 1.2 without a certificate", try client(as: nil, version: "-tls1_2")),
            ("another protocol", try client(as: member, alpn: "h2")),
            ("no protocol", try client(as: member, alpn: nil)),
        ]
        for (what, attempt) in attempts {
            #expect(attempt.received.isEmpty, "\(what): \(attempt.received.count) bytes")
            #expect(attempt.status != 0, "\(what): \(attempt.errors)")
            #expect(attempt.status < 128, "\(what): was not closed\n\(attempt.errors)")
        }
        let status = try alice.until("six refusals") { $0.refused == 6 }
        #expect(status.links == 0)
        // The test can fail: with a member's key there is an answer.
        let right = try SecureTalk(to: port, as: member, on: bench)
        #expect(try right.frame(of: 1).count > 64)
    }

    private static let hasGnuTLS = ["/usr/bin/gnutls-cli", "/usr/local/bin/gnutls-cli"]
        .contains { FileManager.default.isExecutableFile(atPath: $0) }

    @Test("GnuTLS gets nothing either", .enabled(if: hasGnuTLS, "gnutls-cli is not installed"))
    func gnutls() throws {
        let flock = try Flock(["alice", "bob"])
        let alice = try Daemon(flock[0])
        try alice.until("answer") { _ in true }
        for priority in ["NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"] {
            let run = try Program.run(
                [
                    "gnutls-cli", "--insecure", "--no-ca-verification", "--alpn", "starling/1",
                    "--priority", priority, "--logfile", "/dev/stderr", "--port",
                    "\(flock[0].port)", "127.0.0.1",
                ], in: flock.bench.folder, within: 10)
            #expect(run.status != 0, "\(priority): \(run.errors)")
            #expect(run.output.isEmpty, "\(priority): \(run.output.count) bytes")
        }
        try alice.until("two refusals") { $0.refused == 2 }
    }
}
