// Room:  starling (floor 6).
// Task:  numbers as people read them.
// May:   nothing but the standard library.
// Proof: Tests/EndToEndTests

enum Figures {
    /// Fixed decimals, rounded half away from zero: `fixed(0.9666, 2)` is `0.97`. At most nine.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        precondition((0...9).contains(decimals), "nobody reads more than nine decimals")
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        // Above this a Double has no decimals, and an Int no room.
        guard scaled < 0x1p53 else { return "\(value)" }
        let digits = String(Int(scaled))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// `812 B`, `12.3 kB`, `4.56 MB`; thousands, not 1,024s.
    static func bytes(_ count: UInt64) -> String {
        switch count {
        case ..<1000: "\(count) B"
        case ..<999_950: fixed(Double(count) / 1e3, 1) + " kB"
        case ..<999_995_000: fixed(Double(count) / 1e6, 2) + " MB"
        default: fixed(Double(count) / 1e9, 2) + " GB"
        }
    }

    /// `1,797`.
    static func grouped(_ count: UInt64) -> String {
        var digits = Array(String(count))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return String(digits)
    }

    static func grouped(_ count: Int) -> String { grouped(UInt64(max(count, 0))) }

    /// `96.7 %`.
    static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

    /// Small numbers with three digits that mean something: `0.00123`, `12.3`.
    static func small(_ value: Double) -> String {
        switch value.magnitude {
        case 100...: fixed(value, 0)
        case 10..<100: fixed(value, 1)
        case 1..<10: fixed(value, 2)
        case 0.1..<1: fixed(value, 3)
        case 0.01..<0.1: fixed(value, 4)
        default: fixed(value, 5)
        }
    }

    /// `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`.
    static func span(seconds: Double) -> String {
        let whole = Int(min(max(seconds.isFinite ? seconds : 0, 0), 1e15))
        let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400)
        if days > 0 { return "\(days) d \(hours % 24) h" }
        if hours > 0 { return "\(hours) h \(minutes % 60) min" }
        if minutes > 0 { return "\(minutes) min \(whole % 60) s" }
        return "\(whole) s"
    }
}
