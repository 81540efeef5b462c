// Room:  starling (floor 6).
// Task:  lines for people, beside what a command prints for programs.
// May:   Daemon (the terminal), Glibc.
// Proof: Tests/EndToEndTests

import Daemon
import Glibc

enum StandardError {
    static func say(_ line: String) {
        // What was printed before comes before, when both go to one place.
        fflush(nil)
        TerminalDevice.write(line + "\n", to: STDERR_FILENO)
    }
}
