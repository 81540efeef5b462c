// Room:  Daemon (floor 5).
// Task:  which characters of what others wrote may be shown as they are.
// May:   nothing but the standard library.
// Proof: Tests/DaemonTests/LogOutputTests.swift

extension Unicode.Scalar {
    /// Moves a cursor, ends a line or turns its direction, or is none: a log or a screen that showed
    /// it would let a peer write what it likes.
    public var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}
