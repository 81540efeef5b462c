// Room:  Daemon (floor 5).
// Task:  where log lines go, in which form, from which level on.
// May:   swift-log, Glibc.
// Proof: Tests/DaemonTests/LogOutputTests.swift, Tests/EndToEndTests

import Glibc
import Logging
import Synchronization

/// How a log line is written.
public enum LogFormat: String, Sendable, CaseIterable { case text, json }

/// Where log lines go. One a process; the level may change while it runs.
final class LogOutput: Sendable {
    static let shared = LogOutput()

    private let settings = Mutex((level: Logger.Level.info, format: LogFormat.text))
    /// nil: stderr is no terminal on which a cursor can be moved.
    private let screen = Mutex(LogScreen.ofStandardError)
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

    /// What stands below the last line, on a terminal; the next lines push it down. Empty: nothing.
    func show(status: String) {
        guard format == .text else { return }
        screen.withLock { $0?.show(status: status) }
    }

    /// Whether somebody watches, and sees what `show(status:)` says.
    var hasScreen: Bool { LogScreen.ofStandardError != nil && format == .text }

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
            if output.hasScreen {
                output.screen.withLock { $0?.write(line, at: time(nil)) }
                return
            }
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
