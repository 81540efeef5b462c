// Room:  Daemon (floor 5).
// Task:  one event as a line: for a file, for the journal, as JSON.
// May:   Glibc.
// Proof: Tests/DaemonTests/LogOutputTests.swift

import Glibc

/// One event, ready to be written.
struct LogLine {
    let level: String
    let event: String
    let fields: [(key: String, value: String)]

    /// `12:34:56 notice  started node=alice`
    func text(time now: time_t) -> String {
        let padded = level + String(repeating: " ", count: max(0, 8 - level.count))
        return Self.clock(now) + " " + padded + plain
    }

    /// `12:34:56`, of this machine's zone.
    static func clock(_ now: time_t) -> String {
        var now = now
        var parts = tm()
        localtime_r(&now, &parts)
        return clock(parts)
    }

    private static func clock(_ parts: tm) -> String {
        [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two).joined(separator: ":")
    }

    private static func two(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// `started node=alice`
    var plain: String { event + fields.map { " \($0.key)=\(quoted($0.value))" }.joined() }

    /// By syslog's numbers, as sd-daemon(3) has them.
    var priority: String {
        switch level {
        case "critical": "<2>"
        case "error": "<3>"
        case "warning": "<4>"
        case "notice": "<5>"
        case "info": "<6>"
        default: "<7>"
        }
    }

    var json: String { json(time: nil) }

    /// - time: written as RFC 3339 has it, in UTC; nil where whoever reads has a time of its own.
    func json(time now: time_t?) -> String {
        let stamp = now.map { [("time", Self.stamp($0))] } ?? []
        let all = stamp + [("level", level), ("event", event)] + fields
        return "{" + all.map { "\(escaped($0.0)):\(escaped($0.1))" }.joined(separator: ",") + "}"
    }

    /// `2026-11-26T08:35:16Z`
    static func stamp(_ now: time_t) -> String {
        var now = now
        var parts = tm()
        gmtime_r(&now, &parts)
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(clock(parts))Z"
    }

    func quoted(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy {
                !$0.isInvisible && !$0.isBlank && $0 != "\""
            }
        return isPlain ? value : escaped(value)
    }

    private func escaped(_ value: String) -> String {
        // JSON escapes what is below a blank itself; the rest is made visible here.
        var text = ""
        for scalar in value.unicodeScalars {
            let isHidden = scalar.isInvisible || scalar.isBlank && scalar != " "
            if scalar.value < 0x20 || !isHidden {
                text.unicodeScalars.append(scalar)
            } else {
                text += "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
            }
        }
        var out = ""
        JSON.quote(text, to: &out)
        return out
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool { properties.generalCategory == .spaceSeparator }
}
