// Room:  EventLoop (floor 1).
// Task:  addresses: numeric ones, and HOST:PORT as people write them.
// May:   CLibuv, Glibc.
// Proof: Tests/EventLoopTests/AddressTests.swift

import CLibuv
import Glibc

/// A numeric IPv4 or IPv6 address with a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes, as on the wire.
    public let bytes: [UInt8]
    public let port: UInt16
    /// The interface of a link-local IPv6 address, else 0.
    public let scope: UInt32

    public var isIPv6: Bool { bytes.count == 16 }

    /// Whether only this machine reaches it: 127.0.0.0/8, or ::1.
    public var isLoopback: Bool {
        isIPv6 ? bytes == [UInt8](repeating: 0, count: 15) + [1] : bytes.first == 127
    }

    /// - ip: `10.0.0.1`, `::1`, `fe80::1%eth0`; nil for anything else.
    public init?(ip: String, port: UInt16) {
        guard !ip.utf8.contains(0) else { return nil }
        var four = sockaddr_in()
        if uv_ip4_addr(ip, Int32(port), &four) == 0 {
            bytes = withUnsafeBytes(of: &four.sin_addr) { Array($0) }
            scope = 0
        } else {
            var six = sockaddr_in6()
            guard uv_ip6_addr(ip, Int32(port), &six) == 0 else { return nil }
            bytes = withUnsafeBytes(of: &six.sin6_addr) { Array($0) }
            scope = six.sin6_scope_id
        }
        self.port = port
    }

    /// Takes over what the system gives; nil for another family.
    init?(_ address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            var four = raw.loadUnaligned(as: sockaddr_in.self)
            bytes = withUnsafeBytes(of: &four.sin_addr) { Array($0) }
            port = UInt16(bigEndian: four.sin_port)
            scope = 0
        case AF_INET6:
            var six = raw.loadUnaligned(as: sockaddr_in6.self)
            bytes = withUnsafeBytes(of: &six.sin6_addr) { Array($0) }
            port = UInt16(bigEndian: six.sin6_port)
            scope = six.sin6_scope_id
        default:
            return nil
        }
    }

    /// Gives the system's form to a call.
    func withSystemAddress<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { raw in
            if isIPv6 {
                var six = sockaddr_in6()
                six.sin6_family = sa_family_t(AF_INET6)
                six.sin6_port = port.bigEndian
                six.sin6_scope_id = scope
                withUnsafeMutableBytes(of: &six.sin6_addr) { $0.copyBytes(from: bytes) }
                raw.storeBytes(of: six, as: sockaddr_in6.self)
            } else {
                var four = sockaddr_in()
                four.sin_family = sa_family_t(AF_INET)
                four.sin_port = port.bigEndian
                withUnsafeMutableBytes(of: &four.sin_addr) { $0.copyBytes(from: bytes) }
                raw.storeBytes(of: four, as: sockaddr_in.self)
            }
            let start = raw.bindMemory(to: sockaddr.self)
            guard let pointer = start.baseAddress else { preconditionFailure("never empty") }
            return body(pointer)
        }
    }

    /// The address without the port: `10.0.0.1`, `2001:db8::1`.
    public var ip: String {
        var text = [CChar](repeating: 0, count: 64)
        bytes.withUnsafeBytes { raw in
            _ = uv_inet_ntop(
                isIPv6 ? AF_INET6 : AF_INET, raw.baseAddress, &text, text.count)
        }
        let kept = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: kept, as: UTF8.self)
    }

    /// `1.2.3.4:7447` or `[::1]:7447`.
    public var description: String { isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}

/// A host, by name or number, and a port, as people write them.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets.
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `name:7447`, `10.0.0.1:7447` or `[2001:db8::1]:7447`.
    ///
    /// - Throws: `EventLoopError.badAddress` with the text.
    public init(_ text: String) throws(EventLoopError) {
        guard let colon = text.lastIndex(of: ":") else { throw .badAddress(text) }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = UInt16(digits)
        else { throw .badAddress(text) }
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
            guard let address = SocketAddress(ip: String(host), port: port), address.isIPv6
            else { throw .badAddress(text) }
        } else {
            let plain = host.utf8.allSatisfy { $0 > 32 && $0 < 127 && !":[]/@".utf8.contains($0) }
            guard plain, (1...253).contains(host.utf8.count) else { throw .badAddress(text) }
        }
        self.host = String(host)
        self.port = port
    }

    /// The number, if the host is not a name.
    public var numeric: SocketAddress? { SocketAddress(ip: host, port: port) }

    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
