// Room:  Daemon (floor 5).
// Task:  how many log lines one peer may cause.
// May:   nothing.
// Proof: Tests/DaemonTests/LogLimiterTests.swift

/// Of each kind of event, a peer may cause a few lines at once and then one every ten seconds; those
/// that are left out are counted, and told with the next one that is not.
///
/// The table has a bound: when it is full, events of further peers share one place.
struct LogLimiter {
    /// Our guesses: a link that flaps a few times is seen whole, one that flaps all day is not.
    static let burst = 8.0
    static let interval = 10.0
    static let capacity = 4096

    struct Key: Hashable {
        let event: String
        let peer: String
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: Double
        var leftOut: UInt64 = 0
    }

    private var buckets: [Key: Bucket] = [:]
    /// Lines left out so far.
    private(set) var suppressed: UInt64 = 0

    var count: Int { buckets.count }

    /// - now: in seconds.
    /// - Returns: how many lines of this kind were left out before this one; nil: leave it out too.
    mutating func admit(_ event: String, of peer: String, at now: Double) -> UInt64? {
        var key = Key(event: event, peer: peer)
        if buckets[key] == nil, buckets.count >= Self.capacity {
            buckets = buckets.filter { refilled($0.value, at: now) < Self.burst }
            if buckets.count >= Self.capacity { key = Key(event: "", peer: "") }
        }
        var bucket = buckets[key] ?? Bucket(tokens: Self.burst, filledAt: now)
        bucket.tokens = refilled(bucket, at: now)
        bucket.filledAt = now
        defer { buckets[key] = bucket }
        guard bucket.tokens >= 1 else {
            bucket.leftOut += 1
            suppressed += 1
            return nil
        }
        bucket.tokens -= 1
        defer { bucket.leftOut = 0 }
        return bucket.leftOut
    }

    private func refilled(_ bucket: Bucket, at now: Double) -> Double {
        min(Self.burst, bucket.tokens + max(0, now - bucket.filledAt) / Self.interval)
    }
}
