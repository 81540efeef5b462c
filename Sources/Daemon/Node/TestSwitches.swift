// Room:  Daemon (floor 5).
// Task:  what only the demo's storm and the tests may ask of a daemon, by the environment.
// May:   nothing but the environment's values.
// Proof: Tests/DaemonTests/TestSwitchesTests.swift, Tests/EndToEndTests/StormTests.swift

/// `STARLING_TEST_…`: no line of a configuration file reaches these, and none is set in an
/// ordinary run.
struct TestSwitches: Equatable {
    /// `STARLING_TEST_PARTITIONS=1`: `POST /v1/test/partition` is there.
    var hasPartitions = false
    /// `STARLING_TEST_ROUND_MS`: a round's training takes at least so long, as on a slower machine.
    var round: Duration?

    init(_ environment: [String: String] = [:]) {
        hasPartitions = environment["STARLING_TEST_PARTITIONS"] == "1"
        round = environment["STARLING_TEST_ROUND_MS"].flatMap { Int($0) }
            .flatMap { (1...Self.longest).contains($0) ? .milliseconds($0) : nil }
    }

    /// Milliseconds.
    private static let longest = 60_000

    var isEmpty: Bool { self == TestSwitches() }
}
