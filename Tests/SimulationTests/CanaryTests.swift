// Room:  SimulationTests.
// Task:  deliberate bugs are caught by the laws: the laws can see.
// May:   Simulation.
// Proof: itself

import Testing

@testable import Simulation

@Suite struct CanaryTests {
    /// Storms are run until one breaks a law: some seconds at most.
    @Test(arguments: Canary.allCases)
    func a_canary_is_caught_within_forty_storms(canary: Canary) {
        let caught = (UInt64(1)...40).first { seed in
            var drawn = SmallStorm.plan(seed: seed)
            drawn.plan.canary = canary
            // What each bug spoils must happen at all.
            drawn.plan.gossip.correction = true
            drawn.plan.faults.connectionLife = 0.5
            drawn.plan.faults.crashEvery = canary == .tearsTheInstant ? 1 : nil
            drawn.plan.faults.wipe = 0
            return SmallStorm.run(drawn, seed: seed).violation != nil
        }
        #expect(caught != nil)
    }

    @Test func without_a_canary_the_same_worlds_are_sound() {
        for seed in UInt64(1)...6 {
            var drawn = SmallStorm.plan(seed: seed)
            drawn.plan.gossip.correction = true
            drawn.plan.faults.connectionLife = 0.5
            drawn.plan.faults.wipe = 0
            #expect(SmallStorm.run(drawn, seed: seed).violation?.law == nil, "seed \(seed)")
        }
    }
}
