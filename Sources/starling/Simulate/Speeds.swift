// Room:  starling (floor 6).
// Task:  how long a round of training takes each node, where some are slower than others.
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
        let step = Elementary.log(spread) / Double(nodes - 1)
        var times = (0..<nodes).map { Elementary.exp(step * Double($0)) }
        let scale = mean * Double(nodes) / times.reduce(0, +)
        for node in times.indices { times[node] *= scale }
        generator.shuffle(&times)
        return times
    }
}
