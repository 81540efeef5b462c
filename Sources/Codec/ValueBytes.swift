// Room:  Codec (floor 2, pure).
// Task:  values as plain bytes in planes, for deflate or for what nothing makes shorter.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/GoldenTests.swift

extension ValueKind {
    /// The bytes that `count` values take when written plainly.
    func plainSize(_ count: Int) -> Int {
        switch self {
        case .float32: 4 * count
        case .bfloat16: 2 * count
        case .int8: 2 * BlockValues.blocks(count) + count
        case .int4: 2 * BlockValues.blocks(count) + (count + 1) / 2
        }
    }
}

extension BlockValues {
    /// Scales first, lower bytes then upper bytes; then the values: Floats and bfloat16 in planes,
    /// lowest bytes first, levels in two's complement, 4-bit ones two a byte, the lower half first.
    func plainBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(kind.plainSize(words.count))
        for shift in [0, 8] as [UInt16] {
            for scale in scales { bytes.append(UInt8(truncatingIfNeeded: scale >> shift)) }
        }
        switch kind {
        case .float32, .bfloat16:
            for shift in stride(from: kind == .float32 ? 0 : 16, to: 32, by: 8) as StrideTo<UInt32>
            {
                for word in words { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
            }
        case .int8:
            for word in words { bytes.append(Self.twosComplement(word)) }
        case .int4:
            for at in stride(from: 0, to: words.count, by: 2) {
                let low = Self.twosComplement(words[at]) & 15
                let high = at + 1 < words.count ? Self.twosComplement(words[at + 1]) << 4 : 0
                bytes.append(low | high)
            }
        }
        return bytes
    }

    /// - plain: exactly `plainSize(count)` bytes.
    init(kind: ValueKind, count: Int, plain: ArraySlice<UInt8>) throws(CodecError) {
        self.init(kind: kind)
        var at = plain.startIndex
        words.reserveCapacity(count)
        switch kind {
        case .float32, .bfloat16:
            let width = kind == .float32 ? 4 : 2
            for place in 0..<count {
                var word: UInt32 = 0
                for plane in 0..<width {
                    let byte = UInt32(plain[at + plane * count + place])
                    word |= byte << UInt32(8 * (plane + 4 - width))
                }
                guard Float(bitPattern: word).isFinite, word != Self.signBit else { throw .value }
                words.append(word)
            }
        case .int8, .int4:
            let blocks = Self.blocks(count)
            for block in 0..<blocks {
                let bits = UInt16(plain[at + block]) | UInt16(plain[at + blocks + block]) << 8
                guard Self.isScale(bits, levels: kind.levels ?? 0) else { throw .value }
                scales.append(bits)
            }
            at += 2 * blocks
            for place in 0..<count {
                let level: Int8
                if kind == .int8 {
                    level = Int8(bitPattern: plain[at + place])
                } else {
                    let byte = plain[at + place / 2]
                    level = Int8(bitPattern: place % 2 == 0 ? byte << 4 : byte) >> 4
                }
                guard level >= -(Int8(kind.levels ?? 0)) else { throw .value }
                // A block of scale zero has no levels to choose from.
                guard level == 0 || scales[place / Self.block] > 0 else { throw .value }
                words.append(UInt32(level.magnitude) | (level < 0 ? Self.signBit : 0))
            }
            guard kind == .int8 || count % 2 == 0 || plain[plain.endIndex - 1] >> 4 == 0 else {
                throw .trailing
            }
        }
    }

    private static func twosComplement(_ word: UInt32) -> UInt8 {
        let magnitude = UInt8(truncatingIfNeeded: word)
        return word & signBit == 0 ? magnitude : 0 &- magnitude
    }
}
