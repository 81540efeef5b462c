// Room:  Simulation (floor 5, pure).
// Task:  the true optimum of a convex task, and how far from it a run has ended.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/OptimumTests.swift

import Learning
import Model

/// Where the weighted mean of all sites' losses is least: logistic regression with weight decay,
/// which is strongly convex, in Double and by its own arithmetic, not the trainer's.
///
/// - Source: Nesterov's accelerated gradient with constant momentum, for strongly convex functions
///   (Nesterov 2004, §2.2.1, constant step scheme III).
public struct Optimum: Sendable {
    /// The gradient's norm, relative to its norm at 0, at which the search ends.
    static let precision = 1e-10
    static let mostSteps = 200_000

    /// `[d]`.
    public let parameters: [Double]

    /// - task: logistic regression (two sizes) with weight decay above 0.
    /// - weights: one a node, none negative, not all 0: that of a node which has left is 0.
    /// - Complexity: O(rows · d) a step, some hundreds of steps.
    public init(_ task: LearningTask, weights: [Double]) {
        precondition(task.architecture.sizes.count == 2, "only logistic regression is convex")
        precondition(task.hyperparameters.weightDecay > 0, "without decay there may be no optimum")
        precondition(weights.count == task.nodes, "one weight a node")
        precondition(weights.allSatisfy { $0 >= 0 } && weights.contains { $0 > 0 }, "a weight")
        let loss = LogisticLoss(task, weights: weights)
        let (flattest, steepest) = (loss.decay, loss.steepest)
        let root = (flattest / steepest).squareRoot()
        let momentum = (1 - root) / (1 + root)
        var x = [Double](repeating: 0, count: task.genesis.count)
        var y = x
        var gradient = x
        loss.gradient(at: y, into: &gradient)
        let end = Self.precision * Self.norm(gradient)
        for _ in 0..<Self.mostSteps {
            for i in x.indices {
                let next = y[i] - gradient[i] / steepest
                y[i] = next + momentum * (next - x[i])
                x[i] = next
            }
            loss.gradient(at: y, into: &gradient)
            if Self.norm(gradient) <= end { break }
        }
        parameters = y
    }

    /// How far the weighted mean of models is from the optimum, relative to the optimum's norm.
    ///
    /// - models: `[d]` each, at least one.
    /// - weights: one a model, above 0.
    public func distance(of models: [[Float]], weights: [Double]) -> Double {
        let total = weights.reduce(0, +)
        let mean = NodesLook.weightedMean(models, weights.map { $0 / total })
        return Self.norm(zip(mean, parameters).map { $0 - $1 }) / Self.norm(parameters)
    }

    private static func norm(_ vector: [Double]) -> Double {
        vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}

/// `sum_i w_i / sum(w) * (mean cross-entropy of site i) + decay / 2 * |x|^2`.
private struct LogisticLoss {
    let decay: Double
    private let classes: Int
    private let sites: [(data: Dataset, share: Double)]

    init(_ task: LearningTask, weights: [Double]) {
        decay = Double(task.hyperparameters.weightDecay)
        classes = task.architecture.classes
        let total = weights.reduce(0, +)
        sites = zip(task.sites, weights).map { ($0, $1 / total / Double($0.rows)) }
    }

    /// A bound of the second derivative: half the mean square of a row with its 1 for the bias,
    /// since the softmax's own is at most a half.
    var steepest: Double {
        var sum = 0.0
        for (data, share) in sites {
            let squares = data.inputs.reduce(0) { $0 + Double($1) * Double($1) }
            sum += share * (squares + Double(data.rows))
        }
        return sum / 2 + decay
    }

    func gradient(at x: [Double], into gradient: inout [Double]) {
        for i in x.indices { gradient[i] = decay * x[i] }
        var errors = [Double](repeating: 0, count: classes)
        for (data, share) in sites where share > 0 {
            for row in 0..<data.rows { add(row, of: data, share, x, &errors, &gradient) }
        }
    }

    private func add(
        _ row: Int, of data: Dataset, _ share: Double, _ x: [Double], _ errors: inout [Double],
        _ gradient: inout [Double]
    ) {
        let inputs = data.features
        let bias = inputs * classes
        for j in 0..<classes {
            var logit = x[bias + j]
            for i in 0..<inputs {
                logit += Double(data.inputs[row * inputs + i]) * x[i * classes + j]
            }
            errors[j] = logit
        }
        let top = errors.reduce(errors[0], max)
        var sum = 0.0
        for j in 0..<classes {
            errors[j] = Elementary.exp(errors[j] - top)
            sum += errors[j]
        }
        for j in 0..<classes { errors[j] *= share / sum }
        errors[Int(data.labels[row])] -= share
        for i in 0..<inputs {
            let input = Double(data.inputs[row * inputs + i])
            for j in 0..<classes { gradient[i * classes + j] += errors[j] * input }
        }
        for j in 0..<classes { gradient[bias + j] += errors[j] }
    }
}
