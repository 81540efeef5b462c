// Room:  Learning (floor 2, pure).
// Task:  the Dirichlet partition, and the gamma draws it is made of.
// May:   Model.   May not: global randomness.
// Proof: Tests/LearningTests/PartitionTests.swift

import Model

extension Partition {
    private static let leastRows = 10
    private static let draws = 100

    static func dirichlet(
        _ labels: [Int32], _ nodes: Int, _ concentration: Double,
        _ generator: inout SeededGenerator
    ) -> [[Int]] {
        let least = min(leastRows, labels.count / nodes / 2)
        let classes = Set(labels).sorted()
        let members = classes.map { label in labels.indices.filter { labels[$0] == label } }
        var parts: [[Int]] = []
        for _ in 0..<draws {
            parts = [[Int]](repeating: [], count: nodes)
            for rows in members {
                var mine = rows
                generator.shuffle(&mine)
                let shares = (0..<nodes).map { _ in gamma(concentration, &generator) }
                let total = shares.reduce(0, +)
                var (sum, at) = (0.0, 0)
                for node in 0..<nodes {
                    sum += shares[node]
                    // All shares may round to 0 at a tiny concentration: the last takes all then.
                    let cut = total > 0 ? Int(sum / total * Double(mine.count)) : 0
                    let end = node == nodes - 1 ? mine.count : max(at, min(cut, mine.count))
                    parts[node] += mine[at..<end]
                    at = end
                }
            }
            if parts.allSatisfy({ $0.count >= least }) { return parts }
        }
        return filled(parts, least)
    }

    /// Moves rows one by one from the largest part to the smallest until none is below `least`.
    private static func filled(_ parts: [[Int]], _ least: Int) -> [[Int]] {
        var parts = parts
        while true {
            var (small, large) = (0, 0)
            for node in parts.indices {
                if parts[node].count < parts[small].count { small = node }
                if parts[node].count > parts[large].count { large = node }
            }
            guard parts[small].count < least else { return parts }
            parts[small].append(parts[large].removeLast())
        }
    }

    /// A gamma deviate of the given shape and scale 1.
    ///
    /// - Source: Marsaglia, Tsang 2000; below shape 1 by `gamma(a + 1) * u^(1/a)`.
    static func gamma(_ shape: Double, _ generator: inout SeededGenerator) -> Double {
        if shape < 1 {
            let power = Elementary.exp(Elementary.log(positive(&generator)) / shape)
            return gamma(shape + 1, &generator) * power
        }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        // About 98 in 100 draws are accepted.
        while true {
            let x = normal(&generator)
            let v = 1 + c * x
            guard v > 0 else { continue }
            let cube = v * v * v
            let u = Elementary.log(positive(&generator))
            if u < 0.5 * x * x + d - d * cube + d * Elementary.log(cube) { return d * cube }
        }
    }

    /// - Source: Marsaglia's polar method.
    static func normal(_ generator: inout SeededGenerator) -> Double {
        while true {
            let (a, b) = (2 * generator.uniform() - 1, 2 * generator.uniform() - 1)
            let s = a * a + b * b
            if s > 0, s < 1 { return a * (-2 * Elementary.log(s) / s).squareRoot() }
        }
    }

    /// Uniform in (0, 1].
    private static func positive(_ generator: inout SeededGenerator) -> Double {
        1 - generator.uniform()
    }
}
