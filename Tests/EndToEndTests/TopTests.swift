// Room:  EndToEndTests.
// Task:  `top` on a terminal: what it shows, its keys, and the terminal as it was afterwards.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct TopTests {
    /// `script` gives it a terminal; what is typed comes through a pipe.
    private final class Screen {
        let program: Program
        private let keys: Int32
        private let output: String

        init(_ site: Site) throws {
            let bench = site.bench
            let input = bench.path("keys")
            output = bench.path("screen")
            mkfifo(input, 0o600)
            keys = open(input, O_RDWR | O_CLOEXEC)
            let command =
                "trap : INT; stty rows 24 cols 80; '\(try Binary.path())' top --state '\(site.state)'; "
                + "echo left $?; stty -a"
            program = try Program(
                ["script", "-qfec", command, "/dev/null"], in: bench.folder, ["TERM": "xterm"],
                input: input, output: output, errors: "/dev/null")
        }

        deinit { close(keys) }

        func type(_ text: String) { _ = write(keys, text, text.utf8.count) }

        var text: String {
            String(
                decoding: (try? Data(contentsOf: URL(fileURLWithPath: output))) ?? Data(),
                as: UTF8.self)
        }

        func until(_ part: String) throws {
            try wait(for: "\(part) on the screen", detail: { self.text }) { text.contains(part) }
        }
    }

    @Test("It shows the members, sorts by a key, quits by another, and gives the terminal back")
    func keys() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100_000)
        let alice = try Daemon(flock[0])
        let bob = try Daemon(flock[1])
        try alice.until("rounds") { $0.round > 5 && $0.links == 1 }
        let screen = try Screen(flock[0])
        try screen.until("\u{1B}[?1049h")
        try screen.until("2 members, 1 link")
        try screen.until("bob")
        try screen.until("by name")
        screen.type("s")
        try screen.until("by state")
        screen.type("q")
        try screen.until("left 0")
        // The other screen is gone, the cursor is back, and keys are lines again.
        #expect(screen.text.contains("\u{1B}[?25h\u{1B}[?1049l"))
        try screen.until("icanon")
        #expect(!screen.text.contains("-icanon") && !screen.text.contains("-echo "))
        withExtendedLifetime(bob) {}
    }

    @Test("A node that goes away meanwhile is said to be silent; Ctrl-C leaves in order")
    func silence() throws {
        let flock = try Flock(["alice", "bob"])
        let alice = try Daemon(flock[0])
        try alice.until("answer") { _ in true }
        let screen = try Screen(flock[0])
        try screen.until("by name")
        #expect(try alice.stop() == 0)
        try screen.until("no answer for")
        screen.type("\u{03}")
        try screen.until("left 0")
        #expect(screen.text.contains("\u{1B}[?25h\u{1B}[?1049l"))
    }

    @Test("Without a terminal it prints one table; without a node it says so")
    func plain() throws {
        let flock = try Flock(["alice", "bob"])
        let none = try flock[0].starling("top", "--state", flock[0].state)
        #expect(none.status != 0 && none.errors.contains("hint"), "\(none.errors)")
        let alice = try Daemon(flock[0])
        try alice.until("answer") { _ in true }
        let once = try flock[0].starling("top", "--state", flock[0].state)
        #expect(once.status == 0 && !once.output.contains("\u{1B}"), "\(once.errors)")
        #expect(once.lines.contains { $0.hasPrefix("member") })
        #expect(once.lines.contains { $0.hasPrefix("bob") })
    }
}
