// Room:  the tests of Codec.
// Task:  a payload decodes to exactly what the encoder said it sent.
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

@Suite struct RoundTripTests {
    /// Sizes around the edges of blocks and groups, and some that are sampled.
    static let sizes = [
        1, 2, 7, 63, 64, 65, 127, 128, 129, 500, 1000, 9610, 16_384, 16_385, 50_000,
    ]

    @Test("A payload decodes to the delta that the encoder said it sent", arguments: sizes)
    func payloadDecodesToTheDelta(size: Int) throws {
        for (seed, shape) in Shape.allCases.enumerated() {
            for kind in ValueKind.allCases {
                var generator = SeededGenerator(seed: UInt64(seed * 1000 + size))
                let (x, s) = shape.vectors(size, &generator)
                let fraction = [0.003, 0.03, 0.3, 1][generator.below(size > 10_000 ? 2 : 4)]
                let codec = Samples.codec(size, fraction: fraction, kind)
                let comment = Comment("d \(size), \(shape), \(kind), fraction \(fraction)")
                let encoded = try codec.encode(parameters: x, reference: s)
                #expect(try codec.decode(encoded.payload) == encoded.delta, comment)
                #expect(encoded.payload.count <= codec.maximumDelta, comment)
                #expect(encoded.payload.isEmpty == encoded.delta.isEmpty, comment)
                for i in encoded.delta.indices where x[Int(i)] == s[Int(i)] {
                    Issue.record("coordinate \(i) does not differ: \(comment)")
                }
            }
        }
    }

