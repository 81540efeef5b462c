// Room:  Federation (floor 2, pure).
// Task:  which texts may stand as names, and how a text is written as a TOML string.
// May:   nothing but the standard library.
// Proof: Tests/FederationTests/FederationFileErrorTests.swift

enum Wording {
    /// 1 to 64 Unicode scalars that can be printed on one line, no blank at either end.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { isPrintable($0, lines: false) }
            && text.first?.isWhitespace == false && text.last?.isWhitespace == false
    }

    /// Up to 4,000 bytes that can be printed; line ends are fine.
    static func isDescription(_ text: String) -> Bool {
        text.utf8.count <= 4000 && text.unicodeScalars.allSatisfy { isPrintable($0, lines: true) }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar, lines: Bool) -> Bool {
        switch scalar.properties.generalCategory {
        // Invisible ones would let two names look alike, and could turn a terminal's line round.
        case .control: lines && (scalar == "\n" || scalar == "\t")
        case .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }

    /// A basic string of TOML, quotes included.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}
