// Room:  tests of Daemon.
// Task:  a log line is one line, whatever a peer says.
// May:   Daemon.
// Proof: itself

import Foundation
import Testing

@testable import Daemon

@Suite struct LogOutputTests {
    private let line = LogLine(
        level: "warning", event: "fault",
        fields: [("peer", "bob"), ("reason", "two words\n\u{1b}[2Jand \"more\"")])

    @Test func text_is_one_line_of_time_level_event_and_fields() {
        let text = line.text(time: 0)
        #expect(!text.contains("\n") && !text.contains("\u{1b}"))
        #expect(text.dropFirst(8).hasPrefix(" warning fault peer=bob reason=\"two words"))
    }

    @Test func json_is_one_object() {
        #expect(
            line.json
                == #"{"level":"warning","event":"fault","peer":"bob","reason":"two words\n\u001b[2Jand \"more\""}"#
        )
    }

    @Test func what_moves_a_cursor_or_turns_a_line_is_made_visible_in_words_without_blanks_too() {
        let evil = LogLine(
            level: "warning", event: "fault",
            fields: [("a", "x\u{9b}31mred"), ("b", "\u{7f}"), ("c", "a\u{202e}b"), ("d", "grün")])
        for text in [evil.plain, evil.json] {
            for scalar in ["\u{9b}", "\u{7f}", "\u{202e}"] { #expect(!text.contains(scalar)) }
            #expect(text.contains("<U+9B>31mred") && text.contains("a<U+202E>b"))
        }
        #expect(evil.plain.hasSuffix("d=grün"))
    }

    @Test func json_has_a_time_where_nobody_else_gives_one() {
        #expect(
            line.json(time: 1_795_690_800).hasPrefix(#"{"time":"2026-11-26T11:00:00Z","level""#))
    }

    @Test func the_journal_gets_a_priority_and_no_time() {
        #expect(line.priority == "<4>" && line.plain.hasPrefix("fault peer=bob reason="))
        let levels = ["critical", "error", "warning", "notice", "info", "debug", "trace"]
        #expect(
            levels.map { LogLine(level: $0, event: "", fields: []).priority }
                == ["<2>", "<3>", "<4>", "<5>", "<6>", "<7>", "<7>"])
    }

    @Test func only_the_very_stream_of_the_journal_is_it() throws {
        let handle = open("/dev/null", O_RDWR)
        defer { close(handle) }
        var status = stat()
        #expect(fstat(handle, &status) == 0)
        let name = "\(status.st_dev):\(status.st_ino)"
        #expect(LogOutput.isJournal(of: handle, stream: name))
        for other in [nil, "", "\(status.st_dev):\(status.st_ino + 1)", "\(name):1"] {
            #expect(!LogOutput.isJournal(of: handle, stream: other))
        }
        #expect(!LogOutput.isJournal(of: -1, stream: name))
    }

    @Test func an_unknown_level_changes_nothing() {
        let output = LogOutput()
        output.level = "debug"
        output.level = "loud"
        #expect(output.level == "debug")
    }
}
