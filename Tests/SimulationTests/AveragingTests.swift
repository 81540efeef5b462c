// Room:  SimulationTests.
// Task:  averaging alone comes to the mean of all, and counts what that took.
// May:   Simulation.
// Proof: itself

import Testing

@testable import Simulation

@Suite struct AveragingTests {
    private func run(_ change: (inout AveragingSettings) -> Void = { _ in }) -> AveragingReport {
        var settings = AveragingSettings(nodes: 12, parameters: 200, target: 1e-3, seed: 3)
        settings.view = 4
        settings.fraction = 0.2
        change(&settings)
        return AveragingRun.run(settings) { _ in true }
    }

    @Test func nodes_come_together_at_the_mean_of_all() {
        let report = run()
        #expect(report.reached && report.violation == nil)
        #expect(report.consensusError <= 1e-3)
        // Exchanges that one end has applied and the other not yet are half on their way.
        #expect(report.meanMoved < 5e-4)
        #expect(report.exchanges > 12 && report.bytesPerNode > 1000)
        #expect(report.curve.last?.consensusError == report.consensusError)
    }

    @Test func a_finer_target_takes_more_exchanges() {
        #expect(run { $0.target = 1e-4 }.exchanges > run().exchanges)
    }

    @Test func the_run_stops_when_nobody_wants_more() {
        var settings = AveragingSettings(nodes: 12, parameters: 200, target: 1e-9, seed: 3)
        settings.view = 4
        var looks = 0
        let report = AveragingRun.run(settings) { _ in
            looks += 1
            return looks < 3
        }
        #expect(!report.reached && report.curve.count == 3)
    }

    @Test func under_a_storm_it_still_comes_together() {
        let report = run {
            $0.faults = "cuts"
            $0.target = 1e-2
        }
        #expect(report.reached && report.violation == nil, "\(report.violation?.law ?? "")")
    }
}
