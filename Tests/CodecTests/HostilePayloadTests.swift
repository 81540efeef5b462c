// Room:  the tests of Codec.
// Task:  whatever bytes come in, decoding ends, and gives a valid delta or a typed error.
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

enum Mutation {
    /// A few bits turned, bytes set, taken out, put in or cut off.
    static func mutated(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0...generator.below(3) {
            let byte = UInt8(truncatingIfNeeded: generator.next())
            if bytes.isEmpty {
                bytes.append(byte)
                continue
            }
            let at = generator.below(bytes.count)
            switch generator.below(7) {
            case 0, 1: bytes[at] ^= 1 << (byte & 7)
            case 2: bytes[at] = byte
            case 3: bytes.remove(at: at)
            case 4: bytes.insert(byte, at: at)
            case 5: bytes.removeSubrange(at...)
            default: bytes.append(byte)
            }
        }
        return bytes
    }
}

@Suite struct HostilePayloadTests {
    /// Checks that a delta is what every delta must be.
    static func isValid(_ delta: SparseDelta, _ dimension: Int) -> Bool {
        guard delta.dimension == dimension, delta.indices.count == delta.values.count else {
            return false
        }
        var next: UInt32 = 0
        for index in delta.indices {
            guard index >= next, index < dimension else { return false }
            next = index + 1
        }
        return delta.values.allSatisfy { $0.isFinite && $0.bitPattern != 0x8000_0000 }
    }

    /// Eight shards of 125,000 payloads: a million.
    @Test(
        "A million mutated and random payloads never trap and never give a bad delta",
        arguments: 0..<8)
    func million(shard: Int) throws {
        var generator = SeededGenerator(seed: UInt64(shard + 100))
        let codec = Samples.codec(21, minimum: 1)
        var seeds: [[UInt8]] = []
        for kind in ValueKind.allCases {
            let indices: [UInt32] = [0, 3, 4, 12, 20]
            let values = BlockValues(rounding: [0.5, -0.25, 1, -3, 2], to: kind)
            let sparse = PayloadWriter(layout: codec.layout, indices: indices, values: values)
            let all = PayloadWriter(
                layout: codec.layout, indices: Array(0..<21),
                values: BlockValues(rounding: (0..<21).map { Float($0) - 7 }, to: kind))
            for coordinates in CoordinateCoding.allCases {
                for coding in ValueCoding.allCases {
                    if let payload = sparse.write(coordinates, coding) { seeds.append(payload) }
                }
            }
            seeds += ValueCoding.allCases.compactMap { all.write(.all, $0) }
        }
        var accepted = 0
        for round in 0..<125_000 {
            let payload: [UInt8]
            if round % 4 == 0 {
                // Random bytes behind a head that is known.
                var bytes = [UInt8(generator.below(128))]
                if bytes[0] >> 2 & 7 != 0 { bytes.append(UInt8(generator.below(24))) }
                for _ in 0..<generator.below(24) {
                    bytes.append(UInt8(truncatingIfNeeded: generator.next()))
                }
                payload = bytes
            } else {
                payload = Mutation.mutated(seeds[generator.below(seeds.count)], &generator)
            }
            do {
                let delta = try codec.decode(payload)
                accepted += 1
                guard Self.isValid(delta, 21) else {
                    Issue.record("shard \(shard), round \(round): \(payload) gives \(delta)")
                    return
                }
            } catch {
                // Typed: nothing else can be thrown.
            }
        }
        // The generator of payloads is any good: some pass, most do not.
        #expect(accepted > 1000 && accepted < 110_000, "\(accepted) accepted")
    }

    @Test("Every payload cut short or followed by more is refused or means something else")
    func cutsAndTails() throws {
        let layout = try Golden.layout()
        let codec = DeltaCodec(layout: layout)
        for vector in Golden.vectors {
            let bytes = try Golden.bytes(vector.hex)
            let good = try codec.decode(bytes)
            for length in 1..<bytes.count {
                if let delta = try? codec.decode(Array(bytes[..<length])) {
                    #expect(delta != good, "\(vector.name) at \(length)")
                    #expect(Self.isValid(delta, layout.count), "\(vector.name) at \(length)")
                }
            }
            for tail in [[0], [1], [255], [0, 0, 0, 0, 0, 0], [7, 7, 7, 7, 7, 7]] as [[UInt8]] {
                let ranged = vector.name.contains("range")
                if let delta = try? codec.decode(bytes + tail) {
                    // A range-coded end may be said by other bytes, four at the most.
                    #expect(ranged && tail.count < 5 && tail.last != 0, "\(vector.name)")
                    #expect(delta == good || Self.isValid(delta, layout.count))
                }
            }
        }
    }

