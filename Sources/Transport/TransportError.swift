// Room:  Transport (floor 2).
// Task:  why a connection was not made, or is no more, in words.
// May:   EventLoop, Identity, Wire.
// Proof: Tests/TransportTests/RefusalTests.swift

import EventLoop
import Identity
import Wire

/// Reach: one connection, except `setup`, which is the node's own.
public enum TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The peer's key is on no roster.
    case stranger(NodeID)
    /// The peer's key was on the roster once.
    case expelled(NodeID)
    /// Who answers has another key than the one dialled for.
    case wrongKey(expected: NodeID, found: NodeID)
    /// The peer shows our own key: we dialled ourselves.
    case ourselves
    case noCertificate
    /// A certificate without an Ed25519 key.
    case badCertificate
    /// Not TLS 1.3.
    case tlsVersion
    /// TLS, but not ours: the peer does not offer `starling/1`.
    case otherProtocol
    /// Not TLS at all.
    case garbage
    /// Gone before the handshake was over.
    case abandoned
    case handshakeTimeout
    case tooManyHandshakes
    /// The peer refused us; what its alert says of why.
    case refusedByPeer(PeerRefusal)
    /// A frame or message that breaks the protocol.
    case violation(WireError)
    /// The connection ended without TLS's farewell.
    case cutOff
    /// The peer does not read, and more waits for it than we keep.
    case tooSlow
    case network(EventLoopError)
    /// Anything else that OpenSSL complains about.
    case tls(String)
    /// Our own key or OpenSSL cannot be used.
    case setup(String)

    public var code: String {
        switch self {
        case .stranger: "transport.stranger"
        case .expelled: "transport.expelled"
        case .wrongKey: "transport.wrong-key"
        case .ourselves: "transport.ourselves"
        case .noCertificate: "transport.no-certificate"
        case .badCertificate: "transport.bad-certificate"
        case .tlsVersion: "transport.tls-version"
        case .otherProtocol: "transport.other-protocol"
        case .garbage: "transport.garbage"
        case .abandoned: "transport.abandoned"
        case .handshakeTimeout: "transport.handshake-timeout"
        case .tooManyHandshakes: "transport.too-many-handshakes"
        case .refusedByPeer: "transport.refused-by-peer"
        case .violation(let error): error.code
        case .cutOff: "transport.cut-off"
        case .tooSlow: "transport.too-slow"
        case .network(let error): error.code
        case .tls: "transport.tls"
        case .setup: "transport.setup"
        }
    }

    public var what: String {
        switch self {
        case .stranger(let id): "\(id) is not a member of the federation"
        case .expelled(let id): "\(id) was expelled from the federation"
        case .wrongKey(let expected, let found):
            "expected the key of \(expected.short), got that of \(found)"
        case .ourselves: "the address leads to this node itself"
        case .noCertificate: "the peer shows no certificate that we could take"
        case .badCertificate: "the peer's certificate has no Ed25519 key"
        case .tlsVersion: "the peer does not speak TLS 1.3"
        case .otherProtocol: "the peer speaks TLS but not starling/1"
        case .garbage: "the peer does not speak TLS"
        case .abandoned: "the peer left during the handshake"
        case .handshakeTimeout: "the handshake took too long"
        case .tooManyHandshakes: "too many handshakes at once"
        case .refusedByPeer(let refusal): "the peer refused us: \(refusal)"
        case .violation(let error): error.what
        case .cutOff: "the connection broke off"
        case .tooSlow: "the peer does not read what it is sent"
        case .network(let error): error.what
        case .tls(let reason): "TLS: \(reason)"
        case .setup(let reason): "TLS cannot be set up: \(reason)"
        }
    }

    public var hint: String? {
        switch self {
        case .stranger: "if it should take part, all nodes need a federation file that names it"
        case .wrongKey: "compare address and node ID of this peer with its operator"
        case .ourselves: "correct the addresses in the federation file"
        case .otherProtocol, .garbage: "is it a starling daemon that listens on that port?"
        case .handshakeTimeout: "something listens there, but does not answer as a daemon does"
        case .refusedByPeer(.unknownKey):
            "is this node's ID in the federation file over there? see `starling id`"
        case .refusedByPeer(.otherKeyExpected): "the peer looked for another node at our address"
        case .violation(let error): error.hint
        case .network(let error): error.hint
        case .expelled, .noCertificate, .badCertificate, .tlsVersion, .abandoned,
            .tooManyHandshakes, .refusedByPeer, .cutOff, .tooSlow, .tls, .setup:
            nil
        }
    }

    /// By sysexits: 77 where a key is not trusted.
    public var exitStatus: Int32 {
        switch self {
        case .stranger, .expelled, .wrongKey, .noCertificate, .badCertificate, .refusedByPeer: 77
        case .ourselves: 78
        case .tlsVersion, .otherProtocol, .garbage, .abandoned, .handshakeTimeout,
            .tooManyHandshakes, .violation, .cutOff, .tooSlow, .network, .tls, .setup:
            1
        }
    }

    public var description: String { "\(what) (\(code))" }
}

/// What a peer's alert says (RFC 8446 §6.2). Its cases match what our own side sends.
public enum PeerRefusal: Sendable, Hashable, CustomStringConvertible {
    case unknownKey
    case expelled
    case otherKeyExpected
    case noCertificate
    case tlsVersion
    case otherProtocol
    case other(alert: Int32)

    init(alert: Int32) {
        self =
            switch alert {
            case 48: .unknownKey
            case 44: .expelled
            case 42: .otherKeyExpected
            case 116: .noCertificate
            case 70: .tlsVersion
            case 120: .otherProtocol
            default: .other(alert: alert)
            }
    }

    public var description: String {
        switch self {
        case .unknownKey: "it does not know this node's key"
        case .expelled: "this node was expelled"
        case .otherKeyExpected: "it expected another key"
        case .noCertificate: "it saw no certificate"
        case .tlsVersion: "no common TLS version"
        case .otherProtocol: "it does not speak starling/1"
        case .other(let alert): "alert \(alert)"
        }
    }
}

/// How a connection ended; told once.
public enum CloseReason: Sendable, Equatable {
    /// By the peer, in order (most often after a farewell).
    case ended
    case failed(TransportError)
    /// By `close`.
    case closedHere
}
