// Room:  Simulation (floor 5, pure).
// Task:  the distributions that faults are drawn from, alike on any machine.
// May:   Learning (exp, log and cosine), Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/DrawsTests.swift

import Learning
import Model

extension SeededGenerator {
    /// - Returns: true with this probability.
    mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// Exponential, above 0.
    mutating func exponential(mean: Double) -> Double { -mean * Elementary.log(1 - uniform()) }

    /// Log-normal: `median * e^(sigma * z)`. With sigma 1.5 one draw of a hundred is 33 medians.
    mutating func logNormal(median: Double, sigma: Double) -> Double {
        sigma == 0 ? median : median * Elementary.exp(sigma * normal())
    }

    /// Standard normal.
    ///
    /// - Source: Box, Muller 1958; `cos(pi u)` has the distribution of `cos(2 pi u)`.
    mutating func normal() -> Double {
        let radius = (-2 * Elementary.log(1 - uniform())).squareRoot()
        return radius * Elementary.cosine(.pi * uniform())
    }

    /// Uniform in the range on a logarithmic scale.
    mutating func logUniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound
            * Elementary.exp(uniform() * Elementary.log(range.upperBound / range.lowerBound))
    }
}
