// Room:  starling (floor 6).
// Task:  how long a round of training takes each node, and what it weighs, where they differ.
// May:   Learning, Model.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Learning
import Model

enum Speeds {
    /// Evenly spread on a log scale, dealt by the generator: the slowest takes `spread` times the
    /// fastest, and the mean is `mean`.
    ///
    /// - nodes: at least 2.
    /// - Returns: seconds of a round of each node.
    static func roundSeconds(
        nodes: Int, spread: Double, mean: Double, generator: inout SeededGenerator
    ) -> [Double] {
        guard spread > 1 else { return Array(repeating: mean, count: nodes) }
        let times = Self.spread(nodes: nodes, spread, generator: &generator)
        // In the order of their size, so that the sum does not hang on the deal.
        let scale = mean * Double(nodes) / times.sorted().reduce(0, +)
        return times.map { $0 * scale }
    }

    /// From 1 to `spread`, evenly spread on a log scale and dealt by the generator.
    ///
    /// - nodes: at least 2.
    static func spread(
        nodes: Int, _ spread: Double, generator: inout SeededGenerator
    ) -> [Double] {
        guard spread > 1 else { return Array(repeating: 1, count: nodes) }
        let step = Elementary.log(spread) / Double(nodes - 1)
        var values = (0..<nodes).map { Elementary.exp(step * Double($0)) }
        generator.shuffle(&values)
        return values
    }
}
