// Room:  tests of Daemon.
// Task:  rows fit the terminal; the status line is drawn in its place and leaves nothing behind.
// May:   Daemon.
// Proof: itself

import Synchronization
import Testing

@testable import Daemon

@Suite struct LogScreenTests {
    private final class Written: Sendable {
        private let text = Mutex("")
        func add(_ more: String) { text.withLock { $0 += more } }
        var all: String { text.withLock { $0 } }
    }

    private func screen(
        columns: Int, colours: Bool = false, status: Bool = true
    )
        -> (LogScreen, Written)
    {
        let written = Written()
        let screen = LogScreen(
            hasColours: colours, hasStatus: status, columns: { columns },
            put: { written.add($0) })
        return (screen, written)
    }

    private let line = LogLine(
        level: "warning", event: "refused",
        fields: [
            ("note", "a peer of another federation: compare the IDs aloud, and the files"),
            ("peer", "carol"),
        ])

    @Test(arguments: [40, 60, 80, 200])
    func rows_fit_and_say_everything_in_columns(columns: Int) {
        let rows = LogScreen.rows(line, at: 0, columns: columns, hasColours: false)
        for row in rows { #expect(row.count <= columns, "\(row)") }
        #expect(rows[0].dropFirst(8).hasPrefix(" !  refused        note="))
        for row in rows.dropFirst() { #expect(row.hasPrefix(String(repeating: " ", count: 27))) }
        let words = rows.flatMap { $0.split(separator: " ") }.dropFirst(3)
        #expect(
            words.joined(separator: " ")
                == #"note="a peer of another federation: compare the IDs aloud, and the files" peer=carol"#
        )
    }

    @Test func a_word_longer_than_a_row_stands_whole() {
        let long = LogLine(
            level: "info", event: "x", fields: [("id", String(repeating: "a", count: 70))])
        let rows = LogScreen.rows(long, at: 0, columns: 40, hasColours: false)
        #expect(rows.count == 1 && rows[0].hasSuffix(String(repeating: "a", count: 70)))
    }

    @Test func levels_have_marks_and_colours_where_there_are_any() {
        func row(_ level: String, _ colours: Bool) -> Substring {
            LogScreen.rows(
                LogLine(level: level, event: "e", fields: []), at: 0, columns: 80,
                hasColours: colours)[0].dropFirst(colours ? 16 : 8)
        }
        #expect(row("error", false) == " !! e" && row("info", false) == "    e")
        #expect(row("error", true) == " \u{1B}[31m!!\u{1B}[0m \u{1B}[31me\u{1B}[0m")
        #expect(row("notice", true).hasSuffix("\u{1B}[1me\u{1B}[0m"))
    }

    @Test func the_status_is_pushed_down_by_lines_and_cut_to_the_row() {
        var (screen, written) = screen(columns: 20)
        screen.show(status: "training, round 1 of 240")
        #expect(written.all == "training, round 1 o")
        screen.write(LogLine(level: "info", event: "e", fields: []), at: 0)
        #expect(written.all.contains("\r\u{1B}[K"))
        #expect(written.all.hasSuffix("    e\ntraining, round 1 o"))
        screen.show(status: "")
        #expect(written.all.hasSuffix("\r\u{1B}[K"))
        screen.write(LogLine(level: "info", event: "f", fields: []), at: 0)
        #expect(written.all.hasSuffix("    f\n"))
    }

    @Test func a_job_in_the_background_draws_no_status() {
        var (screen, written) = screen(columns: 80, status: false)
        screen.show(status: "training")
        #expect(written.all.isEmpty)
    }
}
