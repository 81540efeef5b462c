// Room:  HTTP (floor 2).
// Task:  a listening Unix socket that only its owner can open, or a listening TCP port.
// May:   EventLoop (addresses), Glibc.
// Proof: Tests/HTTPTests/ListeningTests.swift

import EventLoop
import Glibc

/// The descriptor is libmicrohttpd's from its start on; the file is ours.
final class ListeningSocket {
    let descriptor: Int32
    /// With TCP, with the port that the system chose.
    let address: SocketAddress?
    private let path: String?
    /// Device and inode of the socket file, so that nobody else's is removed in the end.
    private let identity: (UInt, UInt)?

    private static let backlog: Int32 = 64

    /// Makes the socket file, mode 0600 before anybody can connect.
    ///
    /// - Throws: `pathTooLong`, `notASocket`, `addressInUse`, `permission`, `system`.
    init(unixPath path: String) throws(HTTPError) {
        let subject = "listen on \(path)"
        let socket = try ListeningSocket.open(AF_UNIX, subject)
        do throws(HTTPError) {
            if try !UnixAddress.bind(socket, path) {
                try ListeningSocket.removeStale(path)
                guard try UnixAddress.bind(socket, path) else { throw HTTPError.addressInUse(path) }
            }
            // Nobody can connect before `listen`, so there is no moment of wider rights.
            guard chmod(path, 0o600) == 0, listen(socket, ListeningSocket.backlog) == 0 else {
                let failure = HTTPError.failed(subject)
                unlink(path)
                throw failure
            }
        } catch {
            Glibc.close(socket)
            throw error
        }
        descriptor = socket
        address = nil
        self.path = path
        identity = ListeningSocket.identity(path)
    }

    /// - Throws: `addressInUse`, `permission`, `system`.
    init(address: SocketAddress) throws(HTTPError) {
        let place = "\(address)"
        let subject = "listen on \(place)"
        let socket = try ListeningSocket.open(address.isIPv6 ? AF_INET6 : AF_INET, subject)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if address.isIPv6 {
            setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size)
        }
        guard ListeningSocket.bind(socket, address) == 0,
            listen(socket, ListeningSocket.backlog) == 0
        else {
            let failure = errno == EADDRINUSE ? .addressInUse(place) : HTTPError.failed(subject)
            Glibc.close(socket)
            throw failure
        }
        descriptor = socket
        self.address = SocketAddress(ip: address.ip, port: ListeningSocket.port(of: socket))
        path = nil
        identity = nil
    }

    /// Removes the socket file, if it is still this one.
    func removeFile() {
        guard let path, let identity, let present = ListeningSocket.identity(path),
            present == identity
        else { return }
        unlink(path)
    }

    private static func open(_ family: Int32, _ subject: String) throws(HTTPError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = socket(family, type, 0)
        guard socket >= 0 else { throw .failed(subject) }
        return socket
    }

    /// Removes a socket file on which nobody answers; leaves everything else alone.
    private static func removeStale(_ path: String) throws(HTTPError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = try open(AF_UNIX, "connect to \(path)")
        defer { Glibc.close(probe) }
        let number = try UnixAddress.connect(probe, path)
        // Only a refusal proves that nobody is there; a full queue, say, does not.
        guard number == ECONNREFUSED else {
            throw number == EACCES ? .permission("listen on \(path)") : .addressInUse(path)
        }
        guard unlink(path) == 0 else { throw .failed("remove \(path)") }
    }

    private static func identity(_ path: String) -> (UInt, UInt)? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return (UInt(status.st_dev), UInt(status.st_ino))
    }

    private static func bind(_ socket: Int32, _ address: SocketAddress) -> Int32 {
        if address.isIPv6 {
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = address.port.bigEndian
            six.sin6_scope_id = address.scope
            withUnsafeMutableBytes(of: &six.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return bind(socket, &six)
        }
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = address.port.bigEndian
        withUnsafeMutableBytes(of: &four.sin_addr) { $0.copyBytes(from: address.bytes) }
        return bind(socket, &four)
    }

    private static func bind<A>(_ socket: Int32, _ address: inout A) -> Int32 {
        withUnsafeBytes(of: &address) { raw in
            guard let start = raw.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return Glibc.bind(socket, start, socklen_t(MemoryLayout<A>.size))
        }
    }

    private static func port(of socket: Int32) -> UInt16 {
        var storage = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return withUnsafeMutableBytes(of: &storage) { raw in
            guard let start = raw.bindMemory(to: sockaddr.self).baseAddress,
                getsockname(socket, start, &size) == 0
            else { return 0 }
            // Family (2 bytes) and port (2 bytes) lie alike in both families.
            return UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }
}

/// `sockaddr_un` and the two calls that need it.
enum UnixAddress {
    /// - Returns: false where the path is taken.
    static func bind(_ socket: Int32, _ path: String) throws(HTTPError) -> Bool {
        let number = try call(path) { Glibc.bind(socket, $0, $1) }
        guard number == 0 || number == EADDRINUSE else {
            throw .failed("listen on \(path)", number)
        }
        return number == 0
    }

    /// - Returns: 0, or the error number.
    static func connect(_ socket: Int32, _ path: String) throws(HTTPError) -> Int32 {
        try call(path) { Glibc.connect(socket, $0, $1) }
    }

    private static func call(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(HTTPError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // One byte is for the zero at the end.
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .pathTooLong(path)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafeBytes(of: &address) { raw in
            guard let start = raw.bindMemory(to: sockaddr.self).baseAddress else { return EINVAL }
            return body(start, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
        }
    }
}
