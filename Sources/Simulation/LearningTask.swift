// Room:  Simulation (floor 5, pure).
// Task:  one learning task dealt to nodes, the same for every method that is compared.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/ComparisonTests.swift

import Learning
import Model

/// One learning task dealt to nodes: all that any method (Starling, FedAvg, …) trains on.
public struct LearningTask: Sendable {
    public var architecture: Architecture
    /// Each node's own rows, standardised; at least one row each.
    public var sites: [Dataset]
    /// Standardised rows that no node has seen; at least one.
    public var test: Dataset
    public var hyperparameters: Hyperparameters
    public var rounds: Int
    /// Local steps a round.
    public var steps: Int
    /// `[d]`, where every node starts.
    public var genesis: [Float]
    /// What each site draws its batches by.
    public var siteSeeds: [UInt64]

    public var nodes: Int { sites.count }

    /// - sites: one dataset a node, none empty, as wide as the architecture's inputs.
    /// - test: not empty.
    /// - rounds, steps: at least 1.
    /// - genesis: as long as the architecture has parameters.
    /// - siteSeeds: one a node.
    public init(
        architecture: Architecture, sites: [Dataset], test: Dataset,
        hyperparameters: Hyperparameters, rounds: Int, steps: Int, genesis: [Float],
        siteSeeds: [UInt64]
    ) {
        precondition(!sites.isEmpty, "a task needs a node")
        precondition(sites.allSatisfy { $0.rows >= 1 }, "a node has nothing to learn from")
        precondition(test.rows >= 1, "nothing to measure on")
        precondition(rounds >= 1 && steps >= 1, "at least one round of one step")
        precondition(genesis.count == architecture.layout.count, "the genesis has another size")
        precondition(siteSeeds.count == sites.count, "one seed a node")
        self.architecture = architecture
        self.sites = sites
        self.test = test
        self.hyperparameters = hyperparameters
        self.rounds = rounds
        self.steps = steps
        self.genesis = genesis
        self.siteSeeds = siteSeeds
    }
}
