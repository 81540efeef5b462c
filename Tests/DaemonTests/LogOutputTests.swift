// Room:  tests of Daemon.
// Task:  a log line is one line, whatever a peer says.
// May:   Daemon.
// Proof: itself

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

    @Test func an_unknown_level_changes_nothing() {
        let output = LogOutput()
        output.level = "debug"
        output.level = "loud"
        #expect(output.level == "debug")
    }
}
