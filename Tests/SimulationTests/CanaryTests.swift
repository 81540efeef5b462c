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
            spoil(&drawn.plan)
            drawn.plan.faults.crashEvery = canary == .tearsTheInstant ? 1 : nil
            return SmallStorm.run(drawn, seed: seed).violation != nil
        }
        #expect(caught != nil)
    }

    /// Fewer nodes are as good for this, and quicker.
    private func spoil(_ plan: inout WorldPlan) {
        plan.gossip.correction = true
        plan.nodes.removeLast(3)
        plan.faults.connectionLife = 0.5
        plan.faults.wipe = 0
        plan.faults.until = 2
    }

    @Test func without_a_canary_the_same_worlds_are_sound() {
        for seed in UInt64(1)...4 {
            var drawn = SmallStorm.plan(seed: seed)
            spoil(&drawn.plan)
            #expect(SmallStorm.run(drawn, seed: seed).violation?.law == nil, "seed \(seed)")
        }
    }
}
