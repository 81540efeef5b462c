// Room:  starling (floor 6).
// Task:  `top`: the federation as one node sees it, again every second.
// May:   ArgumentParser, Daemon, EventLoop (the clock), Glibc.
// Proof: Tests/EndToEndTests/TopTests.swift

import ArgumentParser
import Daemon
import EventLoop
import Glibc

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch the whole federation as a running node sees it.",
        discussion: """
            Members, who is there, rounds, accuracy, how far they are apart and how
            that went, bytes on this node's links. Keys: q quits, s sorts otherwise,
            j and k or the arrows scroll. Without a terminal it prints one table;
            for programs there is `starling members --json`.

              starling top --config starling.toml
            """)

    @OptionGroup var node: RunningNode

    func run() throws {
        let state = try node.paths().state
        var facts = TopFacts()
        try Self.look(state, &facts)
        let environment = ProcessEnvironment.current
        guard isatty(STDIN_FILENO) == 1, TerminalDevice.canDraw(on: STDOUT_FILENO)
        else {
            let members = facts.members.count
            let screen = TopScreen(
                columns: 80, rows: members + 6, terminal: .standardOutput,
                isPlain: !Self.isUnicode(environment))
            for line in screen.lines(facts).dropLast() where !line.isEmpty { print(line) }
            return
        }
        Self.watch(state, facts, isPlain: !Self.isUnicode(environment))
    }

    private static func watch(_ state: String, _ first: TopFacts, isPlain: Bool) {
        var facts = first
        let terminal = TopTerminal()
        defer { terminal.end() }
        var screen = TopScreen(
            columns: 80, rows: 24, terminal: .standardOutput, isPlain: isPlain)
        var lookedAt = now
        while true {
            (screen.columns, screen.rows) = terminal.size
            terminal.show(screen.lines(facts))
            let left = Int(max(0, lookedAt + 1 - now) * 1000)
            switch terminal.next(within: left) {
            case .stop, .key(UInt8(ascii: "q")), .key(3): return
            case .key(UInt8(ascii: "s")): screen.order = screen.order.next
            case .down, .key(UInt8(ascii: "j")):
                screen.offset = min(screen.offset + 1, max(0, facts.members.count - screen.room))
            case .up, .key(UInt8(ascii: "k")): screen.offset = max(0, screen.offset - 1)
            case .key, .look: break
            }
            guard now - lookedAt >= 1 else { continue }
            lookedAt = now
            do {
                try look(state, &facts)
            } catch {
                // It may be back in a moment.
                facts.missed("\(error)", at: now)
            }
        }
    }

    private static func look(_ state: String, _ facts: inout TopFacts) throws {
        facts.take(try NodePicture(state: state), at: now)
    }

    private static var now: Double { (MonotonicTime.current - start).inSeconds }
    private static let start = MonotonicTime.current

    /// By the locale, as the terminal's own programs judge.
    private static func isUnicode(_ environment: [String: String]) -> Bool {
        let name =
            ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
            ?? ""
        let lower = name.lowercased()
        return lower.hasSuffix("utf-8") || lower.hasSuffix("utf8")
    }
}
