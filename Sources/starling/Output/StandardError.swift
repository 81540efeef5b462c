// Room:  starling (floor 6).
// Task:  lines for people, beside what a command prints for programs.
// May:   Glibc.
// Proof: Tests/EndToEndTests

import Glibc

enum StandardError {
    static func say(_ line: String) {
        // What was printed before comes before, when both go to one place.
        fflush(nil)
        let bytes = Array((line + "\n").utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
            // Nobody is left to hear why.
            if count < 0, errno != EINTR { return }
            sent += max(count, 0)
        }
    }
}