    @Test("R and E are what a plain Double computation says", arguments: ValueKind.allCases)
    func energiesAreExact(kind: ValueKind) throws {
        for seed in 0..<40 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let shape = Shape.allCases[seed % Shape.allCases.count]
            let size = 1 + generator.below(seed < 30 ? 2000 : 30_000)
            let (x, s) = shape.vectors(size, &generator)
            let encoded = try Samples.codec(size, kind).encode(parameters: x, reference: s)
            var difference = zip(x, s).map { Double($0 - $1) }
            let before = difference.reduce(0) { $0 + $1 * $1 }
            for (i, value) in zip(encoded.delta.indices, encoded.delta.values) {
                difference[Int(i)] -= Double(value)
            }
            let after = difference.reduce(0) { $0 + $1 * $1 }
            let comment = Comment("seed \(seed), \(shape), d \(size)")
            #expect(abs(encoded.before - before) <= 1e-13 * before, comment)
            #expect(abs(encoded.after - after) <= 1e-13 * after, comment)
            // The sums do not depend on anything but the vectors.
            let again = try Samples.codec(size, kind).encode(parameters: x, reference: s)
            #expect(again == encoded, comment)
        }
    }

    @Test("Float values leave nothing behind at their coordinates")
    func floatsAreExact() throws {
        var generator = SeededGenerator(seed: 5)
        let (x, s) = Shape.heavyTail.vectors(300, &generator)
        let codec = Samples.codec(300, fraction: 1, .float32)
        let encoded = try codec.encode(parameters: x, reference: s)
        #expect(encoded.after == 0)
        #expect(encoded.delta.values == zip(x, s).map { $0 - $1 }.filter { $0 != 0 })
    }

    @Test("Sending again and again empties the difference, then falls silent")
    func repeatedDeltasEmptyTheDifference() throws {
        for kind in ValueKind.allCases {
            var generator = SeededGenerator(seed: 11)
            let (x, start) = Shape.normal.vectors(1000, &generator)
            var s = start
            let codec = Samples.codec(1000, fraction: 0.2, kind)
            let first = try codec.encode(parameters: x, reference: s).before
            var rounds = 0
            while rounds < 400 {
                let encoded = try codec.encode(parameters: x, reference: s)
                if encoded.payload.isEmpty { break }
                // r' = r - q: E is what the next R begins with, but for the rounding of s.
                for (i, value) in zip(encoded.delta.indices, encoded.delta.values) {
                    s[Int(i)] += value
                }
                let next = try codec.encode(parameters: x, reference: s).before
                #expect(abs(next - encoded.after) <= 1e-4 * encoded.after + 1e-11 * first)
                rounds += 1
            }
            #expect(rounds < 400, "\(kind) never fell silent")
            #expect(try codec.encode(parameters: x, reference: s).before <= 1e-12 * first)
        }
    }

    @Test("What is not finite is refused, wherever it stands")
    func nonFiniteIsRefused() {
        for size in [1, 20, 9610, 40_000] {
            for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] {
                for at in [0, size / 2, size - 1] {
                    var x = [Float](repeating: 0.5, count: size)
                    let good = x
                    x[at] = bad
                    let codec = Samples.codec(size)
                    #expect(throws: CodecError.nonFinite) {
                        try codec.encode(parameters: x, reference: good)
                    }
                    #expect(throws: CodecError.nonFinite) {
                        try codec.encode(parameters: good, reference: x)
                    }
                }
            }
        }
        let codec = Samples.codec(1)
        #expect(throws: CodecError.nonFinite) {
            try codec.encode(parameters: [3e38], reference: [-3e38])
        }
        #expect(throws: CodecError.length(expected: 1, got: 2)) {
            try codec.encode(parameters: [1, 2], reference: [1])
        }
        #expect(throws: CodecError.length(expected: 1, got: 0)) {
            try codec.encode(parameters: [1], reference: [])
        }
    }

    @Test("The largest and the smallest Floats survive every kind", arguments: ValueKind.allCases)
    func extremes(kind: ValueKind) throws {
        let extremes: [Float] = [
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1, .leastNormalMagnitude,
            .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1.FEp127,
        ]
        for count in 1...extremes.count {
            let x = Array(extremes.suffix(count))
            let codec = Samples.codec(count, kind)
            let zero = [Float](repeating: 0, count: count)
            let encoded = try codec.encode(parameters: x, reference: zero)
            let decoded = try codec.decode(encoded.payload)
            #expect(decoded == encoded.delta)
            #expect(decoded.values.allSatisfy { $0.isFinite })
        }
    }

    @Test("A dense payload decodes to every parameter", arguments: ValueKind.allCases)
    func densePayloads(kind: ValueKind) throws {
        for (seed, shape) in Shape.allCases.enumerated() {
            for size in [1, 64, 65, 1001, 9610] {
                var generator = SeededGenerator(seed: UInt64(seed))
                let (x, s) = shape.vectors(size, &generator)
                let difference = zip(x, s).map { $0 - $1 }
                let codec = Samples.codec(size)
                let payload = codec.encodeDense(difference, kind: kind)
                let decoded = try codec.decode(payload)
                let expected = BlockValues(rounding: difference, to: kind).decoded()
                if expected.allSatisfy({ $0 == 0 }) {
                    #expect(payload.isEmpty && decoded.isEmpty)
                } else {
                    #expect(decoded.values == expected, "\(shape), d \(size)")
                    #expect(decoded.indices == Array(0..<UInt32(size)))
                }
                #expect(payload.count <= codec.maximumPayload)
                #expect(payload.count <= 6 + kind.plainSize(size), "\(shape), d \(size)")
            }
        }
        let odd = Samples.codec(3).encodeDense([.nan, 7, .infinity], kind: kind)
        #expect(try Samples.codec(3).decode(odd).values[1] > 6.9)
    }

    @Test("No payload passes the bound, whatever the pattern, the kind and k")
    func boundHolds() throws {
        for size in [1, 5, 64, 300, 2000] {
            for (index, fraction) in [0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 1].enumerated() {
                for kind in ValueKind.allCases {
                    let codec = Samples.codec(size, fraction: fraction, minimum: 1, kind)
                    var generator = SeededGenerator(seed: UInt64(index))
                    let k = codec.options.count(size)
                    // Evenly strewn, all in front, all at the end, front and end, at random.
                    for pattern in 0..<5 {
                        var x = [Float](repeating: 0, count: size)
                        for j in 0..<k {
                            let spread = j * size / k
                            let at = [
                                spread, j, size - 1 - j, j % 2 == 0 ? j / 2 : size - 1 - j / 2,
                                generator.below(size),
                            ][pattern]
                            // Every bit of the magnitude at random: nothing to compress.
                            let bits = UInt32(truncatingIfNeeded: generator.next())
                            x[at] = Float(bitPattern: bits & 0xBFFF_FFFF | 1)
                        }
                        let zero = [Float](repeating: 0, count: size)
                        let encoded = try codec.encode(parameters: x, reference: zero)
                        let comment = Comment("d \(size), k \(k), \(kind), pattern \(pattern)")
                        #expect(encoded.payload.count <= codec.maximumDelta, comment)
                        #expect(codec.maximumDelta <= codec.maximumPayload, comment)
                        let dense = codec.encodeDense(x, kind: kind)
                        #expect(dense.count <= codec.maximumPayload, comment)
                    }
                }
            }
        }
    }
}
