// Room:  Simulation (floor 5, pure).
// Task:  a node whose loss is its distance from a target of its own, so that the optimum is known.
// May:   Gossip, Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Gossip
import Model

/// Minimises `|x - target|^2 / 2` by steps with a little noise. The optimum of a federation is the
/// weighted mean of the targets.
public struct QuadraticTrainer: SimulatedTrainer {
    /// `[d]`.
    public let target: [Float]
    public let rate: Float
    var generator: SeededGenerator

    /// - seed: of the noise of the gradients, uniform and within 0.01.
    public init(target: [Float], rate: Float, seed: UInt64) {
        self.target = target
        self.rate = rate
        generator = SeededGenerator(seed: seed)
    }

    public mutating func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome {
        var x = parameters
        var mean = [Double](repeating: 0, count: x.count)
        var loss = 0.0
        for _ in 0..<steps {
            for i in x.indices {
                let noise = Float(generator.uniform() - 0.5) * 0.02
                let gradient = x[i] - target[i] + noise
                loss += Double(gradient * gradient) / 2
                mean[i] += Double(gradient) / Double(steps)
                x[i] -= rate * (gradient - correction[i])
            }
        }
        return TrainingOutcome(
            delta: zip(x, parameters).map { $0 - $1 }, steps: steps, samples: UInt64(steps),
            loss: loss / Double(steps), gradientNorm: mean.reduce(0) { $0 + $1 * $1 }.squareRoot(),
            rate: rate)
    }
}
