// Room:  Codec (floor 2, pure).
// Task:  values through the adaptive range coder: magnitudes above a floor that all share.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/RoundTripTests.swift

/// What both ends of the range coder know of values before and while they are read.
///
/// The largest k differences are all larger than some number, so small magnitudes do not occur,
/// and in a block of scale c no level below floor / c does. The floor is sent once (15 bits) and
/// magnitudes count from it.
struct ValueModel {
    let kind: ValueKind
    /// A bfloat16 below all magnitudes.
    let floor: UInt16
    private var numbers = NumberModel(limit: 60)
    private var scaleSteps = NumberModel(limit: 60)
    /// 4-bit levels: for each lowest level of a block, "above level m?" for m = 0...6.
    private var above = InlineArray<56, Chance>(repeating: Chance(limit: 30))
    private var lastScale: UInt16?

    init(kind: ValueKind, floor: UInt16) {
        self.kind = kind
        self.floor = floor
    }

    /// The lowest level that the floor leaves to a block, for levels up to `levels`.
    static func lowest(floor: UInt16, scale: UInt16, levels: Int) -> Int {
        guard scale > 0 else { return 0 }
        let level = (Bfloat16.value(floor) / Bfloat16.value(scale)).rounded(.toNearestOrEven)
        return level >= Float(levels) ? levels : Int(level)
    }

    /// The highest floor that leaves every value its level.
    static func floor(of values: BlockValues) -> UInt16 {
        guard let levels = values.kind.levels else {
            let least = values.words.lazy.map { $0 & ~BlockValues.signBit }.min() ?? 0
            return UInt16(least >> 16)
        }
        var floor = Bfloat16.greatest
        for (block, scale) in values.scales.enumerated() where scale > 0 {
            var least = levels
            for at in BlockValues.range(of: block, in: values.words.count) {
                least = min(least, Int(values.words[at] & ~BlockValues.signBit))
            }
            // Half a level above the least would still be rounded to it or just not.
            let half = (Float(least) + 0.5) * Bfloat16.value(scale)
            floor = min(floor, half.isFinite ? Bfloat16.bits(half) : Bfloat16.greatest)
            while floor > 0, lowest(floor: floor, scale: scale, levels: levels) > least {
                floor -= 1
            }
        }
        return floor
    }
}

// MARK: - Writing

extension ValueModel {
    static func encode(_ values: BlockValues, to encoder: inout RangeEncoder) {
        let floor = floor(of: values)
        var model = ValueModel(kind: values.kind, floor: floor)
        encoder.encode(plain: UInt32(floor), count: 15)
        guard let levels = values.kind.levels else {
            for word in values.words { model.encode(float: word, to: &encoder) }
            return
        }
        for (block, scale) in values.scales.enumerated() {
            model.encode(scale: scale, to: &encoder)
            guard scale > 0 else { continue }
            let lowest = Self.lowest(floor: floor, scale: scale, levels: levels)
            for at in BlockValues.range(of: block, in: values.words.count) {
                model.encode(level: values.words[at], from: lowest, to: &encoder)
            }
        }
    }

    private mutating func encode(float word: UInt32, to encoder: inout RangeEncoder) {
        let upper = (word & ~BlockValues.signBit) >> 16
        numbers.encode(UInt64(upper &- UInt32(floor)), to: &encoder)
        if kind == .float32 { encoder.encode(plain: word & 0xFFFF, count: 16) }
        if word != 0 { encoder.encode(plain: word >> 31, count: 1) }
    }

    private mutating func encode(scale: UInt16, to encoder: inout RangeEncoder) {
        if let last = lastScale {
            let step = Int32(scale) - Int32(last)
            scaleSteps.encode(UInt64(UInt32(bitPattern: step << 1 ^ step >> 31)), to: &encoder)
        } else {
            encoder.encode(plain: UInt32(scale), count: 15)
        }
        lastScale = scale
    }

    @inline(__always)
    private mutating func encode(level word: UInt32, from lowest: Int, to out: inout RangeEncoder) {
        let magnitude = Int(word & ~BlockValues.signBit)
        if kind == .int4 {
            var level = lowest
            while level < 7 {
                let more = magnitude > level
                out.encode(more, &above[7 &* lowest &+ level])
                guard more else { break }
                level &+= 1
            }
        } else {
            numbers.encode(UInt64(magnitude &- lowest), to: &out)
        }
        if magnitude > 0 { out.encode(plain: word >> 31, count: 1) }
    }
}

// MARK: - Reading

extension ValueModel {
    static func decode(
        kind: ValueKind, count: Int, from decoder: inout RangeDecoder
    ) throws(CodecError) -> BlockValues {
        let floor = UInt16(truncatingIfNeeded: decoder.decode(plain: 15))
        guard floor <= Bfloat16.greatest else { throw .value }
        var model = ValueModel(kind: kind, floor: floor)
        var values = BlockValues(kind: kind)
        // Few bytes may announce much: no more room than for what they can hold one bit each.
        values.words.reserveCapacity(min(count, decoder.bitsLeft))
        guard let levels = kind.levels else {
            for _ in 0..<count {
                values.words.append(try model.decodeFloat(from: &decoder))
                guard !decoder.isExhausted else { throw .truncated }
            }
            return values
        }
        for block in 0..<BlockValues.blocks(count) {
            let scale = try model.decodeScale(from: &decoder)
            values.scales.append(scale)
            let range = BlockValues.range(of: block, in: count)
            if scale > 0 {
                let lowest = lowest(floor: floor, scale: scale, levels: levels)
                for _ in range {
                    values.words.append(try model.decodeLevel(from: lowest, &decoder))
                }
            } else {
                values.words.append(contentsOf: repeatElement(0, count: range.count))
            }
            guard !decoder.isExhausted else { throw .truncated }
        }
        return values
    }

    private mutating func decodeFloat(from decoder: inout RangeDecoder) throws(CodecError) -> UInt32
    {
        let upper = UInt64(floor) + numbers.decode(from: &decoder)
        guard upper <= UInt64(Bfloat16.greatest) else { throw .value }
        var word = UInt32(upper) << 16
        if kind == .float32 { word |= decoder.decode(plain: 16) }
        if word != 0 { word |= decoder.decode(plain: 1) << 31 }
        return word
    }

    private mutating func decodeScale(from decoder: inout RangeDecoder) throws(CodecError) -> UInt16
    {
        var scale: Int64
        if let last = lastScale {
            let zigzag = Int64(scaleSteps.decode(from: &decoder))
            scale = Int64(last) + (zigzag >> 1 ^ -(zigzag & 1))
        } else {
            scale = Int64(decoder.decode(plain: 15))
        }
        guard let bits = UInt16(exactly: scale),
            BlockValues.isScale(bits, levels: kind.levels ?? 0)
        else { throw .value }
        lastScale = bits
        return bits
    }

    @inline(__always)
    private mutating func decodeLevel(
        from lowest: Int, _ decoder: inout RangeDecoder
    ) throws(CodecError) -> UInt32 {
        var level = lowest
        if kind == .int4 {
            while level < 7, decoder.decode(&above[7 &* lowest &+ level]) { level &+= 1 }
        } else {
            let more = numbers.decode(from: &decoder)
            guard more <= UInt64(127 &- lowest) else { throw .value }
            level &+= Int(more)
        }
        guard level > 0 else { return 0 }
        return UInt32(level) | decoder.decode(plain: 1) << 31
    }
}
