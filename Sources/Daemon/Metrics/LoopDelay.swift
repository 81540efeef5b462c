// Room:  Daemon (floor 5).
// Task:  how late the event loop's timers come: how long something else held it up.
// May:   nothing.
// Proof: Tests/DaemonTests/MetricsTests.swift

/// Fed by a timer that should fire every second.
struct LoopDelay {
    private static let window = 60.0

    private var last: Double?
    private var windowBegan = 0.0
    private var worstNow = 0.0
    private var worstBefore = 0.0

    /// - now: in seconds, like all times here, of a clock that never goes back.
    mutating func fired(at now: Double) {
        advance(to: now)
        if let last { worstNow = max(worstNow, now - last - 1) }
        last = now
    }

    /// Of this window and the one before: nobody who looks once a minute misses one.
    mutating func worst(at now: Double) -> Double {
        advance(to: now)
        return max(worstNow, worstBefore)
    }

    private mutating func advance(to now: Double) {
        guard now - windowBegan >= Self.window else { return }
        worstBefore = now - windowBegan < 2 * Self.window ? worstNow : 0
        worstNow = 0
        windowBegan = now
    }
}
