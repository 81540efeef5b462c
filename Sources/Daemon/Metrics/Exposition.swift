// Room:  Daemon (floor 5).
// Task:  metrics as Prometheus reads them.
// May:   nothing.
// Proof: Tests/DaemonTests/MetricsTests.swift

/// Collects samples by metric, and writes them.
///
/// - Source: Prometheus, "Text-based format", version 0.0.4.
struct Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var samples: [Metric: [(labels: [(name: String, value: String)], value: Double)]] = [:]

    /// Nothing is said of what is not known.
    mutating func set(
        _ metric: Metric, _ value: Double?, _ labels: (name: String, value: String)...
    ) {
        guard let value else { return }
        samples[metric, default: []].append((labels, value))
    }

    mutating func set(
        _ metric: Metric, _ value: some BinaryInteger,
        _ labels: (name: String, value: String)...
    ) {
        samples[metric, default: []].append((labels, Double(value)))
    }

    /// In the order of `Metric`; a metric without a sample is left out.
    var text: String {
        var out = ""
        for metric in Metric.allCases {
            guard let samples = samples[metric] else { continue }
            out += "# HELP \(metric.rawValue) \(Self.escaped(metric.help, quotes: false))\n"
            out += "# TYPE \(metric.rawValue) \(metric.kind.rawValue)\n"
            for sample in samples {
                let labels = sample.labels.map {
                    "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\""
                }
                out += metric.rawValue
                if !labels.isEmpty { out += "{\(labels.joined(separator: ","))}" }
                out += " \(Self.number(sample.value))\n"
            }
        }
        return out
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers without a fraction, as far as a Double holds them exactly.
        if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return "\(Int64(value))" }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\"" where quotes: out += "\\\""
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
