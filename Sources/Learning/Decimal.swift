// Room:  Learning (floor 2, pure).
// Task:  text to Float32, correctly rounded, fast, without a locale.
// May:   nothing but the standard library.
// Proof: Tests/LearningTests/DecimalTests.swift

/// Decimal numbers as they stand in a CSV file.
enum Decimal {
    enum Outcome: Equatable {
        case number(Float)
        case notFinite
        case notANumber
    }

    private static let powers: [Double] = {
        var powers = [1.0]
        for _ in 0..<22 { powers.append(powers[powers.count - 1] * 10) }
        return powers
    }()

    /// Reads `[+-]digits[.digits][e[+-]digits]`; "nan" and "inf" in their usual spellings, and
    /// numbers beyond Float32, are `notFinite`.
    ///
    /// - Complexity: O(length), no allocation on the usual way.
    /// - Source: Clinger 1990: a whole number below 2^53 times or by a power of ten up to 10^22 is
    ///   one correctly rounded Double operation. Rounding that again to Float32 can only go wrong
    ///   where the Double lies half-way between two Float32; those take the slow way.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Outcome {
        var at = 0
        let end = text.count
        var negative = false
        if at < end, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
            negative = text[at] == UInt8(ascii: "-")
            at += 1
        }
        var mantissa: UInt64 = 0
        var digits = 0
        var significant = 0
        var exponent = 0
        var fraction = false
        while at < end {
            let byte = text[at]
            if byte >= 0x30, byte <= 0x39 {
                digits += 1
                if significant < 19 {
                    mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                    if mantissa > 0 { significant += 1 }
                    if fraction { exponent -= 1 }
                } else {
                    significant += 1
                    if !fraction { exponent += 1 }
                }
            } else if byte == UInt8(ascii: "."), !fraction {
                fraction = true
            } else {
                break
            }
            at += 1
        }
        guard digits > 0 else { return special(text) }
        if at < end, text[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            var minus = false
            if at < end, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
                minus = text[at] == UInt8(ascii: "-")
                at += 1
            }
            guard at < end else { return .notANumber }
            var power = 0
            while at < end, text[at] >= 0x30, text[at] <= 0x39 {
                // Bounded: beyond it every mantissa is zero or infinite anyway.
                power = min(power * 10 + Int(text[at] &- 0x30), 1_000_000)
                at += 1
            }
            exponent += minus ? -power : power
        }
        guard at == end else { return .notANumber }
        if mantissa == 0 { return .number(negative ? -0.0 : 0.0) }
        if significant <= 19, mantissa < 1 << 53, exponent >= -22, exponent <= 22 {
            let whole = Double(mantissa)
            let value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent]
            // Below the normal numbers of Float32 the half-way pattern lies elsewhere.
            if value.bitPattern & 0x1FFF_FFFF != 0x1000_0000, value >= 0x1p-126 {
                return finite(Float(negative ? -value : value))
            }
        }
        guard let value = Float(String(decoding: text, as: UTF8.self)) else { return .notANumber }
        return finite(value)
    }

    private static func finite(_ value: Float) -> Outcome {
        value.isFinite ? .number(value) : .notFinite
    }

    private static func special(_ text: UnsafeBufferPointer<UInt8>) -> Outcome {
        var word = text.count <= 9 ? String(decoding: text, as: UTF8.self).lowercased() : ""
        if word.hasPrefix("+") || word.hasPrefix("-") { word.removeFirst() }
        return ["nan", "inf", "infinity"].contains(word) ? .notFinite : .notANumber
    }
}
