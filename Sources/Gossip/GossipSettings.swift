// Room:  Gossip (pure core).
// Task:  what can be set of the gossip, with the measured defaults.
// May:   nothing.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/GossipControlTests.swift

/// The free numbers of one node's gossip.
///
/// Defaults marked "measured" are those of the design's experiments; see this room's README.
public struct GossipSettings: Equatable, Sendable {
    /// Rounds of local training; after the last one the node settles.
    public var rounds: UInt64
    /// A node that has done its rounds goes on training while others are still in theirs: else the
    /// last one to train would drag all to its own data. At most so many times `rounds` in all, so
    /// that a peer that hangs holds nobody for ever (our guess: more than speeds of 1:20 need; 4
    /// left nodes 13 to 27 % off where speeds were 1:10 and links were lost after that, measured).
    public var overtime: UInt64 = 25
    /// In its overtime a node waits so long for a lost peer that was still training; ten of its
    /// rounds at least (our guess).
    public var grace = Duration.seconds(5)
    /// Local steps a round. Small rounds (5 to 20) are better than long ones (measured).
    public var steps: Int
    /// Exchanges that a node starts a round (measured).
    public var exchanges: Int
    /// Exchanges of the node's own that may be in flight at once (measured: more diverge).
    public var startedInFlight = 2
    /// Whether the drift correction is on.
    public var correction = true
    /// `w`: 1, or the number of samples.
    public var weight: Float = 1
    /// Settle until the disagreement of every link is below this.
    public var agreement = 1e-3
    /// Below this many rounds a new reference is genesis, later a copy of `x` (our guess).
    public var youngRounds: UInt64 = 10
    /// References of parted peers that are kept at most, each `4 d` bytes in memory and in every
    /// checkpoint; the one that parted first is the first to be forgotten. Its peer and this node
    /// agree on a new one when they meet again, which costs about `d` bytes.
    public var keptReferences = Int.max
    /// The learning rate until the first round says its own.
    public var rate: Float
    /// A federation of one: trains by itself, has nobody to wait for or to settle with.
    public var isAlone = false

    /// Rounds are trained by somebody who comes and goes, and is not there at first.
    public var trainerIsOutside = false

    public init(rounds: UInt64, steps: Int, exchanges: Int = 2, rate: Float) {
        self.rounds = rounds
        self.steps = steps
        self.exchanges = exchanges
        self.rate = rate
    }
}
