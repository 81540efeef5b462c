// Room:  Codec (floor 2, pure).
// Task:  the values of a delta as they are sent: magnitudes, signs and scales of blocks of 64.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/QuantiserTests.swift

/// Values rounded to what their kind can say.
///
/// One word a value, the sign in its highest bit and below it the magnitude: a Float's or a
/// bfloat16's bits (moved up to the same place), or the level. Zero has no sign.
struct BlockValues: Equatable {
    /// Coordinates, in order, that share a scale.
    static let block = 64

    let kind: ValueKind
    /// A bfloat16 for each block, at least 0; empty where the kind has no levels.
    var scales: [UInt16]
    var words: [UInt32]

    static let signBit: UInt32 = 0x8000_0000

    init(kind: ValueKind, scales: [UInt16] = [], words: [UInt32] = []) {
        self.kind = kind
        self.scales = scales
        self.words = words
    }

    /// Rounds to nearest, ties to even.
    ///
    /// - values: finite.
    init(rounding values: [Float], to kind: ValueKind) {
        self.init(kind: kind)
        words.reserveCapacity(values.count)
        guard let levels = kind.levels else {
            for value in values {
                let bits =
                    kind == .float32
                    ? value.bitPattern : UInt32(Bfloat16.bits(value)) << 16
                words.append(bits == Self.signBit ? 0 : bits)
            }
            return
        }
        for start in stride(from: 0, to: values.count, by: Self.block) {
            let end = min(start + Self.block, values.count)
            var top: Float = 0
            for at in start..<end { top = max(top, abs(values[at])) }
            let bits = Bfloat16.scale(top: top, levels: levels)
            scales.append(bits)
            guard bits > 0 else {
                words.append(contentsOf: repeatElement(0, count: end - start))
                continue
            }
            let scale = Bfloat16.value(bits)
            let most = Float(levels)
            for at in start..<end {
                // The rounded scale may be a little small: the largest stays at the last level.
                let level = min((abs(values[at]) / scale).rounded(.toNearestOrEven), most)
                let sign = level > 0 && values[at] < 0 ? Self.signBit : 0
                words.append(UInt32(level) | sign)
            }
        }
    }

    /// Exactly as every decoder computes them: level times scale, in Float.
    func decoded() -> [Float] {
        guard kind.levels != nil else { return words.map { Float(bitPattern: $0) } }
        var values: [Float] = []
        values.reserveCapacity(words.count)
        for (block, bits) in scales.enumerated() {
            let scale = Bfloat16.value(bits)
            for at in Self.range(of: block, in: words.count) {
                let magnitude = Float(words[at] & ~Self.signBit) * scale
                values.append(words[at] & Self.signBit == 0 ? magnitude : -magnitude)
            }
        }
        return values
    }

    static func range(of block: Int, in count: Int) -> Range<Int> {
        (block * Self.block)..<min(block * Self.block + Self.block, count)
    }

    static func blocks(_ count: Int) -> Int { (count + block - 1) / block }

    /// Whether `levels` times the scale is a finite Float, and the scale a number at least 0.
    static func isScale(_ bits: UInt16, levels: Int) -> Bool {
        bits <= Bfloat16.greatest && (Bfloat16.value(bits) * Float(levels)).isFinite
    }
}
