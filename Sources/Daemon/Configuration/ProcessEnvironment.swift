// Room:  Daemon (floor 5).
// Task:  the environment of this process, as values.
// May:   FoundationEssentials.
// Proof: Tests/EndToEndTests

import FoundationEssentials

public enum ProcessEnvironment {
    /// Variables by name.
    public static var current: [String: String] { ProcessInfo.processInfo.environment }
}
