// Room:  starling (floor 6).
// Task:  puts the demo's table on a terminal, in place; or progress lines where there is none.
// May:   Daemon (environment, the terminal), Glibc.
// Proof: Tests/EndToEndTests

import Daemon
import Glibc

/// Writes to standard error, so that standard output holds the result alone. Confined to the loop.
final class DemoScreen {
    private enum Kind { case terminal, lines, nothing }

    private let table: DemoTable
    private let kind: Kind
    private var drawn = 0
    /// When the last progress line was due, in seconds.
    private var lastLine = 0.0

    /// Seconds between two progress lines.
    private static let pace = 3.0

    /// - isQuiet: nothing but the result is wanted; a terminal shows the table all the same.
    init(_ plan: DemoPlan, isQuiet: Bool) {
        let environment = ProcessEnvironment.current
        let isTerminal = TerminalDevice.canDraw(on: STDERR_FILENO)
        let isPlain = environment["NO_COLOR"]?.isEmpty == false
        kind = isTerminal ? .terminal : isQuiet ? .nothing : .lines
        table = DemoTable(
            plan: plan,
            terminal: Terminal(isTerminal: isTerminal, hasColours: isTerminal && !isPlain))
        // The cursor would jump about.
        if kind == .terminal { TerminalDevice.write("\u{1B}[?25l", to: STDERR_FILENO) }
    }

    /// - news: lines underneath the table, on a terminal.
    func show(
        _ record: DemoRecord, seconds: Double, note: String = "", news: [String] = []
    ) {
        switch kind {
        case .nothing: break
        case .lines:
            guard seconds - lastLine >= Self.pace else { return }
            lastLine = seconds
            StandardError.say("starling: demo: \(table.progress(record, seconds: seconds))")
        case .terminal:
            let room = Self.height - news.count
            let lines =
                table.live(record, seconds: seconds, note: note, height: room)
                + news.map { TextTable.cut($0, to: 80) }
            let up = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
            // Each line is cleared behind its text, so that nothing flickers.
            TerminalDevice.write(
                up + "\r" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J",
                to: STDERR_FILENO)
            drawn = lines.count
        }
    }

    /// Something that happens only once; a terminal shows it in the table.
    func tell(_ text: String) {
        if kind == .lines { StandardError.say("starling: demo: \(text)") }
    }

    /// Gives the cursor back. The last table stays.
    func end() {
        guard kind == .terminal else { return }
        TerminalDevice.write("\u{1B}[?25h" + (drawn > 0 ? "\n" : ""), to: STDERR_FILENO)
    }

    /// One line less than the terminal has, for the cursor.
    private static var height: Int { TerminalDevice.size(of: STDERR_FILENO).rows - 1 }
}
