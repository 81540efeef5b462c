// Room:  LearningTests.
// Task:  the gradient against NumPy's, and against finite differences in Double.
// May:   Learning, Model, Testing, Foundation (exp and log).

import Foundation
import Model
import Testing

@testable import Learning

/// The same network in Double, written as plainly as can be: the reference of these tests.
struct PlainNetwork {
    let sizes: [Int]

    func loss(_ parameters: [Double], _ inputs: [[Double]], _ labels: [Int]) -> Double {
        var total = 0.0
        for (input, label) in zip(inputs, labels) {
            var values = input
            var at = 0
            for layer in 0..<(sizes.count - 1) {
                let (from, to) = (sizes[layer], sizes[layer + 1])
                var next = Array(parameters[(at + from * to)..<(at + from * to + to)])
                for i in 0..<from {
                    for j in 0..<to { next[j] += values[i] * parameters[at + i * to + j] }
                }
                at += from * to + to
                values = layer < sizes.count - 2 ? next.map { max($0, 0) } : next
            }
            let top = values.max() ?? 0
            total += log(values.reduce(0) { $0 + exp($1 - top) }) + top - values[label]
        }
        return total / Double(inputs.count)
    }
}

@Suite struct NetworkTests {
    /// The numbers that both sides make for themselves: no file, no generator.
    private func parameters(_ count: Int) -> [Float] {
        (0..<count).map { Float($0 * 37 % 101 - 50) / 100 }
    }

    private var data: Dataset {
        var inputs: [Float] = []
        for place in 0..<20 {
            let whole = place * 29 % 83 - 41
            inputs.append(place % 3 == 0 ? 0 : Float(whole) / 20)
        }
        return Dataset(features: 5, inputs: inputs, labels: [0, 2, 1, 0])
    }

    private func measure(
        _ sizes: [Int], _ data: Dataset, _ x: [Float]
    ) throws -> (sum: Double, right: Int, gradient: [Float]) {
        var network = Network(try Architecture(sizes: sizes), capacity: data.rows + 3)
        for row in 0..<data.rows { network.load(row, of: data, at: row) }
        var gradient = [Float](repeating: .nan, count: x.count)
        network.forward(x, count: data.rows)
        let (sum, right) = network.loss(count: data.rows)
        network.backward(x, count: data.rows, into: &gradient)
        return (sum, right, gradient)
    }

    /// Made once by the reference implementation in NumPy, in double precision.
    @Test func `a perceptron's gradient is NumPy's`() throws {
        let expected: [Double] = [
            -0.02637399, 0, 0.044767087, -0.01792372, 0, -0.028152516, 0, 0.018248378,
            0.0039407372, -0.011200758, 0.090890474, -0.013039744, -0.0056016542, 0, 0.012939675,
            0, -0.038536823, -0.04293359, 0.01847297, 0.0153583, 0, -0.028109859, 0.00054354995,
            0.051093504, -0.013313694, 0, -0.033514901, 0, 0.023398728, 0.0044842869, -0.018196402,
            0.088009214, -0.0086931623, -0.0034502651, 0, 0.00063366827, 0.0027177497, 0.007657104,
            -0.031476491, 0.021732905, -0.016054977, 0, -0.0023714642, 0, -0.0012298169,
            0.0090563981, 0, 0.007105292, 0.034582494, 0, -0.0074033314, -0.029180065, 0,
            -0.029180065, -0.069598624, 0, -0.0094638841, 0.01544177, 0, 0.0071741303, 0.017995869,
            0, -0.0082340686, 0.012558804, 0, 0.0082214532, -0.0056690315, 0, 0, 0.0018247763, 0,
            0, -0.14175022, 0, 0, 0.088198917, 0, 0.06620335, 0, 0, 0, 0, 0, 0, -0.11593399, 0,
            -0.016288958, 0.088181483, 0, 0.06010801, -0.022904275, 0.041744826, -0.018840551, 0,
            0, 0, 0.002042377, -0.0031016941, 0.001059317, -0.12388116, 0.093600409, 0.030280746,
            0, 0, 0, 0.033030718, -0.027607343, -0.005423375, -0.15244079, 0.20209453,
            -0.049653732,
        ]
        let found = try measure([5, 7, 6, 3], data, parameters(111))
        #expect(abs(found.sum - 4.524787177155316) < 1e-5)
        #expect(found.right == 1)
        #expect(found.gradient.count == expected.count)
        for (i, (ours, numpy)) in zip(found.gradient, expected).enumerated() {
            #expect(abs(Double(ours) - numpy) < 1e-6, "entry \(i)")
        }
    }

