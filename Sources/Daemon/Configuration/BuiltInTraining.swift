// Room:  Daemon (floor 5).
// Task:  what the built-in trainer learns from: its rows, its numbers, what is its own.
// May:   Federation, Learning, Model.
// Proof: Tests/DaemonTests/PreparationTests.swift

import Federation
import Learning
import Model

/// All that a built-in kind of model needs besides the parameters.
public struct BuiltInTraining: Sendable {
    public let architecture: Architecture
    /// What is gossiped, and what never leaves the node.
    public let split: TensorSplit
    /// Of the node's own tensors, where it starts.
    public let ownGenesis: [Float]
    /// Standardised as the federation says, at least one row.
    public let training: Dataset
    /// Standardised likewise; no row where nothing is held out.
    public let holdout: Dataset
    public let hyperparameters: Hyperparameters

    /// - start: the whole model's genesis.
    init(
        _ configuration: Configuration, _ federation: FederationFile, _ split: TensorSplit,
        start: [Float], seed: UInt64
    ) throws {
        guard let architecture = federation.architecture else {
            preconditionFailure("only a built-in kind of model is split")
        }
        guard let source = configuration.data else {
            throw ConfigurationError.noData(
                kind: federation.model.kindName, configuration: configuration.file)
        }
        self.architecture = architecture
        self.split = split
        ownGenesis = split.own(of: start)
        let data = try LabelledData.read(source, federation, architecture)
        let (training, holdout) = data.holdingOut(share: source.holdout, seed: seed)
        (self.training, self.holdout) = LabelledData.standardised(
            training: training, others: holdout, as: federation)
        for part in [self.training, self.holdout] where !part.inputs.allSatisfy(\.isFinite) {
            throw ConfigurationError.standardisedNotFinite(file: source.file)
        }
        let agreed = federation.training
        hyperparameters = Hyperparameters(
            batch: configuration.batch ?? agreed.batch,
            rate: Float(configuration.rate ?? agreed.rate), momentum: Float(agreed.momentum),
            weightDecay: Float(agreed.weightDecay), schedule: Schedule(agreed.schedule))
    }
}
