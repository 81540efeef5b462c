// Room:  the tests of Codec.
// Task:  deflate gives back what it got, within its bounds, and only where it may win.
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

@Suite struct DeflateTests {
    @Test("What was deflated inflates to itself, and the end of the stream is found")
    func roundTrip() throws {
        for size in [1, 2, 255, 256, 257, 511, 512, 513, 1024, 40_000, 70_000] {
            for bound in [1, 4, 256] {
                var generator = SeededGenerator(seed: UInt64(size + bound))
                let bytes = (0..<size).map { _ in UInt8(generator.below(bound)) }
                let packed = Deflate.compress(bytes)
                let (plain, end) = try Deflate.expand(
                    [5, 5] + packed + [6, 6, 6], from: 2, size: size, exact: true)
                #expect(plain == bytes)
                #expect(end == packed.count + 2)
                // Too little room, or too much asked for.
                #expect(throws: CodecError.deflate) {
                    try Deflate.expand(packed, from: 0, size: size + 1, exact: true)
                }
                if size > 1 {
                    #expect(throws: CodecError.deflate) {
                        try Deflate.expand(packed, from: 0, size: size - 1, exact: false)
                    }
                }
                #expect(Deflate.compress(bytes, below: packed.count) == nil)
                #expect(Deflate.compress(bytes, below: packed.count + 1) == packed)
            }
        }
    }

    @Test("Deflate is tried where numbers repeat, and not where they are random")
    func repetition() {
        var generator = SeededGenerator(seed: 1)
        let random = (0..<3000).map { _ in UInt32(generator.below(30)) }
        #expect(!Repetition.isWorthDeflating(random))
        #expect(Repetition.isWorthDeflating([UInt32](repeating: 9, count: 100)))
        #expect(Repetition.isWorthDeflating((0..<300).map { UInt32($0 % 40) }))
        #expect(!Repetition.isWorthDeflating([1, 1, 1]))
    }

    @Test("Regular patterns take the coding that suits them, and few bytes")
    func patterns() throws {
        let size = 9610
        let codec = Samples.codec(size, fraction: 0.11)
        let zero = [Float](repeating: 0, count: size)
        var x = zero
        for i in stride(from: 4, to: size, by: 10) { x[i] = i % 20 == 4 ? 1 : -1 }
        let every = try codec.encode(parameters: x, reference: zero)
        #expect(every.payload.count < 100)
        x = zero
        for i in 5000..<6000 { x[i] = 1 }
        let run = try codec.encode(parameters: x, reference: zero)
        #expect(run.payload.count < 120)
        for encoded in [every, run] {
            #expect(try codec.decode(encoded.payload) == encoded.delta)
        }
    }
}
