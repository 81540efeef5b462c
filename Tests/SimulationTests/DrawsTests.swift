// Room:  SimulationTests.
// Task:  the distributions that faults are drawn from.
// May:   Simulation, Model.
// Proof: itself

import Model
import Testing

@testable import Simulation

@Suite struct DrawsTests {
    private func draws(_ count: Int = 20_000, _ draw: (inout SeededGenerator) -> Double) -> [Double]
    {
        var generator = SeededGenerator(seed: 4)
        return (0..<count).map { _ in draw(&generator) }.sorted()
    }

    @Test func an_exponential_has_its_mean_and_its_median() {
        let all = draws { $0.exponential(mean: 3) }
        #expect(abs(all.reduce(0, +) / 20_000 - 3) < 0.1)
        #expect(abs(all[10_000] - 3 * 0.6931) < 0.1)
        #expect(all[0] > 0)
    }

    @Test func a_normal_has_mean_0_and_variance_1_and_both_tails() {
        let all = draws { $0.normal() }
        #expect(abs(all.reduce(0, +) / 20_000) < 0.03)
        #expect(abs(all.reduce(0) { $0 + $1 * $1 } / 20_000 - 1) < 0.03)
        #expect(abs(all[455] + 2) < 0.1 && abs(all[19_544] - 2) < 0.1)
    }

    @Test func a_log_normal_has_its_median_and_a_long_tail() {
        let all = draws { $0.logNormal(median: 0.01, sigma: 1.5) }
        #expect(abs(all[10_000] - 0.01) < 0.001)
        // e^(1.5 · 2.326) = 32.8 medians at the 99th of a hundred.
        #expect((0.26...0.42).contains(all[19_800]))
        #expect(draws(10) { $0.logNormal(median: 0.01, sigma: 0) }.allSatisfy { $0 == 0.01 })
    }

    @Test func a_draw_on_a_logarithmic_scale_stays_in_its_range() {
        let all = draws { $0.logUniform(0.1...10) }
        #expect(all[0] >= 0.1 && all[19_999] <= 10.000001)
        #expect(abs(all[10_000] - 1) < 0.1)
    }
}
