// Room:  the tests of Codec.
// Task:  the picked coordinates are the k largest, as a sort would have them.
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

@Suite struct SelectionTests {
    @Test("The k largest differences are picked, as a sort picks them", arguments: Shape.allCases)
    func agreesWithSorting(shape: Shape) throws {
        for seed in 0..<25 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let size = seed < 20 ? 1 + generator.below(3000) : 16_000 + generator.below(30_000)
            let k = 1 + generator.below(seed % 2 == 0 ? size : max(1, size / 20))
            let (x, s) = shape.vectors(size, &generator)
            let picked = try Selection.largest(k, of: x, minus: s)
            let comment = Comment("seed \(seed), d \(size), k \(k)")
            #expect(picked.indices == Samples.sortedTop(k, x, s), comment)
            #expect(picked.differences == picked.indices.map { x[Int($0)] - s[Int($0)] }, comment)
        }
    }

    @Test("Where the sample lies, the result is the same")
    func misleadingSamples() throws {
        let size = 100_000
        let zero = [Float](repeating: 0, count: size)
        let step = Selection.stride(size)
        // Everything large stands where the sample looks, then where it does not.
        for offset in [0, 1] {
            var x = [Float](repeating: 0.001, count: size)
            for i in stride(from: offset, to: size, by: step) { x[i] = Float(i + 1) }
            for k in [1, 64, 3000, 20_000] {
                let picked = try Selection.largest(k, of: x, minus: zero)
                #expect(picked.indices == Samples.sortedTop(k, x, zero), "offset \(offset), k \(k)")
            }
        }
        // All equal: the lower half of the places wins.
        let equal = [Float](repeating: -2, count: size)
        let picked = try Selection.largest(700, of: equal, minus: zero)
        #expect(picked.indices == Array(0..<700))
        #expect(picked.left == Double(4 * (size - 700)))
        // A few that differ among very many that do not.
        var sparse = zero
        for i in [3, 77, 99_999] { sparse[i] = 1 }
        #expect(try Selection.largest(64, of: sparse, minus: zero).indices == [3, 77, 99_999])
        #expect(try Selection.largest(2, of: sparse, minus: zero).indices == [3, 77])
    }

    @Test("k is the fraction rounded up, at least the minimum, at most d")
    func count() {
        #expect(CodecOptions().count(9610) == 289)
        #expect(CodecOptions().count(50) == 50)
        #expect(CodecOptions().count(1000) == 64)
        #expect(CodecOptions(fraction: 0, minimum: 0).count(1000) == 1)
        #expect(CodecOptions(fraction: .nan, minimum: -5).count(1000) == 1)
        #expect(CodecOptions(fraction: .infinity).count(1000) == 1000)
        #expect(CodecOptions(fraction: -1).count(1000) == 64)
        #expect(CodecOptions(fraction: 1).count(1000) == 1000)
    }
}
