// Room:  starling (floor 6).
// Task:  how a figure went, in one line of characters.
// May:   Glibc (logarithms).
// Proof: Tests/StarlingTests/TopScreenTests.swift

import Glibc

/// Disagreement falls by powers of ten: each character is a step of the logarithm between the
/// smallest and the largest value that is shown.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")
    private static let ascii = Array("_.,-=+*#")

    /// - values: what is not positive and finite is a blank.
    /// - width: characters; older values than fit are left out, younger ones stand at the right.
    static func text(_ values: [Double], width: Int, isPlain: Bool) -> String {
        let ramp = isPlain ? ascii : blocks
        let shown = values.suffix(width)
        let logs = shown.map { $0.isFinite && $0 > 0 ? log($0) : nil }
        let known = logs.compactMap { $0 }
        guard let low = known.min(), let high = known.max() else {
            return String(repeating: " ", count: width)
        }
        let text = logs.map { value -> Character in
            guard let value else { return " " }
            // A figure that stands still is a line in the middle.
            let share = high - low > 1e-9 ? (value - low) / (high - low) : 0.4
            return ramp[min(ramp.count - 1, Int(share * Double(ramp.count)))]
        }
        return String(repeating: " ", count: width - text.count) + String(text)
    }
}
