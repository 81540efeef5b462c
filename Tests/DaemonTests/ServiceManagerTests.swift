// Room:  DaemonTests.
// Task:  sd_notify's datagrams: by path and by abstract name; nobody there.
// May:   Daemon, Foundation.
// Proof: itself

import Foundation
import Testing

@testable import Daemon

@Suite struct ServiceManagerTests {
    /// A datagram socket bound as the manager's would be.
    private func listen(_ name: String) throws -> Int32 {
        let handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: Array(name.utf8))
            if name.hasPrefix("@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, length) }
        }
        try #require(bound == 0, "\(String(cString: strerror(errno)))")
        return handle
    }

    private func received(_ handle: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(handle, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func a_message_arrives_by_path_and_by_abstract_name() throws {
        let unique = UUID().uuidString
        for name in ["/tmp/starling-notify-\(unique)", "@starling-notify-\(unique)"] {
            let handle = try listen(name)
            defer {
                close(handle)
                unlink(name)
            }
            let manager = ServiceManager(environment: ["NOTIFY_SOCKET": name])
            #expect(manager.isThere && manager.watchdog == nil)
            #expect(manager.tell("READY=1", "STATUS=round 1 of 2"))
            #expect(received(handle) == "READY=1\nSTATUS=round 1 of 2")
        }
    }

    @Test func where_nobody_listens_nothing_happens() {
        let long = "/" + String(repeating: "x", count: 200)
        for name in [nil, "", "relative", "/", long] {
            let manager = ServiceManager(environment: name.map { ["NOTIFY_SOCKET": $0] } ?? [:])
            #expect(!manager.isThere && !manager.tell("READY=1"))
        }
        let gone = ServiceManager(environment: ["NOTIFY_SOCKET": "/tmp/\(UUID().uuidString)"])
        #expect(gone.isThere && !gone.tell("READY=1"))
    }

    @Test func the_watchdog_is_ours_only_if_it_names_us() {
        func watchdog(_ pairs: [String: String]) -> Duration? {
            let base = ["NOTIFY_SOCKET": "/tmp/x"]
            return ServiceManager(environment: base.merging(pairs) { $1 }).watchdog
        }
        #expect(watchdog(["WATCHDOG_USEC": "3000000"]) == .seconds(3))
        #expect(
            watchdog(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())"]) == .seconds(3))
        #expect(watchdog(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"]) == nil)
        for nonsense in ["0", "-1", "x", ""] {
            #expect(watchdog(["WATCHDOG_USEC": nonsense]) == nil)
        }
    }
}
