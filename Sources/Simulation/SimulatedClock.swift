// Room:  Simulation (floor 5, pure).
// Task:  a node's own clock, which starts anywhere, runs too fast or too slow, and jumps.
// May:   Membership (its Instant).   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/FaultTests.swift

import Membership

/// From virtual time to what one node takes for the time. Never runs backwards: the daemon's is
/// the system's monotonic clock.
struct SimulatedClock {
    private var origin: UInt64
    private var start: UInt64
    private let rate: Double

    /// - rate: seconds of this clock in a second of virtual time.
    init(at now: UInt64, reading start: UInt64, rate: Double) {
        origin = now
        self.start = start
        self.rate = rate
    }

    func reading(at now: UInt64) -> Instant {
        Instant(nanoseconds: start + UInt64(Double(now - origin) * rate))
    }

    /// The earliest virtual time at which the clock reads at least this.
    func time(of instant: Instant, notBefore now: UInt64) -> UInt64 {
        guard instant.nanoseconds > start else { return now }
        var time = origin + UInt64(Double(instant.nanoseconds - start) / rate)
        while reading(at: max(time, now)) < instant { time = max(time, now) + 1 }
        return max(time, now)
    }

    mutating func jump(_ nanoseconds: UInt64, at now: UInt64) {
        start = reading(at: now).nanoseconds + nanoseconds
        origin = now
    }
}
