// Room:  Membership (floor 3, pure).
// Task:  how long a peer's answers take, and how odd a silence is beside them.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/AnswerTimesTests.swift

/// A running mean and variance of the silences between a question and the next frame.
///
/// φ-accrual turns a silence into a level of suspicion, -log10 of the probability that an answer
/// still comes. Here it times the answers to questions, not the gaps between heartbeats: a link at
/// rest is asked seldom, and a busy one is never asked.
///
/// - Source: Hayashibara, Défago, Yared, Katayama 2004, "The φ Accrual Failure Detector", section
///   4; the normal tail by the logistic that Akka uses, u = z · (1.5976 + 0.070566 · z²).
struct AnswerTimes: Sendable, Equatable {
    /// Seconds, and seconds squared.
    private(set) var mean: Float = 0
    private(set) var variance: Float = 0
    private var count: UInt8 = 0

    /// Older answers fade: the weight of a new one is at least one in so many (our guess).
    private static let window: UInt8 = 16
    /// Fewer say nothing (our guess).
    private static let least: UInt8 = 4

    /// - parameter silence: from the question to the next frame.
    mutating func add(_ silence: Duration) {
        count = min(count + 1, Self.window)
        let weight = 1 / Float(count)
        let step = Float(silence.wholeNanoseconds) * 1e-9 - mean
        mean += weight * step
        variance = (1 - weight) * (variance + weight * step * step)
    }

    /// Never below a tenth of a second, or a quarter of the mean: few answers that were all alike
    /// make nobody sure (our guess).
    private var deviation: Double {
        max(Double(variance).squareRoot(), Double(mean) / 4, 0.1)
    }

    /// The silence that lies so many deviations above the mean; nil while too little is known.
    func silence(deviations: Double) -> Duration? {
        guard count >= Self.least else { return nil }
        return .nanoseconds(Int64((Double(mean) + deviations * deviation) * 1e9))
    }

    /// -log10 of the probability that an answer takes longer than `silence`; nil while too little
    /// is known.
    func phi(after silence: Duration) -> Double? {
        guard count >= Self.least else { return nil }
        let seconds = Double(silence.wholeNanoseconds) * 1e-9
        return Self.phi(deviations: (seconds - Double(mean)) / deviation)
    }

    private static let ln10 = 2.302_585_092_994_046

    private static func odds(_ z: Double) -> Double { z * (1.5976 + 0.070566 * z * z) }

    /// log10(1 + e^u). The standard library has neither exp nor log: both by their series.
    static func phi(deviations z: Double) -> Double {
        let u = odds(z)
        let a = min(u.magnitude, 40) / 64
        var power = 1 + a * (1 + a / 2 * (1 + a / 3 * (1 + a / 4)))
        for _ in 0..<6 { power *= power }
        let t = 1 / (2 * power + 1)  // e^-|u| / (2 + e^-|u|)
        let rest = 2 * t * (1 + t * t * (1.0 / 3 + t * t * (1.0 / 5 + t * t / 7)))
        return (max(u, 0) + rest) / ln10
    }

    /// How many deviations above the mean φ reaches this; zero for zero.
    static func deviations(phi: Double) -> Double {
        var low = 0.0
        var high = 64.0
        for _ in 0..<48 {
            let middle = (low + high) / 2
            if odds(middle) < phi * ln10 { low = middle } else { high = middle }
        }
        return high < 1e-9 ? 0 : high
    }
}
