// Room:  Simulation (floor 5, pure).
// Task:  one node of the simulated world: the real core, its vectors, its work and its trainer.
// May:   Peer, Gossip, Membership, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Gossip
import Membership
import Peer

/// Trains in the simulator. A value: a checkpoint holds its state by copying it.
public protocol SimulatedTrainer: Sendable {
    mutating func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome
}

/// Has nothing to learn from: for worlds that only average.
struct IdleTrainer: SimulatedTrainer {
    func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome {
        TrainingOutcome(
            delta: Array(repeating: 0, count: parameters.count), steps: steps, samples: 0, loss: 0,
            gradientNorm: 0, rate: 1)
    }
}

/// A node that is up: the same types as the daemon's, driven by virtual time. A class, so that
/// looking at one does not copy its hundred fields; each belongs to one world.
final class SimulatedNode {
    var core: Peer
    var vectors: ParameterState
    var trainer: any SimulatedTrainer
    /// Work that waits, first first; the first one is under way.
    var work: [WorkItem] = []
    /// What the core's last `wake` asked for, by its own clock; an older tick is stale.
    var wake: Instant?
    /// Of the first item, once it has been done: always before the virtual time of its end.
    var done: Done?
    /// Whether the laws look at the vectors before and after the first item.
    var isLookedInto = false

    struct Done {
        let result: WorkResult
        /// `x` and the link's `s` before, where the laws look at them: a kept vector is copied
        /// when it changes.
        let before: [Float]
        let reference: [Float]
    }

    init(core: Peer, vectors: ParameterState, trainer: any SimulatedTrainer) {
        self.core = core
        self.vectors = vectors
        self.trainer = trainer
    }
}

/// What outlives a node's process.
struct NodeLife {
    /// Counts starts and stops, so that what an earlier life caused falls through.
    var number = 0
    var clock: SimulatedClock
    var disk: VirtualDisk
    /// Gone for good: nobody waits for it.
    var isGone = false
    /// Nothing happens at this node before then.
    var pausedUntil: UInt64 = 0
    /// Whether it ever came back with less than its peers had seen.
    var hasLostState = false
    /// Peers whose links were ever forgotten here, for lack of room. Only looked up in.
    var forgotten: Set<Int> = []
    /// Its ends of cables, in the order in which they were laid.
    var connections: [ConnectionID] = []
    /// The last deltas that came from each peer, for replays; only looked up in.
    var recent: [Int: [Parcel]] = [:]
}

extension [NodeLife] {
    /// Whether one of two nodes may lack what it shared with the other.
    func hasLost(_ a: Int, _ b: Int) -> Bool {
        self[a].hasLostState || self[b].hasLostState || self[a].forgotten.contains(b)
            || self[b].forgotten.contains(a)
    }
}
