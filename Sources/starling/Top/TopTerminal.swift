// Room:  starling (floor 6).
// Task:  a terminal of one's own for a while: keys one by one, a screen that goes away again.
// May:   Daemon (the terminal), Glibc.
// Proof: Tests/EndToEndTests/TopTests.swift

import Daemon
import Glibc
import Synchronization

/// Borrowed on `init`, given back by `end`, as it was.
final class TopTerminal {
    enum Event: Equatable {
        case key(UInt8)
        case up, down
        /// A second is over, or the size has changed.
        case look
        case stop
    }

    /// Set by a signal: TERM, INT, HUP.
    private static let isStopped = Atomic(false)

    private var before = termios()
    private var hasEnded = false

    init() {
        tcgetattr(STDIN_FILENO, &before)
        var raw = before
        // Keys at once and unseen; Ctrl-C is still a signal, Ctrl-Z is nothing: a stopped `top`
        // would leave the terminal as it has it.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        withUnsafeMutableBytes(of: &raw.c_cc) { keys in
            keys[Int(VMIN)] = 0
            keys[Int(VTIME)] = 0
            keys[Int(VSUSP)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        for number in [SIGTERM, SIGINT, SIGHUP] {
            Self.catchSignal(number) { _ in TopTerminal.isStopped.store(true, ordering: .relaxed) }
        }
        // Ends the wait for a key, and the screen is drawn anew.
        Self.catchSignal(SIGWINCH) { _ in }
        // A screen beside the one that was there; no cursor.
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    deinit { end() }

    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        write("\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
    }

    var size: (columns: Int, rows: Int) { TerminalDevice.size(of: STDOUT_FILENO) }

    /// In one write, each line cleared behind its text: nothing flickers.
    func show(_ lines: [String]) {
        write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Waits for a key, a signal, or until the time is over.
    func next(within milliseconds: Int) -> Event {
        if Self.isStopped.load(ordering: .relaxed) { return .stop }
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        let count = poll(&input, 1, Int32(milliseconds))
        if Self.isStopped.load(ordering: .relaxed) { return .stop }
        guard count > 0 else { return .look }
        var bytes = [UInt8](repeating: 0, count: 8)
        let read = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
        // The terminal is gone.
        guard read > 0 else { return .stop }
        if read >= 3, bytes[0] == 0x1B, bytes[1] == UInt8(ascii: "[") {
            switch bytes[2] {
            case UInt8(ascii: "A"): return .up
            case UInt8(ascii: "B"): return .down
            default: return .look
            }
        }
        return .key(bytes[0])
    }

    private static func catchSignal(
        _ number: Int32, _ body: @escaping @convention(c) (Int32) -> Void
    ) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = body
        // Not SA_RESTART: the wait for a key must end.
        sigaction(number, &action, nil)
    }

    private func write(_ text: String) { TerminalDevice.write(text, to: STDOUT_FILENO) }
}
