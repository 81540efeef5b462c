// Room:  Simulation (floor 5, pure).
// Task:  deliberate bugs that the laws must catch; tests alone can switch one on.
// May:   nothing.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/CanaryTests.swift

/// A bug between the core and the world, as if the core had it. None can be reached from outside
/// of this room but by its tests, and no code of the core itself knows of them.
enum Canary: CaseIterable {
    /// The delta that was out when the connection broke is not said again on the next.
    case dropsTheResend
    /// The move of an exchange is added to the parameters twice, now and then.
    case appliesTwice
    /// A checkpoint holds the parameters of one instant and the links of an earlier one.
    case tearsTheInstant
    /// A ledger that is to be taken back stays in the correction.
    case keepsTheLedger
}
