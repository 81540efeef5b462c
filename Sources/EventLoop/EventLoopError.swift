// Room:  EventLoop (floor 1).
// Task:  what can go wrong with sockets, names and processes, in words.
// May:   CLibuv.
// Proof: Tests/EventLoopTests/AddressTests.swift

import CLibuv

/// The subject is what was tried: `connect to 10.0.0.1:7447`, `resolve hospital.example`.
public enum EventLoopError: Error, Sendable, Hashable, CustomStringConvertible {
    case refused(String)
    case unreachable(String)
    case timedOut(String)
    case addressInUse(String)
    case addressNotAvailable(String)
    case noSuchHost(String)
    case namesUnavailable(String)
    case permission(String)
    case connectionReset(String)
    case noSuchFile(String)
    case tooManyFiles(String)
    case badAddress(String)
    case other(String, reason: String)

    /// Names a negative status of libuv.
    init(status: Int32, subject: String) {
        switch uv_errno_t(rawValue: status) {
        case UV_ECONNREFUSED: self = .refused(subject)
        case UV_EHOSTUNREACH, UV_ENETUNREACH, UV_ENETDOWN, UV_EHOSTDOWN:
            self = .unreachable(subject)
        case UV_ETIMEDOUT: self = .timedOut(subject)
        case UV_EADDRINUSE: self = .addressInUse(subject)
        case UV_EADDRNOTAVAIL: self = .addressNotAvailable(subject)
        case UV_EAI_NONAME, UV_EAI_NODATA, UV_EAI_ADDRFAMILY, UV_EAI_FAMILY:
            self = .noSuchHost(subject)
        case UV_EAI_AGAIN, UV_EAI_FAIL: self = .namesUnavailable(subject)
        case UV_EACCES, UV_EPERM: self = .permission(subject)
        case UV_ECONNRESET, UV_EPIPE, UV_ECONNABORTED: self = .connectionReset(subject)
        case UV_ENOENT, UV_ENOTDIR: self = .noSuchFile(subject)
        case UV_EMFILE, UV_ENFILE: self = .tooManyFiles(subject)
        default: self = .other(subject, reason: Self.reason(status))
        }
    }

    private static func reason(_ status: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        uv_strerror_r(status, &buffer, buffer.count)
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    public var code: String {
        switch self {
        case .refused: "loop.refused"
        case .unreachable: "loop.unreachable"
        case .timedOut: "loop.timed-out"
        case .addressInUse: "loop.address-in-use"
        case .addressNotAvailable: "loop.address-not-available"
        case .noSuchHost: "loop.no-such-host"
        case .namesUnavailable: "loop.names-unavailable"
        case .permission: "loop.permission"
        case .connectionReset: "loop.connection-reset"
        case .noSuchFile: "loop.no-such-file"
        case .tooManyFiles: "loop.too-many-files"
        case .badAddress: "loop.bad-address"
        case .other: "loop.system"
        }
    }

    public var what: String {
        switch self {
        case .refused(let subject): "\(subject): connection refused"
        case .unreachable(let subject): "\(subject): no route there"
        case .timedOut(let subject): "\(subject): timed out"
        case .addressInUse(let subject): "\(subject): address already in use"
        case .addressNotAvailable(let subject): "\(subject): not an address of this machine"
        case .noSuchHost(let subject): "\(subject): no such host"
        case .namesUnavailable(let subject): "\(subject): the name service gave no answer"
        case .permission(let subject): "\(subject): permission denied"
        case .connectionReset(let subject): "\(subject): connection broken by the other side"
        case .noSuchFile(let subject): "\(subject): no such file"
        case .tooManyFiles(let subject): "\(subject): too many open files"
        case .badAddress(let text): "'\(text)' is not HOST:PORT"
        case .other(let subject, let reason): "\(subject): \(reason)"
        }
    }

    public var hint: String? {
        switch self {
        case .refused: "is the daemon running there, and is the port right?"
        case .unreachable: "check the network, and whether the address is right"
        case .timedOut: "a firewall may drop the packets; check address and port"
        case .addressInUse: "another process listens there; stop it, or choose another port"
        case .addressNotAvailable: "listen on 0.0.0.0 or [::], or on an address of this machine"
        case .noSuchHost: "check the spelling of the host name"
        case .namesUnavailable: "check the machine's name servers"
        case .permission: "ports below 1024 need a privilege; choose a higher one"
        case .tooManyFiles: "raise the limit of open files (ulimit -n, LimitNOFILE=)"
        case .badAddress: "write name:7447, 10.0.0.1:7447 or [2001:db8::1]:7447"
        case .connectionReset, .noSuchFile, .other: nil
        }
    }

    public var exitStatus: Int32 {
        switch self {
        case .badAddress: 64
        case .refused, .unreachable, .timedOut, .addressInUse, .addressNotAvailable, .noSuchHost,
            .namesUnavailable, .permission, .connectionReset, .noSuchFile, .tooManyFiles, .other:
            1
        }
    }

    public var description: String { "\(what) (\(code))" }
}
