// Room:  starling (floor 6).
// Task:  an axis: which values it shows, where they lie on it, and its ticks.
// May:   Glibc (logarithms, for drawing only).
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Glibc

/// A linear or logarithmic axis from `low` to `high`.
struct ChartScale: Sendable {
    struct Tick: Sendable, Equatable {
        let value: Double
        /// Empty for the small ticks between.
        let label: String
    }

    let low: Double
    let high: Double
    let isLogarithmic: Bool
    let ticks: [Tick]

    /// Where a value lies, 0 to 1 within the axis; nil where it cannot be shown.
    func place(_ value: Double) -> Double? {
        guard value.isFinite else { return nil }
        guard isLogarithmic else { return (value - low) / (high - low) }
        guard value > 0 else { return nil }
        return log(value / low) / log(high / low)
    }

    // MARK: Linear

    /// From a round number to a round number.
    ///
    /// - most: the axis does not go beyond.
    static func linear(
        _ values: [Double], most: Double = .infinity, label: (Double) -> String
    ) -> ChartScale {
        let finite = values.filter(\.isFinite)
        let least = finite.min() ?? 0
        let greatest = max(finite.max() ?? 1, least)
        let step = roundStep((greatest > least ? greatest - least : max(least.magnitude, 1)) / 5)
        let low = floor(least / step + 1e-9) * step
        var high = min(ceil(greatest / step - 1e-9) * step, max(most, greatest))
        if high <= low { high = low + step }
        let count = Int(((high - low) / step + 1e-9).rounded(.down))
        let ticks = (0...count).map { number in
            let value = low + Double(number) * step
            return Tick(value: value, label: label(value))
        }
        return ChartScale(low: low, high: high, isLogarithmic: false, ticks: ticks)
    }

    /// The least of 1, 2, 5 times a power of ten that is not below.
    static func roundStep(_ least: Double) -> Double {
        let power = pow(10, floor(log10(least)))
        for factor in [1.0, 2, 5] where factor * power >= least * (1 - 1e-9) {
            return factor * power
        }
        return 10 * power
    }

    // MARK: Logarithmic

    /// From one of 1, 2, 5 times a power of ten to another; values not above 0 do not count.
    static func logarithmic(_ values: [Double], label: (Double) -> String) -> ChartScale {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        let least = positive.min() ?? 1
        let greatest = max(positive.max() ?? 10, least)
        let from = Int(floor(log10(least))) - 1
        let to = Int(ceil(log10(greatest))) + 1
        var marks: [(value: Double, factor: Int)] = []
        for exponent in from...to {
            for factor in [1, 2, 5] {
                marks.append((Double(factor) * power(exponent), factor))
            }
        }
        let first = marks.lastIndex { $0.value <= least * (1 + 1e-9) } ?? 0
        var last = marks.firstIndex { $0.value >= greatest * (1 - 1e-9) } ?? marks.count - 1
        if last <= first { last = first + 1 }
        let shown = marks[first...last]
        // All three of a decade have a label where there is room for it.
        let decades = shown.count { $0.factor == 1 }
        let ticks = shown.enumerated().map { number, mark in
            let isLabelled =
                shown.count <= 7 || (mark.factor == 1 && decades <= 9)
                || number == 0 && decades > 9
            return Tick(value: mark.value, label: isLabelled ? label(mark.value) : "")
        }
        return ChartScale(
            low: marks[first].value, high: marks[last].value, isLogarithmic: true, ticks: ticks)
    }

    /// Exact for the small ones, so that labels are.
    private static func power(_ exponent: Int) -> Double {
        var value = 1.0
        for _ in 0..<exponent.magnitude { value *= 10 }
        return exponent < 0 ? 1 / value : value
    }
}
