// Room:  SimulationTests.
// Task:  federated averaging: its average, its bytes, and that it learns.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Testing

@testable import Simulation

@Suite struct FedAvgTests {
    @Test func a_node_sends_one_model_and_is_sent_one_each_round() throws {
        let task = try TinyTask.make(nodes: 5, rounds: 7)
        let result = FedAvg.run(task, TinyTask.settings(task)) { _ in true }
        #expect(result.bytesPerNode == Double(7 * 8 * task.genesis.count))
        #expect(result.curve.map(\.bytes) == (1...7).map { Double($0 * 8 * task.genesis.count) })
        // The slowest of five takes 2 s, a message 0.125 s.
        #expect(result.virtualSeconds == 7 * (2 + 2 * 0.125))
        #expect(result.rounds == 7)
    }

    @Test func all_have_the_servers_model() throws {
        let task = try TinyTask.make(nodes: 5)
        let result = FedAvg.run(task, TinyTask.settings(task)) { _ in true }
        #expect(result.curve.allSatisfy { $0.worst == $0.mean && $0.consensusError == 0 })
    }

    @Test func of_one_node_it_is_learning_alone_to_the_bit() throws {
        let task = try TinyTask.make(nodes: 1, momentum: 0.9)
        let settings = TinyTask.settings(task, weights: [3])
        var together = FedAvgRound(task, settings)
        var alone = AloneRound(task, settings)
        for round in 0..<task.rounds {
            together.advance(round: round)
            alone.advance(round: round)
            #expect(together.model == alone.models[0], "round \(round)")
        }
        #expect(together.model != task.genesis)
    }

    @Test func a_round_is_the_mean_of_the_nodes_models_by_weight() throws {
        let task = try TinyTask.make(nodes: 3)
        let weights = [1.0, 2, 5]
        var together = FedAvgRound(task, TinyTask.settings(task, weights: weights))
        var alone = AloneRound(task, TinyTask.settings(task))
        together.advance(round: 0)
        alone.advance(round: 0)
        for i in task.genesis.indices {
            let mean = zip(weights, alone.models).reduce(0) { $0 + $1.0 * Double($1.1[i]) } / 8
            #expect(abs(Double(together.model[i]) - mean) <= 1e-6, "parameter \(i)")
        }
    }

    @Test func digits_two_classes_a_node_are_learnt_together_and_not_alone() throws {
        let table = DemoData.digits()
        let (train, test) = DemoData.split(table.dataset)
        var generator = SeededGenerator(seed: 11)
        let parts = Partition.classes(perNode: 2).split(
            labels: train.labels, nodes: 16, generator: &generator)
        let architecture = try Architecture(sizes: [64, 10])
        let task = LearningTask(
            architecture: architecture,
            sites: parts.map { DemoData.digitsScale.applied(to: train.subset($0)) },
            test: DemoData.digitsScale.applied(to: test.subset(Array(0..<150))),
            hyperparameters: Hyperparameters(batch: 8, rate: 0.5, schedule: .constant), rounds: 30,
            steps: 3, genesis: architecture.genesis(seed: 11), siteSeeds: (0..<16).map { $0 })
        let settings = TinyTask.settings(task, target: 0.9)
        let result = FedAvg.run(task, settings) { $0.mean <= 0.9 }
        #expect(result.mean > 0.9)
        #expect(result.bytesToTarget != nil)
        var short = task
        short.rounds = 3
        #expect(Alone.run(short, settings) { _ in true }.mean < 0.4)
    }
}
