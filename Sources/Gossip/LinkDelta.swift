// Room:  Gossip (pure core).
// Task:  the words of an exchange: a link's name, what one end says, and the numbers it says.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/ExchangeTests.swift

/// A link, as its own node names it. The caller maps it to a peer.
public struct LinkID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    public static func < (a: LinkID, b: LinkID) -> Bool { a.rawValue < b.rawValue }
    public var description: String { "link \(rawValue)" }
}

/// What a delta says beside its payload. All finite.
public struct Terms: Equatable, Sendable {
    /// `R = |x - s|^2`, at least 0.
    public var before: Double
    /// `E = |x - s - q|^2`, at least 0.
    public var after: Double
    /// `h`: running mean of local steps between exchanges on any link.
    public var stepsBetween: Float
    /// `v`: running mean of the moves that hit `x` while an own delta was out.
    public var overlap: Float
    /// Learning rate of the local steps, above 0.
    public var rate: Float
    /// `w`, above 0.
    public var weight: Float
    /// Of the guard: the most that this exchange may add to the correction; 0 while settling.
    public var cap: Float
    /// Of the guard: 0 while the model still leaps, 1 when it does not.
    public var near: Float

    public init(
        before: Double, after: Double, stepsBetween: Float, overlap: Float, rate: Float,
        weight: Float, cap: Float, near: Float
    ) {
        self.before = before
        self.after = after
        self.stepsBetween = stepsBetween
        self.overlap = overlap
        self.rate = rate
        self.weight = weight
        self.cap = cap
        self.near = near
    }
}

/// One end's part of exchange `exchange` in `epoch`.
public struct LinkDelta: Equatable, Sendable {
    public var epoch: UInt64
    public var exchange: UInt64
    /// Resent because the peer lacks it. An answer is never answered.
    public var isAnswer: Bool
    /// As the codec wrote it; empty when this end has nothing to say.
    public var payload: [UInt8]
    public var terms: Terms
    /// Digest of the reference before this exchange.
    public var digest: UInt64

    public init(
        epoch: UInt64, exchange: UInt64, isAnswer: Bool = false, payload: [UInt8], terms: Terms,
        digest: UInt64
    ) {
        self.epoch = epoch
        self.exchange = exchange
        self.isAnswer = isAnswer
        self.payload = payload
        self.terms = terms
        self.digest = digest
    }
}

/// A new reference for a link, from the end with the lower node ID.
public struct LinkReference: Equatable, Sendable {
    public var epoch: UInt64
    /// `s - genesis` as the codec wrote it; nil: `s` is genesis.
    public var payload: [UInt8]?
    /// Digest of the new `s`.
    public var digest: UInt64

    public init(epoch: UInt64, payload: [UInt8]?, digest: UInt64) {
        self.epoch = epoch
        self.payload = payload
        self.digest = digest
    }
}
