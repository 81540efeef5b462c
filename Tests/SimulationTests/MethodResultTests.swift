// Room:  SimulationTests.
// Task:  what follows from a curve.
// May:   Simulation.
// Proof: itself

import Simulation
import Testing

@Suite struct MethodResultTests {
    private let curve = [0.2, 0.95, 0.7, 0.96].enumerated().map { index, mean in
        CurvePoint(
            seconds: Double(index) * 2, round: Double(index), bytes: Double(index) * 100,
            mean: mean, worst: mean / 2, consensusError: mean / 10)
    }

    @Test func the_target_is_met_at_the_first_point_that_reaches_it_even_if_it_is_lost_again() {
        let result = MethodResult(method: .starling, curve: curve, target: 0.95, rounds: 4)
        #expect(result.bytesToTarget == 100)
        #expect(result.secondsToTarget == 2)
    }

    @Test func a_target_never_met_and_no_target_give_nil() {
        for target in [0.97, nil] {
            let result = MethodResult(method: .starling, curve: curve, target: target, rounds: 4)
            #expect(result.bytesToTarget == nil && result.secondsToTarget == nil)
        }
    }

    @Test func the_end_is_the_last_point() {
        let result = MethodResult(method: .alone, curve: curve, target: nil, rounds: 7)
        #expect(result.mean == 0.96 && result.worst == 0.48 && result.consensusError == 0.096)
        #expect(result.virtualSeconds == 6 && result.bytesPerNode == 300 && result.rounds == 7)
        #expect(result.curve == curve && result.method == .alone)
    }

    @Test func without_a_point_the_end_is_zero_and_no_target_is_met() {
        let result = MethodResult(method: .starling, curve: [], target: 0, rounds: 0)
        #expect(result.mean == 0 && result.bytesPerNode == 0 && result.bytesToTarget == nil)
    }

    @Test func the_methods_have_the_names_of_the_json() {
        let names = ["starling", "fedavg", "dense-gossip", "alone", "pooled"]
        #expect(Method.allCases.map(\.rawValue) == names)
    }
}
