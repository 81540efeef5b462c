// Room:  Learning (floor 2, pure).
// Task:  forward and backward through an Architecture for one batch, in memory that is kept.
// May:   Model.   May not: allocate while it runs.
// Proof: Tests/LearningTests/NetworkTests.swift

import Model

/// One batch's way through the network: `load` rows, `forward`, `loss`, `backward`.
struct Network: Sendable {
    let architecture: Architecture
    /// The most rows of a batch.
    let capacity: Int

    private let sizes: [Int]
    /// Offsets of each layer's weight and bias in the flat vector.
    private let weights: [Int]
    private let biases: [Int]
    /// Where each layer's activations begin: inputs, hidden layers, logits; `[capacity, size]`.
    private let places: [Int]
    private var activations: [Float]
    /// The loss's derivative by the outputs of a layer and of the one below, in turn.
    private var errors: [Float]
    private var errorsBelow: [Float]
    private var transposed: [Float]
    private var rows: [Int]
    private var factors: [Float]
    private var labels: [Int32]

    init(_ architecture: Architecture, capacity: Int) {
        precondition(capacity >= 1, "a batch has at least one row")
        self.architecture = architecture
        self.capacity = capacity
        sizes = architecture.sizes
        let tensors = architecture.layout.tensors
        weights = stride(from: 0, to: tensors.count, by: 2).map { tensors[$0].offset }
        biases = stride(from: 1, to: tensors.count, by: 2).map { tensors[$0].offset }
        var places: [Int] = []
        var total = 0
        for size in architecture.sizes {
            places.append(total)
            total += capacity * size
        }
        self.places = places
        let widest = architecture.sizes.reduce(1, max)
        let aboveFirst = zip(sizes.dropFirst(), sizes.dropFirst(2)).map { $0 * $1 }
        activations = [Float](repeating: 0, count: total)
        errors = [Float](repeating: 0, count: capacity * widest)
        errorsBelow = errors
        transposed = [Float](repeating: 0, count: aboveFirst.reduce(1, max))
        rows = [Int](repeating: 0, count: max(widest, capacity))
        factors = [Float](repeating: 0, count: max(widest, capacity))
        labels = [Int32](repeating: 0, count: capacity)
    }

    /// Puts a row of the data into a place of the batch.
    mutating func load(_ row: Int, of data: Dataset, at slot: Int) {
        precondition(slot >= 0 && slot < capacity, "beyond the batch")
        precondition(row >= 0 && row < data.rows, "beyond the data")
        let width = sizes[0]
        labels[slot] = data.labels[row]
        data.inputs.withUnsafeBufferPointer { inputs in
            activations.withUnsafeMutableBufferPointer { target in
                var i = 0
                while i < width {
                    target[slot * width + i] = inputs[row * width + i]
                    i += 1
                }
            }
        }
    }

    /// Fills the activations of the first `count` rows.
    ///
    /// - Complexity: O(count · d), less the inputs that are 0.
    mutating func forward(_ parameters: UnsafePointer<Float>, count: Int) {
        precondition(count <= capacity, "more rows than the batch has")
        for layer in 0..<(sizes.count - 1) {
            Self.layer(
                &activations, from: places[layer], inputs: sizes[layer], to: places[layer + 1],
                outputs: sizes[layer + 1], weight: parameters + weights[layer],
                bias: parameters + biases[layer], cut: layer < sizes.count - 2, count: count,
                rows: &rows, factors: &factors)
        }
    }

    /// The summed cross-entropy of the first `count` rows, and how many are classified rightly.
    ///
    /// Leaves the derivative of the mean loss by the logits for `backward`.
    ///
    /// - Returns: a loss that is NaN or infinite where a logit is.
    mutating func loss(count: Int) -> (sum: Double, right: Int) {
        Self.crossEntropy(
            activations, at: places[sizes.count - 1], classes: sizes[sizes.count - 1],
            labels: labels, errors: &errors, count: count)
    }

