// Room:  starling (floor 6).
// Task:  colours, where there is a terminal to show them and nobody minds.
// May:   Glibc, Daemon (the environment).
// Proof: Tests/EndToEndTests

import Daemon
import Glibc

/// What stdout can show.
struct Terminal {
    let isTerminal: Bool
    let hasColours: Bool

    static let standardOutput: Terminal = {
        let isTerminal = isatty(1) == 1
        let plain = TerminalDevice.isPlain || ProcessEnvironment.current["TERM"] == "dumb"
        return Terminal(isTerminal: isTerminal, hasColours: isTerminal && !plain)
    }()

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func painted(_ text: String, _ style: Style?) -> String {
        guard hasColours, let style, !text.isEmpty else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// What others wrote (names, warnings), without anything that moves the cursor.
    static func harmless(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.isInvisible ? "?" : $0 }))
    }
}
