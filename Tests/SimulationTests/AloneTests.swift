// Room:  SimulationTests.
// Task:  learning alone: no bytes, each node by its own rows.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Testing

@testable import Simulation

@Suite struct AloneTests {
    @Test func nothing_is_sent_and_nobody_waits_for_a_message() throws {
        let task = try TinyTask.make(nodes: 4, rounds: 8)
        let result = Alone.run(task, TinyTask.settings(task)) { _ in true }
        #expect(result.bytesPerNode == 0 && result.rounds == 8)
        // The slowest of four takes 1.75 s a round.
        #expect(result.virtualSeconds == 8 * 1.75)
        #expect(result.consensusError > 0)
    }

    @Test func a_class_that_a_node_has_not_seen_is_learnt_only_together() throws {
        let task = try TinyTask.make(nodes: 4, rounds: 60)
        let settings = TinyTask.settings(task)
        // Each sees two of three classes.
        #expect(Alone.run(task, settings) { _ in true }.mean < 0.75)
        #expect(FedAvg.run(task, settings) { _ in true }.mean > 0.9)
        #expect(DenseGossip.run(task, settings) { _ in true }.mean > 0.9)
    }

    @Test func a_node_learns_the_same_whoever_else_is_there() throws {
        let task = try TinyTask.make(nodes: 4)
        var single = task
        single.sites = [task.sites[2]]
        single.siteSeeds = [task.siteSeeds[2]]
        var (all, one) = (
            AloneRound(task, TinyTask.settings(task)),
            AloneRound(single, TinyTask.settings(single))
        )
        for round in 0..<task.rounds {
            all.advance(round: round)
            one.advance(round: round)
        }
        #expect(all.models[2] == one.models[0])
        #expect(all.models[2] != all.models[1])
    }

    @Test func the_nodes_are_looked_at_about_thirty_times() throws {
        let task = try TinyTask.make(nodes: 2, rounds: 100, steps: 1)
        for target in [nil, 0.99] {
            let result = Alone.run(task, TinyTask.settings(task, target: target)) { _ in true }
            #expect(result.curve.count == 25)
            #expect(result.curve.last?.round == 100)
        }
    }
}
