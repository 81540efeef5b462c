// Room:  ModelTests.
// Task:  the built-in models' layout, and a genesis that never changes.
// May:   Model, Testing.

import Model
import Testing

@Suite struct ArchitectureTests {
    @Test func `a perceptron has a weight and a bias for each layer`() throws {
        let model = try Architecture(sizes: [64, 128, 10])
        #expect(
            model.layout.tensors.map(\.name) == [
                "layer0.weight", "layer0.bias", "layer1.weight", "layer1.bias",
            ])
        #expect(model.layout.tensors.map(\.shape) == [[64, 128], [128], [128, 10], [10]])
        #expect(model.layout.count == 9610)
        #expect(model.inputs == 64)
        #expect(model.classes == 10)
    }

    @Test(arguments: [[], [3], [3, 1], [0, 2], [3, 0, 2], [3, -1, 2], [1 << 20, 1 << 20, 2]])
    func `impossible widths are refused`(sizes: [Int]) {
        #expect(throws: LayoutError.self) { try Architecture(sizes: sizes) }
    }

    /// The hashes come from a second implementation, in Python. If they change, every federation
    /// that names a seed starts from elsewhere.
    @Test func `a seed means the same genesis for ever`() throws {
        let digits = try Architecture(sizes: [64, 128, 10]).genesis(seed: 1)
        #expect(fnv1a(digits) == 0x3619_3bb6_c540_d10a)
        #expect(digits[0] == 0.1397288590669632)
        let small = try Architecture(sizes: [3, 4, 2]).genesis(seed: 42)
        #expect(fnv1a(small) == 0xfbed_233b_4007_1f81)
    }

    @Test func `logistic regression starts from zero`() throws {
        let model = try Architecture(sizes: [30, 2])
        #expect(model.genesis(seed: 7) == [Float](repeating: 0, count: 62))
    }

    @Test func `weights have He's spread and biases are zero`() throws {
        let model = try Architecture(sizes: [50, 200, 4])
        let genesis = model.genesis(seed: 3)
        let variances = [2.0 / 50, 1.0 / 200]
        for layer in 0..<2 {
            let weights = genesis[model.layout.tensors[2 * layer].range].map(Double.init)
            let mean = weights.reduce(0, +) / Double(weights.count)
            let variance = weights.reduce(0) { $0 + $1 * $1 } / Double(weights.count)
            // Four standard errors of the mean; a variance estimate is within 4·sqrt(2/n).
            let wide = 4 * (2 / Double(weights.count)).squareRoot()
            #expect(abs(mean) < 4 * (variance / Double(weights.count)).squareRoot())
            #expect(abs(variance / variances[layer] - 1) < wide)
            #expect(genesis[model.layout.tensors[2 * layer + 1].range].allSatisfy { $0 == 0 })
        }
        #expect(genesis != model.genesis(seed: 4))
    }

    /// FNV-1a, 64 bits, over the values' little-endian bytes.
    private func fnv1a(_ values: [Float]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for value in values {
            for shift in stride(from: 0, to: 32, by: 8) {
                hash ^= UInt64(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
                hash = hash &* 0x100_0000_01b3
            }
        }
        return hash
    }
}
