// Room:  the tests of Codec.
// Task:  rounding: bfloat16, scales, levels.
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

@Suite struct QuantiserTests {
    @Test("bfloat16 rounds to the nearest, ties to even")
    func bfloat16() {
        #expect(Bfloat16.bits(1) == 0x3F80)
        #expect(Bfloat16.bits(Float(bitPattern: 0x3F80_8000)) == 0x3F80)
        #expect(Bfloat16.bits(Float(bitPattern: 0x3F81_8000)) == 0x3F82)
        #expect(Bfloat16.bits(Float(bitPattern: 0x3F80_8001)) == 0x3F81)
        #expect(Bfloat16.bits(-.greatestFiniteMagnitude) == 0xFF7F)
        #expect(Bfloat16.bits(.leastNonzeroMagnitude) == 0)
        for seed in 0..<2000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let value = Float(
                bitPattern: UInt32(truncatingIfNeeded: generator.next()) & 0xFF7F_FFFF)
            let bits = Bfloat16.bits(value)
            let error = abs(Bfloat16.value(bits) - value)
            for other in [bits &- 1, bits &+ 1] where Bfloat16.value(other).isFinite {
                #expect(error <= abs(Bfloat16.value(other) - value), "seed \(seed)")
            }
        }
    }

    @Test("A scale is the nearest bfloat16 of the exact quotient, denormal or not")
    func scale() {
        for seed in 0..<4000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let random = UInt32(truncatingIfNeeded: generator.next())
            let top = Float(bitPattern: seed % 4 == 0 ? random & 0x00FF_FFFF : random & 0x7F7F_FFFF)
            for levels in [7, 127] {
                let bits = Bfloat16.scale(top: top, levels: levels)
                #expect(BlockValues.isScale(bits, levels: levels), "seed \(seed)")
                let exact = Double(top) / Double(levels)
                let error = abs(Double(Bfloat16.value(bits)) - exact)
                for other in [bits &- 1, bits &+ 1] where other < 0x7F80 {
                    let step = Bfloat16.value(other)
                    guard (step * Float(levels)).isFinite else { continue }
                    let theirs = abs(Double(step) - exact)
                    #expect(error < theirs || (error == theirs && bits & 1 == 0), "seed \(seed)")
                }
            }
        }
        #expect(Bfloat16.scale(top: 0, levels: 7) == 0)
        #expect(Bfloat16.scale(top: .leastNonzeroMagnitude, levels: 7) == 0)
    }

    @Test("Levels are the nearest, ties to even, and never pass the last one")
    func levels() {
        // Scale 1: 7 / 7.
        let values: [Float] = [7, 0.5, 1.5, 2.5, -0.5, -1.5, -6.51, 0.49]
        let rounded = BlockValues(rounding: values, to: .int4)
        #expect(rounded.scales == [0x3F80])
        #expect(rounded.decoded() == [7, 0, 2, 2, 0, -2, -7, 0])
        for seed in 0..<500 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let top = Float(generator.uniform()) + 0.01
            for (kind, levels) in [(ValueKind.int4, 7), (.int8, 127)] as [(ValueKind, Float)] {
                let block = BlockValues(rounding: [top, -top], to: kind)
                let scale = Bfloat16.value(block.scales[0])
                #expect(block.decoded() == [levels * scale, -levels * scale], "seed \(seed)")
            }
        }
    }

    @Test("Each block of 64 has its own scale; one of zeros has scale zero")
    func blocks() {
        var values = [Float](repeating: 0, count: 150)
        for i in 64..<128 { values[i] = 127 }
        for i in 128..<150 { values[i] = -254 }
        let rounded = BlockValues(rounding: values, to: .int8)
        #expect(rounded.scales == [0, 0x3F80, 0x4000])
        #expect(rounded.decoded() == values)
    }
}
