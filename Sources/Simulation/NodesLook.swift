// Room:  Simulation (floor 5, pure).
// Task:  how good all nodes' models are and how far they are apart: one ruler for every method.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/NodesLookTests.swift

import Learning
import Model

/// One look at all nodes' models.
public struct NodesLook: Sendable, Equatable {
    /// Accuracy on the task's test rows, plain mean over the nodes' own models.
    public var mean: Double
    /// Accuracy of the node with the least.
    public var worst: Double
    public var consensusError: Double

    /// - parameters: `[d]` of each node that counts; at least one.
    /// - weights: as in `consensusError`; the accuracies' mean is plain always.
    /// - Complexity: O(nodes · (test rows + 1) · d). Equal models are tested once.
    public init(_ parameters: [[Float]], weights: [Double]? = nil, task: LearningTask) {
        precondition(!parameters.isEmpty, "nobody to look at")
        var accuracies: [Double] = []
        for (node, model) in parameters.enumerated() {
            // Vectors that differ mostly do so in the first number: the search costs nothing.
            if let twin = parameters[..<node].firstIndex(of: model) {
                accuracies.append(accuracies[twin])
            } else {
                let measured = Evaluation.measure(
                    architecture: task.architecture, parameters: model, data: task.test)
                accuracies.append(measured.accuracy)
            }
        }
        mean = accuracies.reduce(0, +) / Double(accuracies.count)
        worst = accuracies.reduce(accuracies[0], min)
        consensusError = Self.consensusError(
            of: parameters, genesis: task.genesis, weights: weights)
    }

    /// The look at nodes that all hold one model.
    public init(shared model: [Float], task: LearningTask) {
        let measured = Evaluation.measure(
            architecture: task.architecture, parameters: model, data: task.test)
        mean = measured.accuracy
        worst = measured.accuracy
        consensusError = 0
    }

    /// Root of the mean squared distance of the nodes from their mean, relative to the way that
    /// the mean has come from the genesis.
    ///
    /// - parameters: `[d]` of each node; at least one node.
    /// - genesis: `[d]`.
    /// - weights: above 0, one a node, for both means; nil weighs all alike.
    /// - Returns: 0 where all are equal; infinite where they differ and their mean is the genesis
    ///   itself; NaN where a parameter is NaN or infinite.
    /// - Complexity: O(nodes · d), in Double.
    public static func consensusError(
        of parameters: [[Float]], genesis: [Float], weights: [Double]? = nil
    ) -> Double {
        precondition(!parameters.isEmpty, "nobody to look at")
        precondition(weights == nil || weights?.count == parameters.count, "one weight a node")
        // Where all are equal the mean's own rounding would be left.
        if parameters.allSatisfy({ $0 == parameters[0] }) { return 0 }
        let total = weights?.reduce(0, +) ?? Double(parameters.count)
        let shares = parameters.indices.map { (weights?[$0] ?? 1) / total }
        let mean = weightedMean(parameters, shares)
        var spread = 0.0
        for (share, model) in zip(shares, parameters) {
            spread += share * squaredDistance(model, mean)
        }
        return (spread / squaredDistance(genesis, mean)).squareRoot()
    }

    /// - shares: sum to 1.
    static func weightedMean(_ models: [[Float]], _ shares: [Double]) -> [Double] {
        var mean = [Double](repeating: 0, count: models[0].count)
        mean.withUnsafeMutableBufferPointer { mean in
            for (share, model) in zip(shares, models) {
                precondition(model.count == mean.count, "models of one size")
                model.withUnsafeBufferPointer { model in
                    var i = 0
                    while i < mean.count {
                        mean[i] += share * Double(model[i])
                        i += 1
                    }
                }
            }
        }
        return mean
    }

    private static func squaredDistance(_ model: [Float], _ mean: [Double]) -> Double {
        precondition(model.count == mean.count, "models of one size")
        return model.withUnsafeBufferPointer { model in
            mean.withUnsafeBufferPointer { mean in
                var sum = 0.0
                var i = 0
                while i < mean.count {
                    let off = Double(model[i]) - mean[i]
                    sum += off * off
                    i += 1
                }
                return sum
            }
        }
    }
}
