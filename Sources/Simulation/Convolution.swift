// Room:  Simulation (floor 5, pure).
// Task:  a small convolutional net for the simulator alone: another shape of loss than the
//        built-in networks have.
// May:   Gossip, Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/ConvolutionTests.swift

import Gossip
import Learning
import Model

/// 8 × 8 inputs, eight 3 × 3 filters, ReLU, the greatest of each 2 × 2, dense to ten classes:
/// d = 810.
struct Convolution: Sendable {
    static let side = 8
    static let channels = 8
    static let classes = 10
    private static let out = side - 2
    private static let pooled = out / 2
    private static let features = pooled * pooled * channels
    // Where the tensors begin.
    private static let filterBias = 9 * channels
    private static let dense = filterBias + channels
    private static let denseBias = dense + features * classes
    static let count = denseBias + classes

    static var layout: ParameterLayout {
        do {
            return try ParameterLayout([
                ("filter.weight", [9, channels]), ("filter.bias", [channels]),
                ("dense.weight", [features, classes]), ("dense.bias", [classes]),
            ])
        } catch {
            preconditionFailure("four tensors are a layout: \(error)")
        }
    }

    /// He's normal weights below the ReLU, `1/sqrt(n)` at the output, biases zero.
    static func genesis(seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        var parameters = [Float](repeating: 0, count: count)
        for i in 0..<filterBias {
            parameters[i] = Float((2.0 / 9).squareRoot() * generator.normal())
        }
        for i in dense..<denseBias {
            parameters[i] = Float((1 / Double(features)).squareRoot() * generator.normal())
        }
        return parameters
    }

    /// Of the last row: the greatest of each 2 × 2 (channel last), its place among the 36, and
    /// the classes' shares.
    private var greatest = [Float](repeating: 0, count: features)
    private var place = [Int](repeating: 0, count: features)
    private(set) var shares = [Float](repeating: 0, count: classes)

    /// - input: 64 numbers from `at` on.
    /// - Complexity: O(36 · 9 · 8).
    mutating func forward(_ x: [Float], _ input: [Float], at start: Int) {
        for i in 0..<Self.features { greatest[i] = 0 }
        for row in 0..<Self.out {
            for column in 0..<Self.out {
                let pool = (row / 2 * Self.pooled + column / 2) * Self.channels
                for channel in 0..<Self.channels {
                    var sum = x[Self.filterBias + channel]
                    for tap in 0..<9 {
                        let pixel = (row + tap / 3) * Self.side + column + tap % 3
                        sum += x[tap * Self.channels + channel] * input[start + pixel]
                    }
                    // Starting at 0, the greatest is ReLU's too.
                    if sum > greatest[pool + channel] {
                        greatest[pool + channel] = sum
                        place[pool + channel] = row * Self.out + column
                    }
                }
            }
        }
        for label in 0..<Self.classes { shares[label] = x[Self.denseBias + label] }
        for feature in 0..<Self.features where greatest[feature] > 0 {
            let weights = Self.dense + feature * Self.classes
            for label in 0..<Self.classes {
                shares[label] += greatest[feature] * x[weights + label]
            }
        }
        let top = shares.max() ?? 0
        var sum = 0.0
        for label in 0..<Self.classes {
            let share = Elementary.exp(Double(shares[label] - top))
            shares[label] = Float(share)
            sum += share
        }
        for label in 0..<Self.classes { shares[label] = Float(Double(shares[label]) / sum) }
    }

    /// Adds the gradient of the row that went forward last, times `scale`.
    func backward(
        _ x: [Float], _ input: [Float], at start: Int, label: Int, scale: Float,
        into gradient: inout [Float]
    ) {
        var errors = shares
        errors[label] -= 1
        for i in 0..<Self.classes {
            errors[i] *= scale
            gradient[Self.denseBias + i] += errors[i]
        }
        for feature in 0..<Self.features where greatest[feature] > 0 {
            let weights = Self.dense + feature * Self.classes
            var back: Float = 0
            for i in 0..<Self.classes {
                back += errors[i] * x[weights + i]
                gradient[weights + i] += errors[i] * greatest[feature]
            }
            let channel = feature % Self.channels
            gradient[Self.filterBias + channel] += back
            let (row, column) = (place[feature] / Self.out, place[feature] % Self.out)
            for tap in 0..<9 {
                let pixel = (row + tap / 3) * Self.side + column + tap % 3
                gradient[tap * Self.channels + channel] += back * input[start + pixel]
            }
        }
    }

    /// The share of rows that are classified rightly.
    static func accuracy(_ parameters: [Float], _ data: Dataset) -> Double {
        var net = Convolution()
        var right = 0
        for row in 0..<data.rows {
            net.forward(parameters, data.inputs, at: row * data.features)
            let top = net.shares.max() ?? 0
            if net.shares.firstIndex(of: top) == Int(data.labels[row]) { right += 1 }
        }
        return Double(right) / Double(max(data.rows, 1))
    }
}

/// Minibatch SGD on a `Convolution`, step for step as `NetworkTrainer` does it.
struct ConvolutionTrainer: SimulatedTrainer {
    let data: Dataset
    let hyperparameters: Hyperparameters
    let rounds: Int
    private var generator: SeededGenerator
    private var velocity: [Float]
    private var net = Convolution()

    init(data: Dataset, hyperparameters: Hyperparameters, rounds: Int, seed: UInt64) {
        self.data = data
        self.hyperparameters = hyperparameters
        self.rounds = rounds
        generator = SeededGenerator(seed: seed)
        velocity = [Float](repeating: 0, count: Convolution.count)
    }

    mutating func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome {
        let rate = hyperparameters.rate(round: Int(clamping: round), of: rounds)
        let scale = 1 / Float(hyperparameters.batch)
        var x = parameters
        var sum = [Float](repeating: 0, count: x.count)
        var loss = 0.0
        for _ in 0..<steps {
            var gradient = [Float](repeating: 0, count: x.count)
            for _ in 0..<hyperparameters.batch {
                let row = generator.below(data.rows)
                let label = Int(data.labels[row])
                net.forward(x, data.inputs, at: row * data.features)
                loss -= Elementary.log(max(Double(net.shares[label]), 1e-30)) * Double(scale)
                net.backward(
                    x, data.inputs, at: row * data.features, label: label, scale: scale,
                    into: &gradient)
            }
            for i in x.indices {
                sum[i] += gradient[i]
                velocity[i] =
                    hyperparameters.momentum * velocity[i] + (gradient[i] - correction[i])
                x[i] -= rate * velocity[i]
            }
        }
        let norm = sum.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() / Double(steps)
        return TrainingOutcome(
            delta: zip(x, parameters).map { $0 - $1 }, steps: steps,
            samples: UInt64(steps * hyperparameters.batch), loss: loss / Double(steps),
            gradientNorm: norm, rate: hyperparameters.effectiveRate(rate))
    }
}
