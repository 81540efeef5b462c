// Room:  the tests of Codec.
// Task:  the range coder gives back what it was given, in about as many bits as it must.
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

@Suite struct RangeCoderTests {
    @Test("Any mix of likely, unlikely and plain bits comes back, and the stream ends there")
    func roundTrip() throws {
        for seed in 0..<300 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let count = generator.below(400)
            let bias = 1 + generator.below(1000)
            let items = (0..<count).map { _ in
                (
                    generator.below(3), UInt64(generator.below(1 << 33 - 1)),
                    generator.below(bias) == 0
                )
            }
            let fresh = (Chance(limit: 30), NumberModel(limit: 60), NumberModel.gaps(7, of: 900))
            var model = fresh
            var encoder = RangeEncoder()
            for (what, number, bit) in items {
                switch what {
                case 0: encoder.encode(bit, &model.0)
                case 1: model.1.encode(bit ? number : number & 31, to: &encoder)
                default: model.2.encode(number >> 20, to: &encoder)
                }
                encoder.encode(plain: UInt32(number & 7), count: 3)
            }
            let bytes = encoder.finish()
            model = fresh
            var decoder = RangeDecoder([9, 9] + bytes, from: 2)
            for (what, number, bit) in items {
                switch what {
                case 0: #expect(decoder.decode(&model.0) == bit, "seed \(seed)")
                case 1:
                    #expect(
                        model.1.decode(from: &decoder) == (bit ? number : number & 31),
                        "seed \(seed)")
                default:
                    #expect(model.2.decode(from: &decoder) == number >> 20, "seed \(seed)")
                }
                #expect(decoder.decode(plain: 3) == UInt32(number & 7), "seed \(seed)")
            }
            try decoder.finish()
            // One byte more is one too many, whatever it is.
            for extra in [0, 1, 255] as [UInt8] where bytes.count > 0 {
                model = fresh
                var longer = RangeDecoder(bytes + [extra, extra, extra, extra, extra], from: 0)
                for (what, _, _) in items {
                    switch what {
                    case 0: _ = longer.decode(&model.0)
                    case 1: _ = model.1.decode(from: &longer)
                    default: _ = model.2.decode(from: &longer)
                    }
                    _ = longer.decode(plain: 3)
                }
                #expect(throws: CodecError.trailing) { try longer.finish() }
            }
        }
    }

    @Test("Carries run back through bytes of all ones")
    func carries() throws {
        // Bits of chance almost one, coded against expectation, push the number up to its end.
        for length in 1...60 {
            var chance = Chance(ofOne: 65_472, seen: 0, limit: 0)
            var encoder = RangeEncoder()
            var generator = SeededGenerator(seed: UInt64(length))
            let bits = (0..<length * 8).map { $0 < length * 4 ? false : generator.below(2) == 0 }
            for bit in bits { encoder.encode(bit, &chance) }
            chance = Chance(ofOne: 65_472, seen: 0, limit: 0)
            var decoder = RangeDecoder(encoder.finish(), from: 0)
            for bit in bits { #expect(decoder.decode(&chance) == bit) }
            try decoder.finish()
        }
    }

    @Test("A biased bit costs its entropy, within three per cent and four bytes")
    func entropy() {
        // One in eight: 0.5436 bits.
        var generator = SeededGenerator(seed: 3)
        var chance = Chance(limit: 255)
        var encoder = RangeEncoder()
        var ones = 0
        for _ in 0..<20_000 {
            let bit = generator.below(8) == 0
            if bit { ones += 1 }
            encoder.encode(bit, &chance)
        }
        let expected = 20_000 * 0.5436 / 8
        let bytes = Double(encoder.finish().count)
        #expect(abs(Double(ones) - 2500) < 200)
        #expect(abs(bytes - expected) < 0.05 * expected)
    }

    @Test("Evenly strewn coordinates cost no more than their entropy and a hundredth")
    func gapsOfStrewnCoordinates() {
        for seed in 0..<5 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let dimension = 100_000
            let count = 3000
            var places = Array(0..<UInt32(dimension))
            generator.shuffle(&places)
            let indices = places.prefix(count).sorted()
            var encoder = RangeEncoder()
            var model = NumberModel.gaps(count, of: dimension)
            var next: UInt32 = 0
            for index in indices {
                model.encode(UInt64(index - next), to: &encoder)
                next = index + 1
            }
            // log2(e / 0.03) is 6.50 bits.
            #expect(
                Double(encoder.finish().count) * 8 < 1.012 * 6.50 * Double(count), "seed \(seed)")
        }
    }
}
