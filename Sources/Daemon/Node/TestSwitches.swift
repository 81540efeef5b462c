// Room:  Daemon (floor 5).
// Task:  what only a storm and the tests may have of a daemon.
// May:   nothing.
// Proof: Tests/EndToEndTests/StormTests.swift

/// `starling demo-node` sets these. `starling run` has no way to: no option, no line of a
/// configuration file and no variable of the environment reaches them.
public struct TestSwitches: Equatable, Sendable {
    /// `POST /v1/test/partition` is there.
    public var hasPartitions: Bool
    /// A round's training takes at least so long, as on a slower machine.
    public var round: Duration?
    /// A file to which every message is written as it is sent, before it is encrypted.
    public var tap: String?

    public init(hasPartitions: Bool = false, round: Duration? = nil, tap: String? = nil) {
        self.hasPartitions = hasPartitions
        self.round = round
        self.tap = tap
    }
}
