// Room:  Simulation (floor 5, pure).
// Task:  the daemon's built-in trainer as a trainer of the simulated world.
// May:   Gossip, Learning.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/StarlingRunTests.swift

import Gossip
import Learning

/// Trains one site of a task, as the daemon beside it would.
struct TaskTrainer: SimulatedTrainer {
    private var trainer: NetworkTrainer
    private let rounds: Int

    init(_ task: LearningTask, node: Int) {
        self.init(
            NetworkTrainer(
                architecture: task.architecture, data: task.sites[node],
                hyperparameters: task.hyperparameters, seed: task.siteSeeds[node]),
            rounds: task.rounds)
    }

    init(_ trainer: NetworkTrainer, rounds: Int) {
        self.trainer = trainer
        self.rounds = rounds
    }

    mutating func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome {
        let rate = trainer.hyperparameters.rate(round: Int(clamping: round), of: rounds)
        let result = trainer.train(
            from: parameters, correction: correction, steps: steps, rate: rate)
        return TrainingOutcome(
            delta: result.delta, steps: result.steps, samples: UInt64(result.samples),
            loss: result.isFinite ? result.loss : .nan, gradientNorm: result.gradientNorm,
            rate: trainer.hyperparameters.effectiveRate(rate))
    }
}
