// Room:  the tests of Codec.
// Task:  vectors of many shapes, by seed, and layouts to hold them.
// May:   Codec, Model.

import Model

@testable import Codec

/// A shape of difference that codings and rounding like or dislike.
enum Shape: String, CaseIterable, Sendable {
    case normal, heavyTail, clustered, few, equal, tiny, huge, periodic, zeros, mixed

    /// x and s, finite, of `count` entries.
    func vectors(_ count: Int, _ generator: inout SeededGenerator) -> (x: [Float], s: [Float]) {
        var x = [Float](repeating: 0, count: count)
        var s = x
        let start = generator.below(count)
        let width = 1 + generator.below(max(1, count / 8))
        for i in 0..<count {
            let u = Float(generator.uniform() - 0.5)
            let v = Float(generator.uniform() - 0.5)
            switch self {
            case .normal:
                s[i] = v
                x[i] = v + u * 0.1
            case .heavyTail:
                s[i] = v
                x[i] = v + u * u * u * 8
            case .clustered:
                s[i] = v
                x[i] = i >= start && i < start + width ? v + u : v
            case .few: x[i] = generator.below(50) == 0 ? u : 0
            case .equal: x[i] = 0.25
            case .tiny: x[i] = u * 0x1p-130 * v
            case .huge: (x[i], s[i]) = (u * 1e30, v * 1e30)
            case .periodic: x[i] = i % 9 == 4 ? (i % 2 == 0 ? 1 : -1) : 0
            case .zeros: break
            case .mixed:
                let scale = Float(sign: .plus, exponent: generator.below(250) - 125, significand: 1)
                x[i] = generator.below(3) == 0 ? 0 : u * scale
            }
        }
        return (x, s)
    }
}

enum Samples {
    /// A perceptron-like layout of exactly `count` parameters.
    static func layout(_ count: Int) -> ParameterLayout {
        var tensors: [(name: String, shape: [Int])] = []
        var left = count
        for part in [count / 2, count / 16, count / 4, count / 40] where part > 0 {
            tensors.append(("t\(tensors.count)", [part]))
            left -= part
        }
        tensors.append(("rest", [left]))
        do { return try ParameterLayout(tensors) } catch { preconditionFailure("\(error)") }
    }

    static func codec(
        _ count: Int, fraction: Double = 0.03, minimum: Int = 64, _ values: ValueKind = .int4
    ) -> DeltaCodec {
        DeltaCodec(
            layout: layout(count),
            options: CodecOptions(fraction: fraction, minimum: minimum, values: values))
    }

    /// What `picked` says that the k largest differences are: by sorting.
    static func sortedTop(_ k: Int, _ x: [Float], _ s: [Float]) -> [UInt32] {
        let magnitudes = zip(x, s).map { abs($0 - $1) }
        let order = magnitudes.indices.filter { magnitudes[$0] > 0 }.sorted {
            (magnitudes[$0], $1) > (magnitudes[$1], $0)
        }
        return order.prefix(k).map { UInt32($0) }.sorted()
    }
}
