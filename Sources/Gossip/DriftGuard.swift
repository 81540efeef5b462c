// Room:  Gossip (pure core).
// Task:  how much of the drift correction a node can bear, from its own numbers, once a round.
// May:   nothing.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/DriftGuardTests.swift

/// Keeps the correction from ringing and from collapsing a model that still leaps.
///
/// - Source: design §3, "the guard", and the measurements behind it; our own rule.
struct DriftGuard: Equatable, Sendable {
    /// What an exchange may add to the correction, as a share of the gradient (measured).
    static let capShare = 0.8
    /// A model leaps while a round moves it by more than this share of its norm (measured).
    static let leap = 0.1

    /// `G`: running mean (0.9) of the norm of a round's mean raw gradient.
    private(set) var gradient: Double?
    /// Running mean (0.7) of how far a round's local steps move the model, relative to its norm.
    private(set) var stride: Double?

    init() {}

    init(gradient: Double?, stride: Double?) {
        self.gradient = gradient
        self.stride = stride
    }

    /// - gradientNorm: of the round's mean raw gradient.
    /// - moved, size: `|sum of the round's local steps|` and `|x|`.
    mutating func round(gradientNorm: Double, moved: Double, size: Double) {
        gradient = gradient.map { 0.9 * $0 + 0.1 * gradientNorm } ?? gradientNorm
        let relative = size > 0 ? moved / size : 1
        stride = stride.map { 0.7 * $0 + 0.3 * relative } ?? relative
    }

    /// 0 while a round still leaps, 1 when it does not; 0 before the first round.
    var near: Double { stride.map { min(max(2 - $0 / Self.leap, 0), 1) } ?? 0 }

    /// The most that an exchange may add to the correction, in units of the gradient's norm.
    ///
    /// - steps: of a round.
    /// - stepsBetween: `h`.
    func cap(steps: Int, stepsBetween: Double) -> Double {
        let exchanges = max(1, Double(steps) / max(stepsBetween, 0.05))
        return Self.capShare * (gradient ?? 0) * near / exchanges
    }
}
