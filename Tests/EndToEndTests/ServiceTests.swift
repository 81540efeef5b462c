// Room:  EndToEndTests.
// Task:  a daemon under a service manager: ready, alive, how far, reloading, stopping; its credentials.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct ServiceTests {
    /// The manager's end.
    private final class Manager {
        let path: String
        private let handle: Int32
        private(set) var heard: [String] = []

        init(on bench: Bench) throws {
            path = bench.path("notify")
            handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(handle, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
        }

        deinit { close(handle) }

        /// Waits until somebody has said a line.
        func until(
            _ line: String, within bound: Double = 20, _ fits: (String) -> Bool
        ) throws {
            try wait(for: line, within: bound, detail: { "\(self.heard)" }) {
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = recv(handle, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                    guard count > 0 else { break }
                    heard += String(decoding: buffer[..<count], as: UTF8.self)
                        .split(separator: "\n").map(String.init)
                }
                return heard.contains(where: fits)
            }
        }

        func forget() { heard = [] }
    }

    @Test("Ready when it listens; alive again and again; reloading and ready; stopping")
    func life() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100_000)
        let manager = try Manager(on: flock.bench)
        let alice = try Daemon(
            flock[0],
            through: ["env", "NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=200000"])
        try manager.until("ready") { $0 == "READY=1" }
        // It was told after the door and the interface were open.
        #expect(try flock[0].status().links == 0)
        try manager.until("status") { $0.hasPrefix("STATUS=waiting, round 0 of 100000, 0 links") }
        for _ in 0..<3 {
            manager.forget()
            try manager.until("sign of life") { $0 == "WATCHDOG=1" }
        }
        let bob = try Daemon(flock[1])
        try manager.until("status") { $0.hasPrefix("STATUS=training") }

        manager.forget()
        alice.signal(SIGHUP)
        try manager.until("reloading") { $0 == "RELOADING=1" }
        try manager.until("the time of it") { $0.hasPrefix("MONOTONIC_USEC=") }
        try manager.until("ready again") { $0 == "READY=1" }

        // One that stands still says nothing, and that is what the manager waits for.
        alice.signal(SIGSTOP)
        defer { alice.signal(SIGCONT) }
        try wait(for: "state T") {
            let stat = try String(contentsOfFile: "/proc/\(alice.pid)/stat", encoding: .utf8)
            return stat.contains(") T ")
        }
        manager.forget()
        #expect(throws: Overdue.self) { try manager.until("a word", within: 1) { _ in true } }
        alice.signal(SIGCONT)
        try manager.until("sign of life") { $0 == "WATCHDOG=1" }

        manager.forget()
        #expect(try alice.stop() == 0)
        try manager.until("stopping") { $0 == "STOPPING=1" }
        withExtendedLifetime(bob) {}
    }

    @Test("A node that cannot start is never ready")
    func neverReady() throws {
        let flock = try Flock(["alice", "bob"])
        let manager = try Manager(on: flock.bench)
        try FileManager.default.removeItem(atPath: flock[0].state + "/identity.key")
        let run = try Run(
            ["run", "--config", flock[0].configuration], in: flock.bench.folder,
            ["NOTIFY_SOCKET": manager.path])
        #expect(run.status != 0)
        #expect(throws: Overdue.self) { try manager.until("a word", within: 0.2) { _ in true } }
    }

    @Test("A key among the credentials goes before the state folder's")
    func credentials() throws {
        let flock = try Flock(["alice", "bob"])
        let folder = flock.bench.path("credentials")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.moveItem(
            atPath: flock[0].state + "/identity.key", toPath: folder + "/identity.key")
        let without = try Run(
            ["run", "--check", "--config", flock[0].configuration], in: flock.bench.folder)
        expectRefused(without, 78, "identity.key")
        let with = try Run(
            ["run", "--check", "--config", flock[0].configuration], in: flock.bench.folder,
            ["CREDENTIALS_DIRECTORY": folder])
        #expect(with.status == 0 && with.output.contains("alice"), "\(with.errors)")
    }
}
