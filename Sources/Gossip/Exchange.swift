// Room:  Gossip (pure core).
// Task:  the numbers of one exchange, computed alike at both ends from what both said.
// May:   Codec, Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/ExchangeTests.swift

import Codec

/// The factors of one exchange. Everything is computed in one operand order at both ends, the
/// lower node ID first, so that both get the same bits.
///
/// - Source: design §3; drift correction after SCAFFOLD (Karimireddy et al. 2020, §4) and
///   ProxSkip (Mishchenko et al. 2022, Alg. 1), driven by the gossip moves alone.
public struct ExchangeFactors: Equatable, Sendable {
    /// The correction's gain is at most this share of a move, in units of steps (measured).
    static let gainCeiling = 0.1
    /// The correction's gain for each unit of the share that got through (measured).
    static let gainSlope = 0.25
    /// A ledger forgets this much an exchange while the model still leaps (the guard, measured).
    static let leapingLeak = 0.1

    /// How much of the way to the midpoint is gone, where other exchanges of an end are applied between
    /// its saying and its moving.
    ///
    /// `v + 1` moves from the same parameters go `(v + 1) a / 2` of the way to the peers. Two ends that
    /// do so to each other at once come to rest while that sum is below 1, whatever their weights; from
    /// there on they ring. With `2 / (2 + v)` it always is. With `2 / (1 + v)`, the prototype's, it is 1
    /// from `v = 1` on, and a world in three thousand diverged (storm 22711).
    ///
    /// - overlap: the larger of the two ends' mean number of such moves.
    static func shortening(overlap: Double) -> Double { 2 / (2 + overlap) }

    /// `a / 2 * 2 w_peer / (w_own + w_peer)`: what the own parameters take of `q_peer - q_own`.
    public let share: Float
    /// Weight of the lower and the higher end's `q` in the reference's step; they sum to 1.
    public let lowerShare: Float
    public let higherShare: Float
    /// What of the move goes into the ledger.
    public let gain: Float
    /// What of the ledger stays.
    public let keep: Float

    /// - own, peer: what the two ends said of the same exchange.
    /// - distanceSquared: `|q_higher - q_lower|^2`.
    /// - countsInLedger: false for an exchange from before the ledger was opened.
    public init(
        own: Terms, peer: Terms, ownIsLower: Bool, distanceSquared: Double, countsInLedger: Bool
    ) {
        let (lower, higher) = ownIsLower ? (own, peer) : (peer, own)
        let weights = Double(lower.weight) + Double(higher.weight)
        let overlap = Double(max(lower.overlap, higher.overlap))
        let a = Self.shortening(overlap: overlap)
        share = Float(a * Double(peer.weight) / weights)
        lowerShare = Float(Double(lower.weight) / weights)
        higherShare = Float(Double(higher.weight) / weights)

        let before = lower.before + higher.before
        let through = before > 0 ? max(0, 1 - (lower.after + higher.after) / before) : 0
        let steps = Double(max(lower.stepsBetween, higher.stepsBetween))
        let rate = Double(max(lower.rate, higher.rate))
        let cap = Double(min(lower.cap, higher.cap))
        let half = a * distanceSquared.squareRoot() / 2
        var gain = 0.0
        if countsInLedger, cap > 0, half > 0, steps > 0 {
            gain = min(Self.gainCeiling, Self.gainSlope * through) / (steps * rate)
            gain = min(gain, cap / half)
        }
        self.gain = Float(gain).isFinite ? Float(gain) : 0
        keep = Float(1 - Self.leapingLeak * (1 - Double(min(lower.near, higher.near))))
    }
}
