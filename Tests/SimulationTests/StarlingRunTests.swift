// Room:  SimulationTests.
// Task:  a learning task by the world of real cores: what it reaches, counts and reports.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Testing

@testable import Simulation

@Suite struct StarlingRunTests {
    private func settings(
        _ task: LearningTask, faults: String = "none"
    ) throws -> StarlingSettings {
        var settings = try #require(
            StarlingSettings(
                rounds: task.rounds, weights: Array(repeating: 1, count: task.nodes),
                roundSeconds: Array(repeating: 0.1, count: task.nodes), faults: faults, seed: 4))
        settings.agreement = 3e-3
        settings.view = task.nodes - 1
        return settings
    }

    private func tumours(rounds: Int = 60) throws -> LearningTask {
        let (train, test) = DemoData.split(DemoData.tumours().dataset)
        let scale = Standardisation.measured(on: train)
        var generator = SeededGenerator(seed: 2)
        let parts = Partition.skewed.split(labels: train.labels, nodes: 4, generator: &generator)
        let architecture = try Architecture(sizes: [30, 2])
        return LearningTask(
            architecture: architecture, sites: parts.map { scale.applied(to: train.subset($0)) },
            test: scale.applied(to: test), hyperparameters: Hyperparameters(batch: 16),
            rounds: rounds, steps: 10, genesis: architecture.genesis(seed: 1),
            siteSeeds: [1, 2, 3, 4])
    }

    @Test func four_sites_learn_the_tumours_together() throws {
        let task = try tumours()
        let report = StarlingRun.run(task, try settings(task), progress: { _ in true })
        #expect(report.allFinished && report.violation == nil)
        #expect(report.result.method == .starling)
        #expect(report.result.worst > 0.93, "\(report.result.worst)")
        #expect(report.result.consensusError < 0.02)
        #expect(report.result.rounds >= 60 && report.parameters.count == 4)
        #expect(report.checked > report.events)
        let bytes = report.result.curve.map(\.bytes)
        #expect(bytes == bytes.sorted() && bytes.last == report.result.bytesPerNode)
    }

    @Test func the_same_settings_are_the_same_run_under_a_storm() throws {
        let task = try tumours(rounds: 20)
        let reports = try [0, 1].map { _ in
            StarlingRun.run(task, try settings(task, faults: "storm"), progress: { _ in true })
        }
        #expect(reports[0].violation == nil)
        #expect(reports[0].digest == reports[1].digest)
        #expect(reports[0].result == reports[1].result)
        #expect(reports[0].parameters == reports[1].parameters)
    }

    @Test func the_run_stops_when_nobody_wants_more() throws {
        let task = try tumours()
        let report = StarlingRun.run(task, try settings(task), progress: { _ in false })
        #expect(!report.allFinished && report.result.curve.count == 1)
    }
}
