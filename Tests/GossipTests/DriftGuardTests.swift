// Room:  GossipTests.
// Task:  the guard of the correction, against values computed by hand.
// May:   Gossip.
// Proof: itself

import Testing

@testable import Gossip

@Suite struct DriftGuardTests {
    @Test func before_the_first_round_nothing_may_be_added() {
        let guarded = DriftGuard()
        #expect(guarded.near == 0)
        #expect(guarded.cap(steps: 5, stepsBetween: 5) == 0)
    }

    @Test func running_means_start_at_the_first_value() {
        var guarded = DriftGuard()
        guarded.round(gradientNorm: 2, moved: 1, size: 10)
        #expect(guarded.gradient == 2)
        #expect(guarded.stride == 0.1)
        guarded.round(gradientNorm: 4, moved: 0.5, size: 10)
        #expect(guarded.gradient == 0.9 * 2 + 0.1 * 4)
        #expect(guarded.stride == 0.7 * 0.1 + 0.3 * 0.05)
    }

    @Test func near_falls_from_one_to_nothing_between_a_tenth_and_a_fifth() {
        func near(_ stride: Double) -> Double { DriftGuard(gradient: 1, stride: stride).near }
        #expect(near(0) == 1)
        #expect(near(0.1) == 1)
        #expect(abs(near(0.15) - 0.5) < 1e-12)
        #expect(near(0.2) == 0)
        #expect(near(7) == 0)
    }

    @Test func the_cap_is_shared_by_the_exchanges_of_a_round() {
        let guarded = DriftGuard(gradient: 3, stride: 0)
        #expect(guarded.cap(steps: 10, stepsBetween: 10) == 0.8 * 3)
        #expect(guarded.cap(steps: 10, stepsBetween: 2) == 0.8 * 3 / 5)
        // Fewer exchanges than rounds do not raise it.
        #expect(guarded.cap(steps: 10, stepsBetween: 40) == 0.8 * 3)
        #expect(guarded.cap(steps: 10, stepsBetween: 0).isFinite)
    }

    @Test func a_model_at_zero_counts_as_leaping() {
        var guarded = DriftGuard()
        guarded.round(gradientNorm: 1, moved: 0, size: 0)
        #expect(guarded.stride == 1)
        #expect(guarded.near == 0)
    }
}
