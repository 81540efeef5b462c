// Room:  Transport (floor 2).
// Task:  the bounds that keep a node alive among strangers. All are our own guesses.
// May:   Wire.
// Proof: Tests/TransportTests/RefusalTests.swift, BackPressureTests.swift

import Wire

public struct TransportLimits: Sendable {
    /// From the connection's arrival to the end of the handshake.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Incoming handshakes at once; a refused one counts until it is gone.
    public var handshakesInFlight = 64
    /// The same from one address (IPv4, or an IPv6 network of 64 bits).
    public var handshakesInFlightPerAddress = 8
    /// What a peer may send before the handshake is over.
    public var handshakeBytes = 65_536
    /// The longest message until `raiseMessageLimit`.
    public var helloFrameLimit = FrameLimits.beforeHello
    /// How much encrypted output may wait for the socket; the rest stays in the queue of frames.
    public var bufferedOutgoing = 262_144
    /// How many bytes of control messages may wait; beyond that the peer is too slow.
    public var queuedControl = 262_144
    /// How long `close` goes on sending.
    public var closeTimeout: Duration = .seconds(1)
    /// Refusals of one address are told at most this often.
    public var refusalInterval: Duration = .seconds(60)
    /// How many addresses are remembered for that.
    public var refusalTable = 256

    public init() {}
}

/// What an endpoint has met since it was made.
public struct TransportCounters: Sendable, Equatable {
    public var accepted: UInt64 = 0
    public var handshakes: UInt64 = 0
    public var strangers: UInt64 = 0
    public var expelled: UInt64 = 0
    public var wrongKeys: UInt64 = 0
    public var badCertificates: UInt64 = 0
    public var tlsVersion: UInt64 = 0
    public var otherProtocol: UInt64 = 0
    public var garbage: UInt64 = 0
    public var abandoned: UInt64 = 0
    public var timeouts: UInt64 = 0
    public var tooMany: UInt64 = 0
    public var refusedByPeers: UInt64 = 0
    public var violations: UInt64 = 0
    public var tooSlow: UInt64 = 0
    public var other: UInt64 = 0

    mutating func count(_ error: TransportError) {
        switch error {
        case .stranger: strangers += 1
        case .expelled: expelled += 1
        case .wrongKey, .ourselves: wrongKeys += 1
        case .noCertificate, .badCertificate: badCertificates += 1
        case .tlsVersion: tlsVersion += 1
        case .otherProtocol: otherProtocol += 1
        case .garbage: garbage += 1
        case .abandoned, .cutOff: abandoned += 1
        case .handshakeTimeout: timeouts += 1
        case .tooManyHandshakes: tooMany += 1
        case .refusedByPeer: refusedByPeers += 1
        case .violation: violations += 1
        case .tooSlow: tooSlow += 1
        case .network, .tls, .setup: other += 1
        }
    }
}

/// The answer to "may this key come in?".
public enum Admission: Sendable, Equatable {
    case admitted
    case refused(Refusal)

    public enum Refusal: Sendable, Equatable {
        case stranger
        case expelled
    }
}
