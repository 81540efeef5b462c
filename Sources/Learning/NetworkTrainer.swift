// Room:  Learning (floor 2, pure).
// Task:  a node's own learning: a round of SGD steps on its own rows.
// May:   Model.   May not: clock, files, global randomness.
// Proof: Tests/LearningTests/NetworkTrainerTests.swift

import Model

/// What a round of local steps did.
public struct TrainingResult: Sendable, Equatable {
    /// `[d]`: the sum of the local steps, to be added to the parameters.
    public let delta: [Float]
    public let steps: Int
    /// Rows looked at: steps times batch.
    public let samples: Int
    /// Mean over the steps of the batch's mean cross-entropy, in nats, without weight decay.
    public let loss: Double
    /// Euclidean norm of the mean over the steps of the raw gradients: weight decay included,
    /// before the correction is taken off.
    public let gradientNorm: Double

    /// False where the loss, the gradient or a step has become NaN or infinite: such a result must
    /// not be gossiped.
    public let isFinite: Bool

    public init(
        delta: [Float], steps: Int, samples: Int, loss: Double, gradientNorm: Double,
        isFinite: Bool
    ) {
        self.delta = delta
        self.steps = steps
        self.samples = samples
        self.loss = loss
        self.gradientNorm = gradientNorm
        self.isFinite = isFinite
    }
}

/// Minibatch SGD with momentum and weight decay on an `Architecture`.
///
/// Deterministic: the same seed, data and calls give the same bits on every machine. Copying one
/// copies its state; memory is about `3d` floats (one more with momentum) and the activations of
/// one batch.
public struct NetworkTrainer: Sendable {
    public let architecture: Architecture
    public let hyperparameters: Hyperparameters
    let data: Dataset
    var generator: SeededGenerator
    /// `[d]` with momentum, else empty.
    var velocity: [Float]
    /// Rows a step.
    private let batch: Int
    private var network: Network
    private var current: [Float]
    private var gradient: [Float]
    private var sum: [Float]

    /// - data: at least one row; as many features as the architecture has inputs, labels below its
    ///   number of classes.
    /// - seed: of the batches. Nodes take different ones.
    public init(
        architecture: Architecture, data: Dataset, hyperparameters: Hyperparameters, seed: UInt64
    ) {
        precondition(data.rows >= 1, "nothing to learn from")
        precondition(data.features == architecture.inputs, "features and inputs differ")
        precondition(data.labels.allSatisfy { $0 < architecture.classes }, "a class without output")
        precondition(hyperparameters.batch >= 0, "a batch has at least one row, or 0: all")
        self.architecture = architecture
        self.hyperparameters = hyperparameters
        self.data = data
        let count = architecture.layout.count
        generator = SeededGenerator(seed: seed)
        velocity = [Float](repeating: 0, count: hyperparameters.momentum == 0 ? 0 : count)
        batch = hyperparameters.batch == 0 ? data.rows : hyperparameters.batch
        network = Network(architecture, capacity: batch)
        current = [Float](repeating: 0, count: count)
        gradient = current
        sum = current
    }

    /// Trains for some steps: `x -= rate * (gradient - correction)` each; with momentum the
    /// corrected gradient goes into the momentum.
    ///
    /// - parameters: `[d]`, where the round starts.
    /// - correction: `[d]`, in units of the gradient; empty means none.
    /// - rate: of this round, as the schedule says.
    /// - measuring: the entries over which `gradientNorm` is taken; nil: all.
    /// - Complexity: O(steps · batch · d); allocates the result's delta and nothing a step.
    /// - Source: minibatch SGD with replacement; the correction as in Karimireddy et al. 2020
    ///   (SCAFFOLD).
    public mutating func train(
        from parameters: [Float], correction: [Float], steps: Int, rate: Float,
        measuring: [Range<Int>]? = nil, onStep: () -> Void = {}
    ) -> TrainingResult {
        let count = architecture.layout.count
        precondition(parameters.count == count, "the model has another number of parameters")
        precondition(correction.isEmpty || correction.count == count, "one correction a parameter")
        precondition(steps >= 1, "a round has at least one step")
        let correction = correction.isEmpty ? [Float](repeating: 0, count: count) : correction
        Self.copy(parameters, into: &current)
        Self.clear(&sum)
        var loss = 0.0
        for _ in 0..<steps {
            loss += fillGradient()
            Kernels.add(gradient, to: &sum, count: count)
            if velocity.isEmpty {
                Kernels.step(
                    &current, rate: rate, gradient: gradient, correction: correction, count: count)
            } else {
                Kernels.step(
                    &current, rate: rate, gradient: gradient, correction: correction,
                    momentum: hyperparameters.momentum, velocity: &velocity, count: count)
            }
            onStep()
        }
        return result(
            from: parameters, steps: steps, loss: loss / Double(steps),
            measuring: measuring ?? [0..<count])
    }

    /// Draws a batch, or takes all rows in their order, and takes its gradient at the current
    /// parameters. Returns the mean loss.
    private mutating func fillGradient() -> Double {
        let takesAll = hyperparameters.batch == 0
        for slot in 0..<batch {
            network.load(takesAll ? slot : generator.below(data.rows), of: data, at: slot)
        }
        network.forward(current, count: batch)
        let loss = network.loss(count: batch).sum / Double(batch)
        network.backward(current, count: batch, into: &gradient)
        if hyperparameters.weightDecay != 0 {
            Kernels.decay(
                &gradient, by: hyperparameters.weightDecay, of: current, count: gradient.count)
        }
        return loss
    }

    private func result(
        from parameters: [Float], steps: Int, loss: Double, measuring: [Range<Int>]
    ) -> TrainingResult {
        var squares = 0.0
        for range in measuring {
            for value in sum[range] { squares += Double(value) * Double(value) }
        }
        var finite = loss.isFinite && squares.isFinite
        let delta = [Float](unsafeUninitializedCapacity: parameters.count) { buffer, count in
            for i in parameters.indices {
                let step = current[i] - parameters[i]
                // x - x is 0 unless x is NaN or infinite.
                if step - step != 0 { finite = false }
                buffer.initializeElement(at: i, to: step)
            }
            count = parameters.count
        }
        return TrainingResult(
            delta: delta, steps: steps, samples: steps * batch, loss: loss,
            gradientNorm: squares.squareRoot() / Double(steps), isFinite: finite)
    }

    private static func copy(_ source: [Float], into target: inout [Float]) {
        target.withUnsafeMutableBufferPointer { buffer in
            source.withUnsafeBufferPointer { _ = buffer.update(fromContentsOf: $0) }
        }
    }

    private static func clear(_ array: inout [Float]) {
        array.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }
}
