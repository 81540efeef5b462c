// Room:  starling (floor 6).
// Task:  figures over several seeds: means, and how sure they are.
// May:   Glibc (logarithms, for reading only).
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Glibc

/// Mean of several values, and its standard error.
struct Mean: Sendable, Equatable {
    let value: Double
    /// Nil where one value says nothing of the others.
    let error: Double?

    /// Nil without values.
    init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        value = mean
        guard values.count > 1 else {
            error = nil
            return
        }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        error = (squares / (count - 1) / count).squareRoot()
    }

    /// `12.3 ± 0.4`, in a unit, with as many decimals as given.
    func text(times scale: Double = 1, decimals: Int, unit: String = "") -> String {
        let tail = unit.isEmpty ? "" : " " + unit
        let mean = Figures.fixed(value * scale, decimals)
        // All alike, as rounds may be: nothing to be said of their spread.
        guard let error, error > 0 else { return mean + tail }
        return "\(mean) ± \(Figures.fixed(error * scale, decimals))" + tail
    }

    /// Two or three digits of the mean: `119 ± 2`, `12.3 ± 0.6`, `1.23 ± 0.06`.
    func short(times scale: Double = 1, unit: String = "") -> String {
        let size = value.magnitude * scale
        let decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
        return text(times: scale, decimals: decimals, unit: unit)
    }

    /// As `Figures.bytes`.
    var bytes: String {
        guard let error, error > 0 else { return Figures.bytes(rounding: value) }
        switch value {
        case ..<999.5: return text(decimals: 0, unit: "B")
        case ..<999_500: return short(times: 1e-3, unit: "kB")
        case ..<999_500_000: return short(times: 1e-6, unit: "MB")
        default: return short(times: 1e-9, unit: "GB")
        }
    }
}

extension Figures {
    static func bytes(rounding count: Double) -> String {
        bytes(UInt64(min(max(count.isFinite ? count : 0, 0), 1e18).rounded()))
    }

    /// No more decimals than the number has, up to six: `2.5`, `100`.
    static func plain(_ value: Double) -> String {
        var text = fixed(value, 6)
        guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// `9.8e-5`: up to two digits of a number, however small.
    static func scientific(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return fixed(value, 0) }
        var exponent = Int(floor(log10(value.magnitude)))
        var digits = value / pow(10, Double(exponent))
        if (digits.magnitude * 10).rounded() >= 100 {
            digits /= 10
            exponent += 1
        }
        return "\(plain((digits * 10).rounded() / 10))e\(exponent)"
    }

    /// A digest or a hash: 16 digits.
    static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
