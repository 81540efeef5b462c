// Room:  Daemon (floor 5).
// Task:  whether work that runs off the loop still makes progress.
// May:   nothing.
// Proof: Tests/DaemonTests/WatchdogTests.swift

/// Judges lanes by their pulses. A round may take an hour; one step of it may not.
struct Watchdog {
    /// How long a lane that has work may show no progress (our guess: one step of the largest model
    /// that fits into a machine takes seconds).
    static let patience = Duration.seconds(300)

    /// One lane at one moment.
    struct Look: Equatable {
        var jobs: Int
        var beats: UInt64
    }

    private var last: [Look] = []
    private var movedAt: [Duration] = []

    /// - looks: of each lane, always in the same order.
    /// - now: by a clock that does not run while the machine sleeps.
    /// - Returns: whether every lane is idle or has moved within the patience.
    mutating func isAlive(_ looks: [Look], at now: Duration) -> Bool {
        if last.count != looks.count {
            movedAt = Array(repeating: now, count: looks.count)
        } else {
            for place in looks.indices
            where looks[place].jobs == 0 || looks[place].beats != last[place].beats {
                movedAt[place] = now
            }
        }
        last = looks
        return movedAt.allSatisfy { now - $0 < Self.patience }
    }
}
