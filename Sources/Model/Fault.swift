// Room:  Model (floor 1, pure).
// Task:  what every error of ours can say: what, where, how to mend it, and the exit status.
// May:   nothing but the standard library.
// Proof: Tests/EndToEndTests (each wrong input prints its line and its hint)

/// An error that a person may read.
///
/// Printed as `starling: error: WHAT (CODE)` and `starling: hint: HINT`.
public protocol Fault: Error, Sendable, CustomStringConvertible {
    /// Stable, for scripts: `room.kebab-case`.
    var code: String { get }
    /// What went wrong and where, in one line, lower case, without a full stop.
    var what: String { get }
    /// How to mend it.
    var hint: String? { get }
    /// By sysexits: 1 failed, 64 usage, 65 data, 77 not trusted, 78 configuration.
    var exitStatus: Int32 { get }
}

extension Fault {
    public var hint: String? { nil }
    public var exitStatus: Int32 { 1 }
    public var description: String { "\(what) (\(code))" }
}

extension LayoutError: Fault {
    public var code: String { "model.layout" }
    public var what: String { description }
    public var exitStatus: Int32 { 78 }
}