    /// The same, with weight decay 0.01 taken off again (it is the trainer's).
    @Test func `a regression's gradient is NumPy's`() throws {
        let expected: [Double] = [
            0.045769123, 0.15855839, -0.20822751, 0.063343194, -0.12997021, 0.065727016,
            -0.57117976, 0.2798546, 0.29342516, 0.065323409, 0.17579867, -0.24612208,
            -0.0062133696, -0.098798573, 0.10301194, -0.31443122, 0.29680423, 0.018626996,
        ]
        let x = parameters(18)
        let found = try measure([5, 3], data, x)
        #expect(abs(found.sum - 5.385240261035556) < 1e-5)
        for (i, (ours, numpy)) in zip(found.gradient, expected).enumerated() {
            #expect(abs(Double(ours) + 0.01 * Double(x[i]) - numpy) < 1e-6, "entry \(i)")
        }
    }

    @Test(arguments: [[4, 3], [4, 5, 2], [6, 9, 4, 3], [3, 1, 2], [17, 33, 18]])
    func `the gradient is the slope of the loss`(sizes: [Int]) throws {
        for seed in 0..<4 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let count = try Architecture(sizes: sizes).layout.count
            let x = (0..<count).map { _ in Float(generator.uniform() - 0.5) }
            let inputs = (0..<7).map { _ in
                (0..<sizes[0]).map { _ in
                    generator.below(3) == 0 ? 0 : Float(2 * generator.uniform() - 1)
                }
            }
            let labels = (0..<7).map { _ in Int32(generator.below(sizes[sizes.count - 1])) }
            let data = Dataset(features: sizes[0], inputs: inputs.flatMap { $0 }, labels: labels)
            let gradient = try measure(sizes, data, x).gradient
            let plain = PlainNetwork(sizes: sizes)
            let exact = inputs.map { $0.map(Double.init) }
            // A step this small seldom meets a kink of the ReLU, and Double carries it.
            let step = 1e-6
            for _ in 0..<25 {
                let i = generator.below(count)
                var (up, down) = (x.map(Double.init), x.map(Double.init))
                up[i] += step
                down[i] -= step
                let rise = plain.loss(up, exact, labels.map(Int.init))
                let slope = (rise - plain.loss(down, exact, labels.map(Int.init))) / (2 * step)
                #expect(abs(Double(gradient[i]) - slope) < 2e-5, "entry \(i), seed \(seed)")
            }
        }
    }

    @Test func `rows of a larger batch that are not used change nothing`() throws {
        let whole = try measure([5, 7, 3], data, parameters(66))
        var network = Network(try Architecture(sizes: [5, 7, 3]), capacity: 20)
        for slot in 0..<20 { network.load(slot % 3, of: data, at: slot) }
        for row in 0..<4 { network.load(row, of: data, at: row) }
        let x = parameters(66)
        var gradient = [Float](repeating: 5, count: 66)
        network.forward(x, count: 4)
        #expect(network.loss(count: 4).sum == whole.sum)
        network.backward(x, count: 4, into: &gradient)
        #expect(gradient == whole.gradient)
    }

    @Test func `huge logits give a finite loss, and NaN and infinity are not hidden`() throws {
        let sizes = [1, 2]
        let one = Dataset(features: 1, inputs: [1], labels: [0])
        let huge = try measure(sizes, one, [-1e30, 1e30, 0, 0])
        #expect(huge.sum.isFinite && huge.sum > 1e30)
        #expect(huge.gradient == [-1, 1, -1, 1])
        #expect(try measure(sizes, one, [1e30, -1e30, 0, 0]).sum == 0)
        #expect(try !measure(sizes, one, [.nan, 0, 0, 0]).sum.isFinite)
        #expect(try !measure(sizes, one, [.infinity, 0, 0, 0]).sum.isFinite)
        // NaN passes the ReLU of a hidden layer too.
        #expect(
            try !measure([1, 2, 2], one, [.nan] + [Float](repeating: 1, count: 9)).sum.isFinite)
    }
}
