// Room:  GossipTests.
// Task:  the factors of one exchange, against values computed by hand.
// May:   Gossip, Codec.
// Proof: itself

import Codec
import Model
import Testing

@testable import Gossip

@Suite struct ExchangeTests {
    private func factors(
        _ own: Terms, _ peer: Terms, ownIsLower: Bool = true, distanceSquared: Double = 4,
        counts: Bool = true
    ) -> ExchangeFactors {
        ExchangeFactors(
            own: own, peer: peer, ownIsLower: ownIsLower, distanceSquared: distanceSquared,
            countsInLedger: counts)
    }

    @Test func equal_weights_meet_half_way() {
        let both = factors(terms(), terms())
        #expect(both.share == 0.5)
        #expect(both.lowerShare == 0.5)
        #expect(both.higherShare == 0.5)
        #expect(both.keep == 1)
        // min(0.1, 0.25 * 1) / (5 * 0.5)
        #expect(both.gain == Float(0.1 / 2.5))
    }

    @Test func the_heavier_end_moves_less() {
        let light = factors(terms(weight: 1), terms(weight: 3))
        let heavy = factors(terms(weight: 3), terms(weight: 1), ownIsLower: false)
        #expect(light.share == 0.75)
        #expect(heavy.share == 0.25)
        #expect(light.lowerShare == 0.25)
        #expect(light.higherShare == 0.75)
        #expect(heavy.lowerShare == 0.25)
        #expect(heavy.higherShare == 0.75)
    }

    @Test func the_larger_overlap_shortens_the_move() {
        // 2 / (2 + 2) / 2
        #expect(factors(terms(overlap: 2), terms(overlap: 0.5)).share == 0.25)
        #expect(factors(terms(overlap: 0.5), terms(overlap: 2)).share == 0.25)
        #expect(factors(terms(overlap: 6), terms(overlap: 0)).share == 0.125)
        #expect(factors(terms(), terms()).share == 0.5)
        // The reference goes to the mean of what was said whatever the overlap.
        #expect(factors(terms(overlap: 2), terms()).lowerShare == 0.5)
    }

    /// Two groups of nodes that all move towards each other at once, `v + 1` moves each from the same
    /// parameters: their distance shrinks, whatever the weights.
    @Test(arguments: [0, 1, 2, 3, 7, 40])
    func moves_that_overlap_come_to_rest(overlap: Int) {
        for weight: Float in [0.01, 1, 10] {
            let (here, there) = (
                terms(overlap: Float(overlap)), terms(overlap: Float(overlap), weight: weight)
            )
            let drawn = factors(here, there).share + factors(there, here).share
            let left = 1 - Float(overlap + 1) * drawn
            #expect(abs(left) < 1, "overlap \(overlap), weight \(weight)")
        }
    }

    @Test func the_gain_follows_the_share_that_got_through() {
        // through = 1 - (1.5 + 0.5) / (2 + 0.5) = 0.2
        let own = terms(before: 2, after: 1.5)
        let peer = terms(before: 0.5, after: 0.5, steps: 10, rate: 0.25)
        // 0.25 * 0.2 / (max(5, 10) * max(0.5, 0.25))
        #expect(factors(own, peer).gain == Float(0.25 * (1 - 2 / 2.5) / 5))
    }

    @Test func the_gain_is_bounded_by_the_smaller_cap() {
        // |a D / 2| = 2 / 2 = 1, so the smaller cap itself
        #expect(factors(terms(cap: 0.003), terms(cap: 9)).gain == 0.003)
        #expect(factors(terms(cap: 9), terms(cap: 0.003)).gain == 0.003)
        // With overlap 2 the move is half as long: the cap bears twice the gain.
        #expect(factors(terms(overlap: 2, cap: 0.003), terms()).gain == 0.006)
    }

