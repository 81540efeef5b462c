// Room:  SimulationTests.
// Task:  a learning task small enough for a test: points around three corners of a square.
// May:   Simulation, Learning, Model.
// Proof: itself; used by the tests of the compared methods

import Learning
import Model
import Simulation

enum TinyTask {
    /// Three noisy classes in the plane, dealt so that each node sees two of them, unevenly.
    static func make(
        nodes: Int, rounds: Int = 6, steps: Int = 3, momentum: Float = 0, seed: UInt64 = 1
    ) throws -> LearningTask {
        let architecture = try Architecture(sizes: [2, 4, 3])
        let root = SeededGenerator(seed: seed)
        let sites = (0..<nodes).map { node in
            points(
                6 + node, classes: [node % 3, (node + 1) % 3],
                generator: root.derived(UInt64(node)))
        }
        return LearningTask(
            architecture: architecture, sites: sites,
            test: points(60, classes: [0, 1, 2], generator: root.derived(1_000_000)),
            hyperparameters: Hyperparameters(batch: 4, rate: 0.2, momentum: momentum),
            rounds: rounds, steps: steps, genesis: architecture.genesis(seed: seed),
            siteSeeds: (0..<nodes).map { seed &* 1000 &+ UInt64($0) })
    }

    static func settings(
        _ task: LearningTask, target: Double? = nil, seed: UInt64 = 9, exchanges: Int = 2,
        view: Int = 3, weights: [Double]? = nil
    ) -> ComparisonSettings {
        ComparisonSettings(
            target: target, seed: seed, exchanges: exchanges, view: view,
            roundSeconds: (0..<task.nodes).map { 1 + Double($0) / 4 }, delay: 0.125,
            weights: weights ?? [Double](repeating: 1, count: task.nodes))
    }

    private static func points(
        _ rows: Int, classes: [Int], generator: SeededGenerator
    ) -> Dataset {
        var generator = generator
        let corners: [(Float, Float)] = [(-1, -1), (1, -1), (-1, 1)]
        var inputs: [Float] = []
        var labels: [Int32] = []
        for row in 0..<rows {
            let label = classes[row % classes.count]
            inputs.append(corners[label].0 + Float(generator.uniform() - 0.5))
            inputs.append(corners[label].1 + Float(generator.uniform() - 0.5))
            labels.append(Int32(label))
        }
        return Dataset(features: 2, inputs: inputs, labels: labels)
    }
}
