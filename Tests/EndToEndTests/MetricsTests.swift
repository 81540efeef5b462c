// Room:  EndToEndTests.
// Task:  metrics and health of a live node, on its socket and on its port; what the port refuses.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct MetricsTests {
    private func request(
        _ line: String, to socket: LoopbackSocket
    ) throws -> (head: String, body: String) {
        let head =
            "\(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        socket.send(Array(head.utf8))
        let reply = String(decoding: try socket.readToEnd(within: 10), as: UTF8.self)
        let parts = reply.components(separatedBy: "\r\n\r\n")
        return (parts[0], parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    private func value(_ name: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    @Test("Metrics and health on the socket and on the port; the port changes nothing")
    func watched() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100_000)
        let port = try Ports.shared.take()
        try flock[0].configure(more: "[metrics]\nlisten = \"127.0.0.1:\(port)\"\n")
        let alice = try Daemon(flock[0])
        try alice.until("answer") { _ in true }
        func ask(_ line: String) throws -> (head: String, body: String) {
            try request(line, to: LoopbackSocket.connected(to: port))
        }
        // Alone, though it should not be.
        let lonely = try ask("GET /readyz")
        #expect(lonely.head.hasPrefix("HTTP/1.1 503"))
        #expect(lonely.body == "it has no link, and the roster 2 members\n")
        #expect(try ask("GET /healthz").body == "alive\n")

        let bob = try Daemon(flock[1])
        try alice.until("rounds") { $0.round > 20 && $0.links == 1 }
        #expect(try ask("GET /readyz").body == "ready\n")
        let metrics = try ask("GET /metrics")
        #expect(metrics.head.contains("text/plain; version=0.0.4"))
        #expect(value("starling_links", in: metrics.body) == 1)
        #expect(try #require(value("starling_round", in: metrics.body)) > 20)
        #expect(value(#"starling_phase{phase="training"}"#, in: metrics.body) == 1)
        #expect(value(#"starling_members{state="alive"}"#, in: metrics.body) == 1)
        #expect(try #require(value("starling_network_sent_bytes_total", in: metrics.body)) > 1000)
        #expect(try #require(value("process_resident_memory_bytes", in: metrics.body)) > 1e6)
        let local = try request(
            "GET /metrics", to: LoopbackSocket.connected(toUnix: flock[0].socket))
        #expect(value("starling_links", in: local.body) == 1)

        for line in [
            "POST /v1/leave", "POST /metrics", "POST /v1/roster/expel?member=bob", "PUT /metrics",
        ] {
            #expect(try ask(line).head.hasPrefix("HTTP/1.1 405"), "\(line)")
        }
        for line in ["GET /v1/status", "GET /v1/parameters", "GET /v1/members", "GET /"] {
            #expect(try ask(line).head.hasPrefix("HTTP/1.1 404"), "\(line)")
        }
        #expect(alice.isRunning && bob.isRunning)
        #expect(try alice.stop() == 0)
    }
}
