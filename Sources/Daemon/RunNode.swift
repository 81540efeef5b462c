// Room:  Daemon (floor 5).
// Task:  one node from its lock to its last checkpoint: what `starling run` does.
// May:   EventLoop, Store, Membership, Identity.
// Proof: Tests/EndToEndTests

import EventLoop
import Federation
import Identity
import Logging
import Membership
import Store

/// Runs a node until it is told to stop (SIGTERM, SIGINT).
///
/// - switches: none in an ordinary run.
/// - Throws: what keeps it from starting: a `Fault`. Nothing has been changed then.
public func runNode(
    _ preparation: Preparation, switches: TestSwitches = TestSwitches()
) throws {
    let configuration = preparation.configuration
    LogOutput.shared.level = configuration.logLevel
    LogOutput.shared.format = configuration.logFormat
    let lock = try StateLock.acquire(configuration.state)
    defer { lock.release() }
    let migrated = try StateFormat.released.bringUp(configuration.state).map {
        "the state was migrated from an older release; what was there before is kept in \($0)"
    }
    let opened = try OpenedBooks(preparation)
    let (restored, warnings, generation) = try restore(preparation, roster: opened.roster)
    let loop = try EventLoop()
    let node = try Node(
        loop: loop, preparation: preparation, opened: opened, restored: restored,
        warnings: preparation.warnings + [migrated].compactMap { $0 } + opened.warnings + warnings,
        generation: generation,
        seed: UInt64.random(in: 0 ... .max), log: LogOutput.shared.logger("starling"),
        manager: ServiceManager(environment: ProcessEnvironment.current), switches: switches)
    // This thread owns the loop until it runs elsewhere, and it runs here.
    try node.assumeIsolated { try $0.start() }
    loop.run()
}

/// The newest intact checkpoint, and what is to be said about those that were not.
private func restore(
    _ preparation: Preparation, roster: Roster
) throws -> (SavedState?, [String], UInt64?) {
    let store = CheckpointStore(directory: preparation.configuration.state)
    guard let loaded = try store.load() else { return (nil, [], nil) }
    let state = try SavedState(
        loaded.checkpoint, federation: preparation.federation.id.bytes,
        node: preparation.identity.nodeID, roster: roster)
    let warnings = loaded.skipped.map {
        "checkpoint \($0.file) is damaged (\($0.reason)); went back to the one before"
    }
    return (state, warnings, loaded.generation)
}