    /// The gradient of the mean loss over the first `count` rows, as `loss` left it.
    ///
    /// - Complexity: O(count · d) for those activations that are not 0.
    mutating func backward(
        _ parameters: UnsafePointer<Float>, count: Int, into gradient: UnsafeMutablePointer<Float>
    ) {
        for layer in stride(from: sizes.count - 2, through: 0, by: -1) {
            let (inputs, outputs) = (sizes[layer], sizes[layer + 1])
            Self.parameterGradient(
                activations, from: places[layer], inputs: inputs, outputs: outputs,
                errors: errors, weight: gradient + weights[layer],
                bias: gradient + biases[layer], count: count, rows: &rows, factors: &factors)
            guard layer > 0 else { break }
            Kernels.transpose(
                parameters + weights[layer], rows: inputs, columns: outputs, into: &transposed)
            Self.errorBelow(
                activations, from: places[layer], inputs: inputs, outputs: outputs,
                errors: errors, transposed: transposed, into: &errorsBelow, count: count,
                rows: &rows, factors: &factors)
            swap(&errors, &errorsBelow)
        }
    }
}

/// The loops over a batch. Arrays come as pointers (bridged by `&`), so that one property may be
/// read while another is written.
extension Network {
    private static func layer(
        _ activations: UnsafeMutablePointer<Float>, from: Int, inputs: Int, to: Int, outputs: Int,
        weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, cut: Bool, count: Int,
        rows: UnsafeMutablePointer<Int>, factors: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<count {
            let output = activations + to + row * outputs
            output.update(from: bias, count: outputs)
            let found = Kernels.gather(
                activations + from + row * inputs, stride: 1, count: inputs, rows: rows,
                factors: factors)
            Kernels.addRows(
                to: output, width: outputs, from: weight, rows: rows, factors: factors,
                count: found)
            guard cut else { continue }
            var j = 0
            while j < outputs {
                // Written so that NaN stays NaN.
                output[j] = output[j] < 0 ? 0 : output[j]
                j += 1
            }
        }
    }

    private static func crossEntropy(
        _ activations: UnsafePointer<Float>, at place: Int, classes: Int,
        labels: UnsafePointer<Int32>, errors: UnsafeMutablePointer<Float>, count: Int
    ) -> (sum: Double, right: Int) {
        var total = 0.0
        var right = 0
        for row in 0..<count {
            let logits = activations + place + row * classes
            let error = errors + row * classes
            let label = Int(labels[row])
            var best = 0
            for j in 1..<classes where logits[j] > logits[best] { best = j }
            if best == label { right += 1 }
            // The greatest is taken off first: no exponential passes 1, and the sum is at least 1.
            let top = Double(logits[best])
            var sum = 0.0
            for j in 0..<classes {
                let value = Elementary.exp(Double(logits[j]) - top)
                error[j] = Float(value)
                sum += value
            }
            total += Elementary.log(sum) + top - Double(logits[label])
            let share = Float(1 / (sum * Double(count)))
            for j in 0..<classes { error[j] *= share }
            error[label] -= 1 / Float(count)
        }
        return (total, right)
    }

    private static func parameterGradient(
        _ activations: UnsafePointer<Float>, from: Int, inputs: Int, outputs: Int,
        errors: UnsafePointer<Float>, weight: UnsafeMutablePointer<Float>,
        bias: UnsafeMutablePointer<Float>, count: Int, rows: UnsafeMutablePointer<Int>,
        factors: UnsafeMutablePointer<Float>
    ) {
        for input in 0..<inputs {
            let target = weight + input * outputs
            target.update(repeating: 0, count: outputs)
            let found = Kernels.gather(
                activations + from + input, stride: inputs, count: count, rows: rows,
                factors: factors)
            Kernels.addRows(
                to: target, width: outputs, from: errors, rows: rows, factors: factors,
                count: found)
        }
        bias.update(repeating: 0, count: outputs)
        for row in 0..<count { Kernels.add(errors + row * outputs, to: bias, count: outputs) }
    }

    private static func errorBelow(
        _ activations: UnsafePointer<Float>, from: Int, inputs: Int, outputs: Int,
        errors: UnsafePointer<Float>, transposed: UnsafePointer<Float>,
        into below: UnsafeMutablePointer<Float>, count: Int, rows: UnsafeMutablePointer<Int>,
        factors: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<count {
            let target = below + row * inputs
            target.update(repeating: 0, count: inputs)
            let found = Kernels.gather(
                errors + row * outputs, stride: 1, count: outputs, rows: rows, factors: factors)
            Kernels.addRows(
                to: target, width: inputs, from: transposed, rows: rows, factors: factors,
                count: found)
            // What the ReLU cut off has no derivative.
            let activation = activations + from + row * inputs
            var j = 0
            while j < inputs {
                target[j] = activation[j] > 0 ? target[j] : 0
                j += 1
            }
        }
    }
}
