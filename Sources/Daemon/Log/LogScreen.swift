// Room:  Daemon (floor 5).
// Task:  the log for somebody who watches: short lines in columns, and below them how far the node is.
// May:   Glibc.
// Proof: Tests/DaemonTests/LogScreenTests.swift

import Glibc

/// Log lines on a terminal, and one line below them that is drawn anew in its place.
struct LogScreen: Sendable {
    let hasColours: Bool
    /// Whether the status line is drawn: not by a job in the background of somebody's shell.
    let hasStatus: Bool
    let columns: @Sendable () -> Int
    let put: @Sendable (String) -> Void

    private var status = ""

    init(
        hasColours: Bool, hasStatus: Bool, columns: @escaping @Sendable () -> Int,
        put: @escaping @Sendable (String) -> Void
    ) {
        self.hasColours = hasColours
        self.hasStatus = hasStatus
        self.columns = columns
        self.put = put
    }

    static let ofStandardError: LogScreen? = {
        guard TerminalDevice.canDraw(on: STDERR_FILENO) else { return nil }
        return LogScreen(
            hasColours: !TerminalDevice.isPlain,
            hasStatus: tcgetpgrp(STDERR_FILENO) == getpgrp(),
            columns: { TerminalDevice.size(of: STDERR_FILENO).columns },
            put: { TerminalDevice.write($0, to: STDERR_FILENO) })
    }()

    mutating func write(_ line: LogLine, at now: time_t) {
        let rows = Self.rows(line, at: now, columns: columns(), hasColours: hasColours)
        put(erasing + rows.joined(separator: "\n") + "\n" + drawn)
    }

    mutating func show(status next: String) {
        guard hasStatus else { return }
        let before = erasing
        status = next
        put(before + drawn)
    }

    private var erasing: String { status.isEmpty ? "" : "\r\u{1B}[K" }

    private var drawn: String {
        guard !status.isEmpty else { return "" }
        let cut = String(status.prefix(max(1, columns() - 1)))
        return hasColours ? "\u{1B}[2m\(cut)\u{1B}[0m" : cut
    }

    // MARK: A line

    /// Time, mark, event; fields start in this column on every row.
    private static let indentation = 8 + 4 + eventWidth + 1
    private static let eventWidth = 14

    /// One event as rows of at most `columns`: its fields are broken between words; a word that is
    /// longer than a row stands as it is.
    ///
    /// ```
    /// 12:34:56    link-up        direction=dialled peer=bob
    /// 12:34:58 !  fault          note="a delta of another epoch" peer=carol
    /// ```
    static func rows(
        _ line: LogLine, at now: time_t, columns: Int, hasColours: Bool
    ) -> [String] {
        let (mark, style) =
            switch line.level {
            case "critical", "error": ("!!", "31")
            case "warning": ("! ", "33")
            case "notice": ("  ", "1")
            default: ("  ", "")
            }
        func painted(_ text: String, _ style: String) -> String {
            hasColours && !style.isEmpty && !text.isEmpty
                ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
        }
        let padding = String(repeating: " ", count: max(0, eventWidth - line.event.count))
        var rows = [
            painted(LogLine.clock(now), "2") + " " + (mark == "  " ? mark : painted(mark, style))
                + " "
                + painted(line.event, style) + (line.fields.isEmpty ? "" : padding)
        ]
        var width = 12 + max(line.event.count, eventWidth)
        for (key, value) in line.fields {
            let words = "\(key)=\(line.quoted(value))".split(
                separator: " ", omittingEmptySubsequences: false)
            for (i, word) in words.enumerated() {
                if width + 1 + word.count > columns, width > indentation - 1 {
                    rows.append(String(repeating: " ", count: indentation - 1))
                    width = indentation - 1
                }
                width += 1 + word.count
                let isFirst = i == 0
                rows[rows.count - 1] +=
                    " " + (isFirst ? painted("\(key)=", "2") + word.dropFirst(key.count + 1) : word)
            }
        }
        return rows
    }
}
