// Room:  starling (floor 6).
// Task:  one line of progress on a terminal, rewritten in place.
// May:   Daemon (the terminal), EventLoop (the clock), Glibc.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Daemon
import EventLoop
import Glibc

/// Writes to standard error, so that standard output holds the result alone; nothing where that
/// is no terminal. Threads may share it.
final class SimulationScreen: Sendable {
    private struct State {
        var drawn: MonotonicTime?
        var isDirty = false
    }

    private let isShown: Bool
    private let state = Guarded(State())

    private static let pace = Duration.milliseconds(100)
    private static let width = 79

    /// - isQuiet: other lines go to standard error, which would tear this one.
    init(isQuiet: Bool = false) {
        isShown = !isQuiet && TerminalDevice.canDraw(on: STDERR_FILENO)
    }

    /// - text: asked for only when it is time for a new line.
    func show(_ text: () -> String) {
        guard isShown else { return }
        let now = MonotonicTime.current
        let isDue = state.withLock { state -> Bool in
            if let drawn = state.drawn, now - drawn < Self.pace { return false }
            state.drawn = now
            state.isDirty = true
            return true
        }
        guard isDue else { return }
        let line = "\r" + text().prefix(Self.width) + "\u{1B}[K"
        // Under the lock, so that nothing is drawn once the screen is cleared.
        state.withLock { state in if state.isDirty { TerminalDevice.write(line, to: STDERR_FILENO) }
        }
    }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            if state.isDirty { TerminalDevice.write("\r\u{1B}[K", to: STDERR_FILENO) }
            state.isDirty = false
        }
    }
}

/// Wall time since it was made.
struct Stopwatch: Sendable {
    private let start = MonotonicTime.current

    /// Down to a thousandth.
    var seconds: Double {
        ((MonotonicTime.current - start).inSeconds * 1000).rounded() / 1000
    }
}
