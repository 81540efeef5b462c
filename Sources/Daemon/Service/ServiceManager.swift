// Room:  Daemon (floor 5).
// Task:  tells the service manager how the process is doing: sd_notify's protocol.
// May:   Glibc (one datagram socket).
// Proof: Tests/DaemonTests/ServiceManagerTests.swift

import Glibc

/// systemd, or whoever has set `NOTIFY_SOCKET`; nobody where it is not set.
///
/// Written here and not taken from libsystemd: what is needed of it is one datagram, and linking it
/// would bring a library and its own dependencies into every process, in containers too.
///
/// - Source: sd_notify(3), "Standalone implementations".
struct ServiceManager {
    private let address: sockaddr_un?
    private let addressLength: socklen_t
    /// How often the manager wants to hear that this process is alive; nil: it does not watch.
    let watchdog: Duration?

    init(environment: [String: String]) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        // A path, or a name of the abstract kind, which is written with an @ for its zero byte.
        guard let first = name.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
            name.count > 1, name.count < room
        else {
            (self.address, addressLength, watchdog) = (nil, 0, nil)
            return
        }
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: name)
            if first == UInt8(ascii: "@") { path[0] = 0 }
        }
        self.address = address
        addressLength = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        // Set for another process where a child has inherited it.
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        watchdog = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
            .flatMap { isMeant && $0 > 0 ? .microseconds($0) : nil }
    }

    var isThere: Bool { address != nil }

    /// One message, `KEY=value` a line. Never blocks; a manager that does not listen is no reason to
    /// stop.
    ///
    /// - Returns: whether it was sent.
    @discardableResult
    func tell(_ lines: String...) -> Bool {
        guard var address else { return false }
        let handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let length = addressLength
        let count = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    handle, bytes, bytes.count,
                    Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        return count == bytes.count
    }
}
