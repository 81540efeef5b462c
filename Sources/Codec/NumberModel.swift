// Room:  Codec (floor 2, pure).
// Task:  whole numbers of any size through the range coder: adaptive width, then the bits.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/RangeCoderTests.swift

/// What has been learnt of a kind of number.
///
/// n is written as v = n + 1: its width w (2^w <= v < 2^(w+1)) in unary, one chance for each step;
/// the highest of the w bits below the leading one by a chance of its own for each w; the rest
/// plain. (Elias γ with learnt probabilities.)
struct NumberModel {
    /// The widest v: 33 bits, w = 32.
    static let maximumWidth = 32

    private var wider: InlineArray<33, Chance>
    private var high: InlineArray<33, Chance>

    /// Knows nothing yet.
    init(limit: UInt8) {
        wider = InlineArray(repeating: Chance(limit: limit))
        high = wider
    }

    /// Expects geometric numbers: gaps between `count` coordinates strewn over `dimension` places.
    ///
    /// The chance that a gap goes on for 2^w places more is (1 - count / dimension)^(2^w), in
    /// 32-bit fixed point by repeated squaring, so that it is the same on every machine.
    init(count: Int, of dimension: Int, weight: UInt8, limit: UInt8) {
        self.init(limit: limit)
        let one: UInt64 = 1 << 32
        var survival = one - (UInt64(count) << 32) / UInt64(dimension)
        for w in 0...Self.maximumWidth {
            wider[w] = Chance(ofOne: Int(survival >> 16), seen: weight, limit: limit)
            if w < Self.maximumWidth {
                // v of width w + 1 lies in its upper half: h / (1 + h), h = survival over 2^w.
                let upper = (survival << 16) / (one + survival)
                high[w + 1] = Chance(ofOne: Int(upper), seen: weight, limit: limit)
            }
            survival = (survival &* survival) >> 32
        }
    }

    /// - number: at most 2^33 - 2.
    @inline(__always)
    mutating func encode(_ number: UInt64, to encoder: inout RangeEncoder) {
        let value = number &+ 1
        let width = 63 &- value.leadingZeroBitCount
        for w in 0..<width { encoder.encode(true, &wider[w]) }
        if width < Self.maximumWidth { encoder.encode(false, &wider[width]) }
        guard width > 0 else { return }
        encoder.encode((value >> UInt64(width &- 1)) & 1 == 1, &high[width])
        var left = width &- 1
        while left > 0 {
            let take = min(left, 16)
            left &-= take
            let bits = UInt32(truncatingIfNeeded: value >> UInt64(left)) & (1 << UInt32(take) &- 1)
            encoder.encode(plain: bits, count: UInt32(take))
        }
    }

    @inline(__always)
    mutating func decode(from decoder: inout RangeDecoder) -> UInt64 {
        var width = 0
        while width < Self.maximumWidth, decoder.decode(&wider[width]) { width &+= 1 }
        guard width > 0 else { return 0 }
        var value: UInt64 = decoder.decode(&high[width]) ? 3 : 2
        var left = width &- 1
        while left > 0 {
            let take = min(left, 16)
            left &-= take
            value = value << UInt64(take) | UInt64(decoder.decode(plain: UInt32(take)))
        }
        return value &- 1
    }
}
