// Room:  Codec (floor 2, pure).
// Task:  bfloat16: the upper half of a Float, rounded to nearest, ties to even.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/QuantiserTests.swift

/// A Float of 8 significant bits, kept as the upper 16 bits of the Float.
enum Bfloat16 {
    /// The bits of the largest finite number.
    static let greatest: UInt16 = 0x7F7F

    /// The nearest bfloat16, ties to even; what would become infinite becomes the largest finite.
    ///
    /// - value: finite.
    static func bits(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
        return rounded & 0x7FFF > UInt32(greatest)
            ? UInt16(rounded & 0x8000) | greatest : UInt16(rounded)
    }

    static func value(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// The scale of a block: bfloat16(`top / levels`), rounded once, from the exact quotient's
    /// Double; one step lower where `levels` times it would pass the largest Float.
    ///
    /// - top: the largest magnitude of the block, finite, at least 0.
    static func scale(top: Float, levels: Int) -> UInt16 {
        let quotient = Double(top) / Double(levels)
        // Below 2^-126 a Float's steps are 2^-149 and a bfloat16's 2^-133, whatever the exponent:
        // adding and taking away 1.5 * 2^52 steps rounds to whole steps. Above it the step is the
        // exponent's, 2^-7 of it.
        let exponent = quotient < 0x1p-126 ? -133 : Int(quotient.exponent) - 7
        let step = Double(sign: .plus, exponent: exponent, significand: 1)
        let rounded = Float((quotient / step).rounded(.toNearestOrEven) * step)
        var bits = UInt16(truncatingIfNeeded: min(rounded.bitPattern >> 16, UInt32(greatest)))
        if !(value(bits) * Float(levels)).isFinite { bits -= 1 }
        return bits
    }
}
