// Room:  Membership (floor 3, pure).
// Task:  how far this node doubts itself before it suspects others.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/HealthTests.swift

/// Lifeguard's local health multiplier: a node that is starved or cut off sees others as slow.
///
/// - Source: Dadgar, Phillips, Currey 2017, "Lifeguard", section IV.A (LHA-Probe): failed probes,
///   refuted suspicions. Ours besides: late ticks, in place of missed nacks.
struct LocalHealth: Sendable {
    private let limit: Int
    /// 0: healthy.
    private(set) var score = 0
    /// When it last grew, or was eased.
    private var since = Instant(nanoseconds: 0)

    init(limit: Int) { self.limit = limit }

    /// What suspicion's times are multiplied by.
    var factor: Int { 1 + score }

    /// A tick came late, a question found no answer in time, or a suspicion was refuted.
    mutating func worsen(at now: Instant) {
        score = min(score + 1, limit)
        since = now
    }

    /// Time heals too: one for each such span. Where all links are silent no answer restores a
    /// node's confidence, and its peers may be gone indeed; with seven of them it is sure after
    /// 37 s instead of 160 (our addition).
    mutating func ease(every span: Duration, at now: Instant) {
        while let next = easesAt(every: span), next <= now {
            score -= 1
            since = next
        }
    }

    func easesAt(every span: Duration) -> Instant? { score > 0 ? since + span : nil }

    /// A question was answered in time.
    mutating func recover() { score = max(score - 1, 0) }
}