    @Test func nothing_goes_into_the_ledger_without_cap_room_or_move() {
        #expect(factors(terms(cap: 0), terms()).gain == 0)
        #expect(factors(terms(), terms(cap: 0)).gain == 0)
        #expect(factors(terms(), terms(), counts: false).gain == 0)
        #expect(factors(terms(), terms(), distanceSquared: 0).gain == 0)
        let nothing = terms(before: 0, after: 0)
        #expect(factors(nothing, nothing).gain == 0)
        let worse = terms(before: 1, after: 1.5)
        #expect(factors(worse, worse).gain == 0)
        #expect(factors(terms(steps: 0), terms(steps: 0)).gain == 0)
    }

    @Test func the_ledger_leaks_while_either_end_leaps() {
        #expect(factors(terms(near: 0), terms(near: 1)).keep == Float(0.9))
        #expect(factors(terms(near: 1), terms(near: 0.5)).keep == Float(0.95))
        #expect(factors(terms(near: 1), terms(near: 1)).keep == 1)
    }

    @Test func no_terms_give_factors_that_are_not_finite() {
        let extremes: [Terms] = [
            terms(before: .greatestFiniteMagnitude, after: 0),
            terms(before: .leastNonzeroMagnitude, after: .greatestFiniteMagnitude),
            terms(steps: .leastNonzeroMagnitude, rate: .leastNonzeroMagnitude),
            terms(overlap: .greatestFiniteMagnitude),
            terms(weight: .greatestFiniteMagnitude, cap: .greatestFiniteMagnitude),
            terms(weight: .leastNonzeroMagnitude),
        ]
        for (i, own) in extremes.enumerated() {
            for (j, peer) in extremes.enumerated() {
                for distance in [0.0, 1e-300, 1, 1e300, .infinity] {
                    let it = factors(own, peer, distanceSquared: distance)
                    let all = [it.share, it.lowerShare, it.higherShare, it.gain, it.keep]
                    let finite = all.allSatisfy { $0.isFinite }
                    #expect(finite, "\(i) with \(j) at \(distance): \(it)")
                    #expect(it.share >= 0 && it.share <= 1, "\(i) with \(j): \(it)")
                }
            }
        }
    }

    @Test(arguments: UInt64(1)...200)
    func both_ends_compute_the_same(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func some(_ top: Double) -> Float { Float(generator.uniform() * top + 1e-3) }
        func said() -> Terms {
            terms(
                before: Double(some(4)), after: Double(some(4)), steps: some(20),
                overlap: some(3), rate: some(1), weight: some(9), cap: some(0.1), near: some(0.9))
        }
        let (low, high) = (said(), said())
        let distance = generator.uniform() * 10
        let atLow = factors(low, high, ownIsLower: true, distanceSquared: distance)
        let atHigh = factors(high, low, ownIsLower: false, distanceSquared: distance)
        #expect(atLow.gain == atHigh.gain, "seed \(seed)")
        #expect(atLow.keep == atHigh.keep, "seed \(seed)")
        #expect(atLow.lowerShare == atHigh.lowerShare, "seed \(seed)")
        #expect(atLow.higherShare == atHigh.higherShare, "seed \(seed)")
        let moves = Double(low.weight * atLow.share) - Double(high.weight * atHigh.share)
        #expect(abs(moves) <= 1e-6 * Double(low.weight), "seed \(seed): the moves do not cancel")
    }

    @Test func the_union_of_two_deltas_is_walked_in_order() {
        let low = SparseDelta(dimension: 9, indices: [1, 4, 8], values: [1, 2, 3])
        let high = SparseDelta(dimension: 9, indices: [0, 4, 5], values: [5, 6, 7])
        var seen: [[Float]] = []
        let union = DeltaUnion(lower: low, higher: high)
        union.forEach { seen.append([Float($0), $1, $2]) }
        #expect(seen == [[0, 0, 5], [1, 1, 0], [4, 2, 6], [5, 0, 7], [8, 3, 0]])
        #expect(union.distanceSquared == 25 + 1 + 16 + 49 + 9 && union.count == 5)
        let none = SparseDelta.empty(dimension: 9)
        #expect(DeltaUnion(lower: none, higher: none).distanceSquared == 0)
    }
}
