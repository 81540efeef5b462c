// Room:  Identity (floor 1).
// Task:  32 bytes as text that people read aloud: base32 in groups, with check characters.
// May:   nothing but the standard library.   May not: clock, sockets, files, randomness.
// Proof: Tests/IdentityTests/NodeIDTests.swift

/// The text form of a 256-bit hash; node IDs and federation IDs share it.
///
/// 52 characters of base32 (RFC 4648 §6, lower case, no padding) fall into four blocks of 13. A
/// check character follows each block, and the 56 are shown as 8 groups of 7.
///
/// The check character makes the sum of `a^(i+1) * x_i`, itself and a constant of the block zero in
/// GF(32), `a` a root of `x^5 + x^2 + 1`. The 14 multipliers differ, so every single wrong
/// character and every swap of two characters of a block is found for certain; the constant finds
/// blocks in the wrong order. Anything else slips through one check in 32.
///
/// - Source: our own; in spirit the check digits of Syncthing's device IDs, which use Luhn.
public enum CheckedText {
    static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    static let blockCount = 4
    static let blockData = 13

    /// The 32 bytes as 8 groups of 7 characters joined by dashes.
    public static func encode(_ bytes: [UInt8]) -> String {
        let symbols = symbols(of: bytes)
        var text: [UInt8] = []
        for block in 0..<blockCount {
            let data = Array(symbols[(block * blockData)..<((block + 1) * blockData)])
            for symbol in data + [check(data, block: block)] {
                if text.count % 8 == 7 { text.append(UInt8(ascii: "-")) }
                text.append(alphabet[Int(symbol)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first 8 characters of the base32 form.
    public static func short(_ bytes: [UInt8]) -> String {
        String(decoding: symbols(of: bytes).prefix(8).map { alphabet[Int($0)] }, as: UTF8.self)
    }

    /// Reads the text form back. Case, dashes and blanks do not matter.
    public static func decode(_ text: String) throws(NodeIDError) -> [UInt8] {
        var symbols: [UInt8] = []
        for character in text where !isSeparator(character) {
            guard let symbol = symbol(of: character) else {
                throw .character(character, group: symbols.count / 7 + 1)
            }
            symbols.append(symbol)
        }
        guard symbols.count == blockCount * (blockData + 1) else { throw .length(symbols.count) }
        var data: [UInt8] = []
        for block in 0..<blockCount {
            let start = block * (blockData + 1)
            let part = Array(symbols[start..<(start + blockData)])
            // 52 characters hold 260 bits: the last four must be zero, or two texts name one node.
            let spare = block == blockCount - 1 ? part[blockData - 1] & 0b1111 : 0
            guard check(part, block: block) == symbols[start + blockData], spare == 0 else {
                let written = symbols[start..<(start + blockData + 1)].map { alphabet[Int($0)] }
                let halves = [written.prefix(7), written.suffix(7)]
                    .map { String(decoding: $0, as: UTF8.self) }
                throw .mistyped(
                    groups: (2 * block + 1)...(2 * block + 2), text: "\(halves[0])-\(halves[1])")
            }
            data += part
        }
        return bytes(of: data)
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character == "-" || character == " " || character == "\t"
    }

    private static func symbol(of character: Character) -> UInt8? {
        guard let ascii = character.asciiValue else { return nil }
        switch ascii {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return ascii - UInt8(ascii: "a")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return ascii - UInt8(ascii: "A")
        case UInt8(ascii: "2")...UInt8(ascii: "7"): return ascii - UInt8(ascii: "2") + 26
        default: return nil
        }
    }

    /// 32 bytes in groups of five bits, the last one filled up with zeros.
    private static func symbols(of bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count == 32, "the text form is for 32 bytes")
        var symbols: [UInt8] = []
        var window: UInt32 = 0
        var held = 0
        for byte in bytes {
            window = window << 8 | UInt32(byte)
            held += 8
            while held >= 5 {
                held -= 5
                symbols.append(UInt8(truncatingIfNeeded: window >> UInt32(held)) & 31)
            }
        }
        symbols.append(UInt8(truncatingIfNeeded: window << UInt32(5 - held)) & 31)
        return symbols
    }

    private static func bytes(of symbols: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var window: UInt32 = 0
        var held = 0
        for symbol in symbols {
            window = window << 5 | UInt32(symbol)
            held += 5
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: window >> UInt32(held)))
            }
        }
        return bytes
    }

    private static func check(_ data: [UInt8], block: Int) -> UInt8 {
        // Horner: the first character gets the highest power, the last one `a`.
        data.reduce(0) { timesRoot($0 ^ $1) } ^ UInt8(block + 1)
    }

    /// Times `a` in GF(32).
    private static func timesRoot(_ x: UInt8) -> UInt8 {
        let shifted = x << 1
        return shifted & 32 == 0 ? shifted : (shifted ^ 0b10_0101) & 31
    }
}
