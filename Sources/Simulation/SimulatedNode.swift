// Room:  Simulation (floor 5, pure).
// Task:  one node of the simulated world: the real core, its vectors, its work and its trainer.
// May:   Peer, Gossip, Codec, Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Gossip
import Membership
import Peer

/// What a virtual disk holds: both halves of one instant.
struct SimulatedCheckpoint {
    var gossip: SavedGossip
    var vectors: ParameterSnapshot
    var trainer: SimulatedTrainer
}

/// A node that is up: the same types as the daemon's, driven by virtual time.
struct SimulatedNode {
    var core: Peer
    var vectors: ParameterState
    var trainer: SimulatedTrainer
    /// Work that waits, first first; the first one is under way.
    var work: [WorkItem] = []
    /// The one tick that counts; an older one is stale.
    var wake: UInt64?
    /// The sum of all local steps that were added, weighted: what moves the sum over nodes.
    var added: [Double]
}

/// Trains in the simulator. A value: a checkpoint holds its state by copying it.
public protocol SimulatedTrainer: Sendable {
    mutating func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome
}
