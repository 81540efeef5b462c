// Room:  Learning (floor 2, pure).
// Task:  how good a model is on given rows.
// May:   Model.
// Proof: Tests/LearningTests/NetworkTests.swift

import Model

public enum Evaluation {
    /// Rows at a time.
    private static let batch = 64

    /// The mean cross-entropy in nats and the share of rows classified rightly.
    ///
    /// - parameters: `[d]`.
    /// - data: as many features as the architecture has inputs, labels below its classes.
    /// - Returns: NaN twice where there are no rows.
    /// - Complexity: O(rows · d).
    public static func measure(
        architecture: Architecture, parameters: [Float], data: Dataset
    ) -> (loss: Double, accuracy: Double) {
        precondition(parameters.count == architecture.layout.count, "the model has another size")
        precondition(data.features == architecture.inputs, "features and inputs differ")
        precondition(data.labels.allSatisfy { $0 < architecture.classes }, "a class without output")
        guard data.rows > 0 else { return (.nan, .nan) }
        var network = Network(architecture, capacity: min(batch, data.rows))
        var loss = 0.0
        var right = 0
        for start in stride(from: 0, to: data.rows, by: batch) {
            let count = min(batch, data.rows - start)
            for slot in 0..<count { network.load(start + slot, of: data, at: slot) }
            network.forward(parameters, count: count)
            let part = network.loss(count: count)
            loss += part.sum
            right += part.right
        }
        return (loss / Double(data.rows), Double(right) / Double(data.rows))
    }
}
