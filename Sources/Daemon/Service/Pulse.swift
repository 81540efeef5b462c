// Room:  Daemon (floor 5).
// Task:  signs of life of work that runs off the event loop.
// May:   Synchronization.
// Proof: Tests/DaemonTests/WatchdogTests.swift

import Synchronization

/// What a lane has before it and how far it comes; written by the lane, read by the loop.
final class Pulse: Sendable {
    private let waiting = Atomic(0)
    private let count = Atomic<UInt64>(0)

    /// Jobs that are under way or wait.
    var jobs: Int { waiting.load(ordering: .relaxed) }
    /// Grows with every step that is done.
    var beats: UInt64 { count.load(ordering: .relaxed) }

    func beat() { count.wrappingAdd(1, ordering: .relaxed) }

    func submitted() { waiting.wrappingAdd(1, ordering: .relaxed) }

    func finished() {
        waiting.wrappingSubtract(1, ordering: .relaxed)
        beat()
    }
}
