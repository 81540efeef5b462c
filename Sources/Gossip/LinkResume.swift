// Room:  Gossip (pure core).
// Task:  how the two ends of a link go on after a new connection, decided alike at both.
// May:   nothing.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/LinkResumeTests.swift

/// Where one end of a link stands; both ends send theirs in the first frame.
public struct LinkStanding: Equatable, Sendable {
    public var epoch: UInt64
    /// `n`: the next exchange to be applied.
    public var exchange: UInt64
    /// Of `s`.
    public var digest: UInt64
    /// Of `s` before the last applied exchange; 0 before the first.
    public var previousDigest: UInt64
    /// An own delta of `n` has been sent, and is kept until the exchange is applied.
    public var pending: Bool
    /// The own delta of `n - 1` is still held, so that a peer who lacks it can have it.
    public var holdsPrevious: Bool
    /// Exchanges before this one do not count in the ledger; nil: the ledger is closed.
    public var ledgerFrom: UInt64?

    public init(
        epoch: UInt64, exchange: UInt64, digest: UInt64, previousDigest: UInt64, pending: Bool,
        holdsPrevious: Bool, ledgerFrom: UInt64?
    ) {
        self.epoch = epoch
        self.exchange = exchange
        self.digest = digest
        self.previousDigest = previousDigest
        self.pending = pending
        self.holdsPrevious = holdsPrevious
        self.ledgerFrom = ledgerFrom
    }
}

/// What both ends do, computed by each from the two standings. Symmetric but for who opens.
public enum LinkResume: Equatable, Sendable {
    /// Go on where the link stopped. `freshLedger`: both ledgers start anew, at 0, and exchanges
    /// before that one do not count, since one of the ends has applied them already.
    case goOn(freshLedger: UInt64?)
    /// The ends do not agree: the lower node ID makes a new reference, the higher one waits for it.
    case newEpoch(UInt64)

    /// An exchange is resumed only if it can be ended *exactly once*: both ends stand at the same
    /// `n` on the same reference, or one is ahead by the exchange that the other still has open,
    /// with the very delta that the one ahead has applied.
    public static func decide(own: LinkStanding, peer: LinkStanding) -> LinkResume {
        guard own.epoch == peer.epoch, continues(own, peer) else {
            return .newEpoch(max(own.epoch, peer.epoch) + 1)
        }
        if let ledger = own.ledgerFrom, ledger == peer.ledgerFrom {
            return .goOn(freshLedger: nil)
        }
        return .goOn(freshLedger: max(own.exchange, peer.exchange))
    }

    private static func continues(_ a: LinkStanding, _ b: LinkStanding) -> Bool {
        if a.exchange == b.exchange { return a.digest == b.digest }
        let (behind, ahead) = a.exchange < b.exchange ? (a, b) : (b, a)
        return behind.exchange + 1 == ahead.exchange && behind.pending && ahead.holdsPrevious
            && ahead.previousDigest == behind.digest
    }
}
