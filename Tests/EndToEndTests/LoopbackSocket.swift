// Room:  EndToEndTests.
// Task:  plain TCP on loopback: what a stranger sends, and what comes back.
// May:   Foundation.
// Proof: itself

import Foundation

/// A plain TCP socket. Whoever forgets it closes it.
final class LoopbackSocket {
    private var descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    func close() {
        guard descriptor >= 0 else { return }
        Foundation.close(descriptor)
        descriptor = -1
    }

    private static func make(
        _ port: UInt16, _ join: (Int32, UnsafePointer<sockaddr>) -> Int32
    ) throws
        -> LoopbackSocket
    {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = LoopbackSocket(Foundation.socket(AF_INET, kind, 0))
        var yes: Int32 = 1
        setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let done = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { join(socket.descriptor, $0) }
        }
        guard done == 0 else {
            throw Overdue(description: "port \(port): \(String(cString: strerror(errno)))")
        }
        return socket
    }

    static func listening(on port: UInt16) throws -> LoopbackSocket {
        try make(port) { descriptor, address in
            let bound = bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            return bound == 0 ? listen(descriptor, 8) : bound
        }
    }

    static func connected(to port: UInt16) throws -> LoopbackSocket {
        try make(port) { connect($0, $1, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }

    /// A node's local interface. The path has at most 107 bytes, as everywhere here.
    static func connected(toUnix path: String) throws -> LoopbackSocket {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = LoopbackSocket(Foundation.socket(AF_UNIX, kind, 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            room.copyBytes(from: path.utf8.prefix(room.count - 1))
        }
        let done = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard done == 0 else {
            throw Overdue(description: "\(path): \(String(cString: strerror(errno)))")
        }
        return socket
    }

    func send(_ bytes: [UInt8]) {
        var left = bytes[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            left = left.dropFirst(count)
        }
    }

    /// Everything until the other side closes.
    ///
    /// - Throws: `Overdue` where it does not close in time.
    func readToEnd(within bound: Double) throws -> [UInt8] {
        let end = ContinuousClock.now + .seconds(bound)
        var all: [UInt8] = []
        while true {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            Foundation.poll(&poll, 1, 50)
            if poll.revents != 0 {
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { return all }
                all += buffer[..<count]
            }
            guard ContinuousClock.now < end else {
                throw Overdue(description: "the daemon keeps the connection open")
            }
        }
    }
}
