// Room:  Model (floor 1, pure).
// Task:  the built-in kinds of model: their layout, and the parameters that every node starts from.
// May:   nothing but the standard library.
// Proof: Tests/ModelTests/ArchitectureTests.swift

/// Fully connected layers with ReLU between them and softmax at the end.
///
/// `sizes` are the widths from the inputs to the classes. Two sizes are multinomial logistic
/// regression, more are a multilayer perceptron. Layer `i` has a weight `[sizes[i], sizes[i + 1]]`
/// (row-major, one row an input) and a bias `[sizes[i + 1]]`.
public struct Architecture: Hashable, Sendable {
    public let sizes: [Int]
    public let layout: ParameterLayout

    public var inputs: Int { sizes[0] }
    public var classes: Int { sizes[sizes.count - 1] }

    /// - sizes: at least two widths, each at least 1; at least two classes.
    public init(sizes: [Int]) throws(LayoutError) {
        guard sizes.count >= 2, sizes[sizes.count - 1] >= 2 else {
            throw .badShape("sizes", sizes)
        }
        var tensors: [(name: String, shape: [Int])] = []
        for (layer, (from, to)) in zip(sizes, sizes.dropFirst()).enumerated() {
            tensors.append(("layer\(layer).weight", [from, to]))
            tensors.append(("layer\(layer).bias", [to]))
        }
        self.layout = try ParameterLayout(tensors)
        self.sizes = sizes
    }

    /// The parameters that a seed stands for: He's normal weights below a ReLU, `1/sqrt(n)` at the
    /// output, biases zero, and all zero for logistic regression, whose loss is convex.
    ///
    /// Built from integer draws and exactly rounded operations only (no `log`, no `cos`, whose
    /// last bit differs between C libraries), so the same seed is the same genesis everywhere.
    ///
    /// - Source: He et al. 2015; a normal deviate as the sum of twelve uniforms less six
    ///   (Irwin-Hall), ample for starting weights.
    public func genesis(seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        var parameters = [Float](repeating: 0, count: layout.count)
        guard sizes.count > 2 else { return parameters }
        for layer in 0..<(sizes.count - 1) {
            let last = layer == sizes.count - 2
            let scale = ((last ? 1.0 : 2.0) / Double(sizes[layer])).squareRoot()
            for i in layout.tensors[2 * layer].range {
                var sum = -6.0
                for _ in 0..<12 { sum += generator.uniform() }
                parameters[i] = Float(scale * sum)
            }
        }
        return parameters
    }
}