    @Test("Each thing that no encoder writes has its error")
    func eachError() throws {
        let codec = Samples.codec(21, minimum: 1)
        func expect(_ error: CodecError, _ bytes: [UInt8], _ what: Comment) {
            #expect(throws: error, what) { try codec.decode(bytes) }
        }
        // Heads: kind + 4 * coordinates + 32 * values.
        expect(.unknownFormat(0x80), [0x80, 0, 0], "another version")
        expect(.unknownFormat(0x1C), [0x1C, 0, 0], "coordinate coding 7")
        expect(.unknownFormat(0x60), [0x60, 0, 0], "value coding 3")
        expect(.truncated, [0x10], "no count")
        expect(.count, [0x10, 21, 0, 0, 0], "more coordinates than parameters")
        expect(.count, [0x10, 0x81, 0, 0, 0, 0], "a count in more bytes than it needs")
        expect(.count, [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0], "a count beyond 32 bits")
        // A bitmap (coding 4) and one float: 21 bits, 3 bytes.
        let one: [UInt8] = [0, 0, 0x80, 0x3F]
        #expect(try codec.decode([0x10, 0, 4, 0, 0] + one).indices == [2])
        expect(.truncated, [0x10, 0, 4, 0], "a bitmap cut short")
        expect(.truncated, [0x10, 0, 4, 0, 0, 0, 0, 0x80], "a value cut short")
        expect(.trailing, [0x10, 0, 4, 0, 0] + one + [0], "a byte behind the end")
        expect(.count, [0x10, 0, 0, 0, 0] + one, "a bitmap of nothing")
        expect(.count, [0x10, 0, 6, 0, 0] + one, "a bitmap of more than the count")
        expect(.coordinate, [0x10, 0, 0, 0, 0x20] + one, "a bit behind the last parameter")
        expect(.value, [0x10, 0, 4, 0, 0, 0, 0, 0x80, 0x7F], "infinity")
        expect(.value, [0x10, 0, 4, 0, 0, 1, 0, 0x80, 0x7F], "not a number")
        expect(.value, [0x10, 0, 4, 0, 0, 0, 0, 0, 0x80], "minus zero")
        // 8-bit: a scale (1 is 0x3F80) in two planes and a level.
        #expect(try codec.decode([0x12, 0, 4, 0, 0, 0x80, 0x3F, 0xFF]).values == [-1])
        expect(.value, [0x12, 0, 4, 0, 0, 0x80, 0x7F, 1], "an infinite scale")
        expect(.value, [0x12, 0, 4, 0, 0, 0x7F, 0x7F, 1], "a scale whose last level overflows")
        expect(.value, [0x12, 0, 4, 0, 0, 0x80, 0xBF, 1], "a scale below zero")
        expect(.value, [0x12, 0, 4, 0, 0, 0x80, 0x3F, 0x80], "level -128")
        expect(.value, [0x12, 0, 4, 0, 0, 0, 0, 1], "a level without a scale")
        // 4-bit.
        #expect(try codec.decode([0x13, 0, 4, 0, 0, 0x80, 0x3F, 0x07]).values == [7])
        expect(.value, [0x13, 0, 4, 0, 0, 0x80, 0x3F, 0x08], "level -8")
        expect(.trailing, [0x13, 0, 4, 0, 0, 0x80, 0x3F, 0x17], "an unused half byte")
        // Rice with parameter 0 (5 bits), then a gap of 2: 001.
        #expect(try codec.decode([0x08, 0, 0x80] + one).indices == [2])
        expect(.coordinate, [0x08, 0, 0, 0, 0, 0x80] + one, "a gap beyond the end")
        expect(.trailing, [0x08, 0, 0, 3] + one, "an unused bit")
        expect(.truncated, [0x08, 0, 0], "a gap cut short")
        expect(.truncated, [0x08, 20, 0x80], "more gaps than bits")
        // Deflate: a stored block of one byte.
        expect(.deflate, [0x2C, 0, 1, 1, 0], "a stream cut short")
        expect(.deflate, [0x0C, 0, 7, 7, 7, 7], "no deflate at all")
        // The range coder: all ones is beyond its last number.
        expect(.rangeCode, [0x18, 0] + one + [0xFF, 0xFF, 0xFF, 0xFF], "a number of one")
        expect(.coordinate, [0x18, 0] + one, "a gap beyond the end, range-coded")
    }

    @Test("A deflate bomb gets no more memory than the model explains")
    func bombs() throws {
        let codec = Samples.codec(1000)
        let bomb = Deflate.compress([UInt8](repeating: 0, count: 10_000_000))
        // As a bitmap, as varints of 64 gaps, as all values.
        #expect(throws: CodecError.deflate) { try codec.decode([0x14, 63] + bomb) }
        #expect(throws: CodecError.deflate) { try codec.decode([0x0C, 63] + bomb) }
        #expect(throws: CodecError.deflate) { try codec.decode([0x20] + bomb) }
        // A large model announced by few bytes: refused before anything is allocated.
        let large = DeltaCodec(layout: try ParameterLayout([("w", [4_000_000_000])]))
        #expect(throws: CodecError.truncated) { try large.decode([0x14, 63, 0, 0, 0]) }
        #expect(throws: CodecError.truncated) { try large.decode([0x10, 63, 0, 0, 0]) }
        #expect(throws: CodecError.truncated) {
            try large.decode([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x0D, 0, 0])
        }
        #expect(throws: CodecError.coordinate) {
            try large.decode([0x58, 0xFF, 0xFF, 0xFF, 0xFF, 0x0D, 0, 0])
        }
    }
}
