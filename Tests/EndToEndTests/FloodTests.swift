// Room:  EndToEndTests.
// Task:  a member that floods a daemon with questions and digests: nothing grows, others are served.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct FloodTests {
    /// Of a process, in kilobytes.
    private func resident(_ daemon: Daemon) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(daemon.pid)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(line?.split { !$0.isNumber }.first.flatMap { Int($0) })
    }

    /// A probe with digests that no book has: each asks for an answer, and for a look at the books.
    private func heartbeat(_ number: UInt64) -> [UInt8] {
        let mixed = number &* 0x9E37_79B9_7F4A_7C15 | 1
        let digest = (0..<8).map { UInt8(truncatingIfNeeded: mixed >> (8 * UInt64($0))) }
        return RawFrame.frame(4, [0x08, 1, 0x10, 1, 0x21] + digest + [0x29] + digest)
    }

    /// What a newcomer would ask that holds nothing.
    private var summary: [UInt8] {
        let body = [0x12, 32] + [UInt8](repeating: 3, count: 32)
        return RawFrame.frame(8, [0x0a, UInt8(body.count)] + body)
    }

    @Test("Seconds of questions and digests from one member: memory stays, others are served")
    func flood() throws {
        let flock = try Flock(["alice", "bob", "carol"], rounds: 40_000, steps: 20)
        let alice = try Daemon(flock[0])
        let bob = try Daemon(flock[1])
        let carol = try Daemon(flock[2])
        for daemon in [alice, bob, carol] { try daemon.until("mesh") { $0.links == 2 } }
        // From now on bob's key is in other hands.
        #expect(try bob.stop() == 0)
        try alice.until("farewell of bob") { $0.links == 1 }
        let federation = try flock.bench.starling("federation", "check", "federation.toml").lines[0]
        let talk = try SecureTalk(to: flock[0].port, as: flock[1].state, on: flock.bench)
        talk.send(
            RawFrame.hello(
                federation: ReadableID.bytes(federation), node: ReadableID.bytes(flock[1].id),
                parameters: 62))
        talk.send(RawFrame.frame(6, try talk.frame(of: 6)))
        try alice.until("link to the flooder") { $0.links == 2 }
        let before = try resident(alice)
        let received = try flock[0].status().bytes.received

        let flood = (0..<2000).flatMap { heartbeat($0) + summary }
        var left = flood[...]
        var most = before
        let end = ContinuousClock.now + .seconds(4)
        var look = ContinuousClock.now
        while ContinuousClock.now < end {
            try wait(for: "room for more of the flood", detail: { alice.log }) {
                if left.isEmpty { left = flood[...] }
                let count = talk.pour(left)
                left = left.dropFirst(count)
                return count > 0
            }
            guard ContinuousClock.now > look else { continue }
            look = ContinuousClock.now + .milliseconds(200)
            most = max(most, try resident(alice))
            let asked = ContinuousClock.now
            _ = try flock[0].status()
            #expect(ContinuousClock.now - asked < .seconds(2))
        }
        let taken = try flock[0].status().bytes.received - received
        #expect(taken > 1_000_000, "the flood reached it: \(taken) bytes")
        #expect(most - before < 24_000, "\(before) kB became \(most) kB")
        let peer = try flock[0].peers().named("carol")
        #expect(peer.linked && peer.state == "alive")
        #expect(alice.isRunning && carol.isRunning)
        #expect(alice.log.utf8.count < 200_000, "nor does the log grow")
    }
}
