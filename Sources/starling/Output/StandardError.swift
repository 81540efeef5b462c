// Room:  starling (floor 6).
// Task:  lines for people, beside what a command prints for programs.
// May:   Glibc.
// Proof: Tests/EndToEndTests

import Glibc

enum StandardError {
    static func say(_ line: String) {
        // What was printed before comes before, when both go to one place.
        fflush(nil)
        Terminal.write(line + "\n", to: STDERR_FILENO)
    }
}
