// Room:  HTTP (floor 2).
// Task:  what can go wrong with the local interface, on both sides of the socket.
// May:   Glibc.
// Proof: Tests/HTTPTests/ListeningTests.swift, Tests/HTTPTests/LocalClientTests.swift

import Glibc

/// Has the four properties of `Fault`; the room that may see both adds the conformance.
public enum HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    // Listening.

    /// Somebody answers on the socket or port already.
    case addressInUse(String)
    /// The path is taken by something that is no socket; it is left alone.
    case notASocket(path: String)
    /// A system call failed.
    case system(String, reason: String)

    // Both.

    /// The path of a Unix socket has at most 107 bytes.
    case pathTooLong(String)
    /// No right to make, or to connect to, the socket.
    case permission(String)

    // Asking.

    /// There is no socket at this path: the daemon has never run here, or has left in order.
    case noSocket(path: String)
    /// The socket is there, but nobody listens: the daemon was killed.
    case refused(path: String)
    /// No byte moved for this long.
    case timedOut(String, after: Duration)
    /// The connection ended before the reply was whole.
    case disconnected(String)
    /// The reply is not HTTP, or longer than the caller wants.
    case badReply(String, reason: String)
    /// The caller's method or path cannot stand in a request line.
    case badRequest(String)

    public var code: String {
        switch self {
        case .addressInUse: "http.address-in-use"
        case .notASocket: "http.not-a-socket"
        case .system: "http.system"
        case .pathTooLong: "http.path-too-long"
        case .permission: "http.permission"
        case .noSocket: "http.no-socket"
        case .refused: "http.refused"
        case .timedOut: "http.timed-out"
        case .disconnected: "http.disconnected"
        case .badReply: "http.bad-reply"
        case .badRequest: "http.bad-request"
        }
    }

    public var what: String {
        switch self {
        case .addressInUse(let place): "listen on \(place): somebody answers there already"
        case .notASocket(let path): "listen on \(path): there is a file that is not a socket"
        case .system(let subject, let reason): "\(subject): \(reason)"
        case .pathTooLong(let path):
            "socket path of \(path.utf8.count) bytes, the system allows 107: \(path)"
        case .permission(let subject): "\(subject): permission denied"
        case .noSocket(let path): "no daemon at \(path): no such socket"
        case .refused(let path): "no daemon at \(path): nobody answers on the socket"
        case .timedOut(let subject, let limit): "\(subject): nothing came for \(limit)"
        case .disconnected(let subject): "\(subject): the daemon closed the connection"
        case .badReply(let subject, let reason): "\(subject): \(reason)"
        case .badRequest(let line): "not a request: '\(line)'"
        }
    }

    public var hint: String? {
        switch self {
        case .addressInUse: "stop the other process, or choose another path or port"
        case .notASocket: "move the file away, or choose another path"
        case .pathTooLong: "choose a state folder with a shorter path"
        case .permission: "run as the user who runs the daemon"
        case .noSocket, .refused: "start the daemon with `starling run`, or name its state folder"
        case .timedOut: "the daemon may be busy or stopped; see its log"
        case .disconnected: "the daemon may be stopping; see its log"
        case .system, .badReply, .badRequest: nil
        }
    }

    public var exitStatus: Int32 {
        switch self {
        case .permission: 77
        case .pathTooLong: 78
        case .badRequest: 64
        case .addressInUse, .notASocket, .system, .noSocket, .refused, .timedOut, .disconnected,
            .badReply:
            1
        }
    }

    public var description: String { "\(what) (\(code))" }

    /// Names an error number of the system.
    static func failed(_ subject: String, _ number: Int32 = errno) -> HTTPError {
        switch number {
        case EACCES, EPERM: return .permission(subject)
        case EADDRINUSE: return .addressInUse(subject)
        default:
            var text = [CChar](repeating: 0, count: 128)
            strerror_r(number, &text, text.count)
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return .system(subject, reason: String(decoding: bytes, as: UTF8.self))
        }
    }
}
