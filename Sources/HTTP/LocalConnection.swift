// Room:  HTTP (floor 2).
// Task:  a blocking connection to a Unix socket on which waiting has an end.
// May:   Glibc.
// Proof: Tests/HTTPTests/LocalClientTests.swift

import Glibc

/// Closes its descriptor when it goes out of scope.
struct LocalConnection: ~Copyable {
    private let socket: Int32
    private let subject: String
    private let timeout: Duration
    private var buffer = [UInt8](repeating: 0, count: 128 << 10)

    init(to path: String, subject: String, timeout: Duration) throws(HTTPError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(AF_UNIX, type, 0)
        guard socket >= 0 else { throw .failed("connect to \(path)") }
        do {
            try LocalConnection.connect(socket, path, subject, timeout)
        } catch {
            Glibc.close(socket)
            throw error
        }
        self.socket = socket
        self.subject = subject
        self.timeout = timeout
    }

    deinit { Glibc.close(socket) }

    private static func connect(
        _ socket: Int32, _ path: String, _ subject: String, _ timeout: Duration
    ) throws(HTTPError) {
        var waited = Duration.zero
        while true {
            switch try UnixAddress.connect(socket, path) {
            case 0: return
            case ENOENT, ENOTDIR: throw .noSocket(path: path)
            case ECONNREFUSED: throw .refused(path: path)
            case EACCES, EPERM: throw .permission("connect to \(path)")
            case EINTR: continue
            case EAGAIN:
                // The daemon's queue is full; a Unix socket offers nothing to wait on.
                guard waited < timeout else { throw .timedOut(subject, after: timeout) }
                poll(nil, 0, 10)
                waited += .milliseconds(10)
            case let number: throw .failed("connect to \(path)", number)
            }
        }
    }

    /// - Returns: false where the other side takes no more; it may have replied.
    func send(_ bytes: [UInt8]) throws(HTTPError) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                let rest = UnsafeRawBufferPointer(rebasing: all[sent...])
                return Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
                continue
            }
            switch errno {
            case EAGAIN: try wait(for: POLLOUT)
            case EINTR: continue
            case EPIPE, ECONNRESET: return false
            default: throw .failed(subject)
            }
        }
        return true
    }

    /// - Returns: nil at the end of the connection.
    mutating func receive() throws(HTTPError) -> ArraySlice<UInt8>? {
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            if count > 0 { return buffer[..<count] }
            if count == 0 { return nil }
            switch errno {
            case EAGAIN: try wait(for: POLLIN)
            case EINTR: continue
            // A daemon that was killed, or that closed before it had read everything.
            case ECONNRESET: return nil
            default: throw .failed(subject)
            }
        }
    }

    private func wait(for events: Int32) throws(HTTPError) {
        let (seconds, attoseconds) = timeout.components
        let milliseconds =
            min(max(seconds, 0), 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000
        var watched = pollfd(fd: socket, events: Int16(events), revents: 0)
        let count = poll(&watched, 1, Int32(milliseconds))
        // An interrupted wait begins anew: the caller tries again and comes back here.
        if count == 0 { throw .timedOut(subject, after: timeout) }
        if count < 0, errno != EINTR { throw .failed(subject) }
    }
}
