// Room:  Membership (floor 3, pure).
// Task:  this room's randomness, decided by the caller's seed alone.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/DiallingTests.swift

/// SplitMix64: waits and picks need spread, not secrecy.
///
/// - Source: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".
struct Jitter: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in [0, bound): "full jitter".
    ///
    /// - Source: Brooker 2015, "Exponential Backoff and Jitter".
    mutating func duration(below bound: Duration) -> Duration {
        let share = next().multipliedFullWidth(by: UInt64(max(0, bound.wholeNanoseconds))).high
        return .nanoseconds(Int64(share))
    }

    /// Uniform in 0..<count, spelled out so that the standard library's version does not matter.
    /// The bias is below count / 2^64.
    mutating func below(_ count: Int) -> Int {
        precondition(count > 0, "nothing to pick from")
        return Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }
}
