// Room:  Membership (floor 3, pure).
// Task:  a point in time as the caller gives it: virtual in the simulator, monotonic in the daemon.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/InstantTests.swift

/// Nanoseconds since an origin that the caller chooses. Never runs backwards.
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: UInt64

    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Stops at the ends of the range instead of overflowing.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let step = duration.wholeNanoseconds
        let (moved, overflow) =
            step >= 0
            ? instant.nanoseconds.addingReportingOverflow(UInt64(step))
            : instant.nanoseconds.subtractingReportingOverflow(step.magnitude)
        if overflow { return Instant(nanoseconds: step >= 0 ? .max : 0) }
        return Instant(nanoseconds: moved)
    }

    /// From `earlier` to `later`; negative when they stand the other way round.
    public static func - (later: Instant, earlier: Instant) -> Duration {
        later >= earlier
            ? .nanoseconds(Int64(clamping: later.nanoseconds - earlier.nanoseconds))
            : .nanoseconds(-Int64(clamping: earlier.nanoseconds - later.nanoseconds))
    }
}

extension Duration {
    /// Nanoseconds, rounded towards zero; stops at the ends of Int64 (292 years).
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}
