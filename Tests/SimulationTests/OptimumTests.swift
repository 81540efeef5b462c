// Room:  SimulationTests.
// Task:  the true optimum of a convex task, and that gossip ends there.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Testing

@testable import Simulation

@Suite struct OptimumTests {
    private func tumours(
        rounds: Int = 500, weightDecay: Float = 0.01
    ) throws -> LearningTask {
        let (train, test) = DemoData.split(DemoData.tumours().dataset)
        let scale = Standardisation.measured(on: train)
        var generator = SeededGenerator(seed: 2)
        let parts = Partition.skewed.split(labels: train.labels, nodes: 4, generator: &generator)
        let architecture = try Architecture(sizes: [30, 2])
        return LearningTask(
            architecture: architecture, sites: parts.map { scale.applied(to: train.subset($0)) },
            test: scale.applied(to: test),
            hyperparameters: Hyperparameters(batch: 0, rate: 0.2, weightDecay: weightDecay),
            rounds: rounds, steps: 10, genesis: architecture.genesis(seed: 1),
            siteSeeds: [1, 2, 3, 4])
    }

    @Test func at_the_optimum_the_trainers_weighted_gradients_cancel() throws {
        let task = try tumours()
        let weights = [1.0, 2, 0.5, 0]
        let optimum = Optimum(task, weights: weights)
        let x = optimum.parameters.map { Float($0) }
        var sum = [Double](repeating: 0, count: x.count)
        var size = 0.0
        for (site, weight) in zip(task.sites, weights) {
            var trainer = NetworkTrainer(
                architecture: task.architecture, data: site,
                hyperparameters: task.hyperparameters, seed: 1)
            let step = trainer.train(from: x, correction: [], steps: 1, rate: 1).delta
            for i in sum.indices {
                sum[i] += weight * Double(step[i])
                size += weight * Double(abs(step[i]))
            }
        }
        #expect(sum.reduce(0) { $0 + abs($1) } < 1e-4 * size)
        #expect(optimum.distance(of: [x, x], weights: [1, 3]) < 1e-6)
    }

    @Test func gossip_with_weights_ends_at_the_weighted_optimum() throws {
        let task = try tumours(rounds: 150, weightDecay: 0.05)
        let weights: [Float] = [1, 3, 0.5, 2]
        var settings = try #require(
            StarlingSettings(
                rounds: task.rounds, weights: weights,
                roundSeconds: [0.05, 0.1, 0.1, 0.2], seed: 4))
        settings.view = 3
        settings.agreement = 1e-4
        let report = StarlingRun.run(task, settings, progress: { _ in true })
        #expect(report.allFinished && report.violation == nil && report.stayed == [0, 1, 2, 3])
        let optimum = Optimum(task, weights: weights.map(Double.init))
        let distance = optimum.distance(of: report.parameters, weights: weights.map(Double.init))
        #expect(distance < 2e-3, "\(distance)")
        let unweighted = Optimum(task, weights: [1, 1, 1, 1])
        #expect(unweighted.distance(of: report.parameters, weights: [1, 1, 1, 1]) > 5e-3)
    }
}
