// Room:  Daemon (floor 5).
// Task:  one line an event on stderr: `level event key=value`, or JSON.
// May:   swift-log, Glibc.
// Proof: Tests/DaemonTests/LogOutputTests.swift

import Glibc
import Logging
import Synchronization

/// How a log line is written.
public enum LogFormat: String, Sendable, CaseIterable { case text, json }

/// Where log lines go. One a process; the level may change while it runs.
final class LogOutput: Sendable {
    static let shared = LogOutput()

    private let settings = Mutex((level: Logger.Level.info, format: LogFormat.text))
    /// Lines go to the journal, which has a time of its own and reads priorities.
    private let isJournal = LogOutput.isJournal(
        of: 2, stream: getenv("JOURNAL_STREAM").map { String(cString: $0) })

    /// Whether a descriptor is the stream that systemd has connected with the journal.
    ///
    /// - stream: `JOURNAL_STREAM`: device and inode.
    /// - Source: systemd.exec(5), `$JOURNAL_STREAM`.
    static func isJournal(of descriptor: Int32, stream: String?) -> Bool {
        var status = stat()
        guard let stream, fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// `trace` to `critical`; an unknown name changes nothing.
    var level: String {
        get { settings.withLock { $0.level.rawValue } }
        set {
            guard let level = Logger.Level(rawValue: newValue) else { return }
            settings.withLock { $0.level = level }
        }
    }

    var format: LogFormat {
        get { settings.withLock { $0.format } }
        set { settings.withLock { $0.format = newValue } }
    }

    func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in Handler(output: self) }
    }

    private struct Handler: LogHandler {
        let output: LogOutput
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level {
            get { output.settings.withLock { $0.level } }
            set { output.level = newValue.rawValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let line = LogLine(
                level: event.level.rawValue, event: "\(event.message)",
                fields: all.keys.sorted().map { ($0, all[$0]?.description ?? "") })
            let text =
                output.format == .json
                ? (output.isJournal ? line.json : line.json(time: time(nil)))
                : output.isJournal ? line.plain : line.text(time: time(nil))
            var bytes = Array(((output.isJournal ? line.priority : "") + text).utf8)
            bytes.append(UInt8(ascii: "\n"))
            // One write a line: lines of several processes on one terminal do not mix.
            _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        }
    }
}

/// One event, ready to be written.
struct LogLine {
    let level: String
    let event: String
    let fields: [(key: String, value: String)]

    /// `12:34:56 notice  started node=alice`
    func text(time now: time_t) -> String {
        var now = now
        var parts = tm()
        localtime_r(&now, &parts)
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let padded = level + String(repeating: " ", count: max(0, 8 - level.count))
        return clock.joined(separator: ":") + " " + padded + plain
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
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    private func quoted(_ value: String) -> String {
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
