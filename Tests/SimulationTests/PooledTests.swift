// Room:  SimulationTests.
// Task:  learning from all rows in one place: nothing is sent, and nothing is left out.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Testing

@testable import Simulation

@Suite struct PooledTests {
    @Test func all_rows_of_all_sites_are_there() throws {
        let task = try TinyTask.make(nodes: 4)
        let pool = PooledRound.together(task.sites)
        #expect(pool.rows == task.sites.reduce(0) { $0 + $1.rows })
        #expect(pool.labels == task.sites.flatMap(\.labels))
        #expect(pool.subset([pool.rows - 1]) == task.sites[3].subset([task.sites[3].rows - 1]))
    }

    @Test func nothing_is_sent_and_a_round_is_the_mean_nodes() throws {
        let task = try TinyTask.make(nodes: 4, rounds: 60)
        let settings = TinyTask.settings(task)
        let result = Pooled.run(task, settings) { _ in true }
        #expect(result.bytesPerNode == 0 && result.consensusError == 0)
        #expect(result.rounds == 60 && result.worst == result.mean)
        #expect(result.virtualSeconds == 60 * settings.meanRound)
        // Each alone sees two of three classes.
        #expect(result.mean > 0.9 && Alone.run(task, settings) { _ in true }.mean < 0.75)
    }
}
