// Room:  Simulation (floor 5, pure).
// Task:  everything that is given before a world starts.
// May:   Codec, Gossip, Membership.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Codec
import Gossip
import Membership

/// One node of a world to be.
public struct NodePlan: Sendable {
    public var weight: Float
    /// Virtual seconds that a round of training takes, give or take a fifth.
    public var roundSeconds: Double
    public var trainer: any SimulatedTrainer
    /// Where its parameters start; nil: at genesis, as all daemons do.
    public var start: [Float]?
    /// Virtual seconds after which it starts for the first time; nil: as the faults draw it.
    public var startsAfter: Double?

    public init(
        weight: Float = 1, roundSeconds: Double, trainer: any SimulatedTrainer,
        start: [Float]? = nil
    ) {
        self.weight = weight
        self.roundSeconds = roundSeconds
        self.trainer = trainer
        self.start = start
    }
}

/// A world to be. The same plan is the same run, to the bit.
public struct WorldPlan: Sendable {
    public var seed: UInt64
    /// `[d]`.
    public var genesis: [Float]
    public var codec: DeltaCodec
    /// Of every node, but for its weight.
    public var gossip: GossipSettings
    public var membership: MembershipSettings
    public var nodes: [NodePlan]
    public var faults: Faults
    /// Virtual seconds of one piece of work over the vectors.
    public var workSeconds = 0.0002
    /// No parameter of any node may come farther from zero: nothing diverges. nil: not looked at.
    public var reach: Float?
    /// A deliberate bug, for tests of the laws themselves.
    var canary: Canary?

    public init(
        seed: UInt64, genesis: [Float], codec: DeltaCodec, gossip: GossipSettings,
        membership: MembershipSettings = MembershipSettings(), nodes: [NodePlan],
        faults: Faults = Faults()
    ) {
        self.seed = seed
        self.genesis = genesis
        self.codec = codec
        self.gossip = gossip
        self.membership = membership
        self.nodes = nodes
        self.faults = faults
    }
}
