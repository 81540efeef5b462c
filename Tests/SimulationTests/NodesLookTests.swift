// Room:  SimulationTests.
// Task:  accuracies and disagreement, by numbers worked out by hand.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Simulation
import Testing

@Suite struct NodesLookTests {
    @Test func disagreement_is_relative_to_the_way_from_the_genesis() {
        // The mean is (5, 2); both stand 5 off; the genesis is 10 away.
        let error = NodesLook.consensusError(of: [[2, 6], [8, -2]], genesis: [5, 12])
        #expect(error == 0.5)
    }

    @Test func weights_move_the_mean_and_count_in_the_distances() {
        // The mean is 3; distances 3 and 1 by shares 1/4 and 3/4 give a mean square of 3.
        let error = NodesLook.consensusError(of: [[0], [4]], genesis: [0], weights: [1, 3])
        #expect(abs(error - 3.0.squareRoot() / 3) < 1e-15)
        #expect(
            NodesLook.consensusError(of: [[0], [4]], genesis: [1], weights: [2, 2])
                == NodesLook.consensusError(of: [[0], [4]], genesis: [1]))
    }

    @Test func equal_nodes_agree_even_where_the_mean_would_round() {
        let models = [[Float]](repeating: [0.1, 1e-20, 3e7], count: 7)
        #expect(NodesLook.consensusError(of: models, genesis: [0, 0, 0]) == 0)
        #expect(NodesLook.consensusError(of: models, genesis: models[0]) == 0)
    }

    @Test func nodes_that_differ_around_the_genesis_are_infinitely_apart() {
        #expect(NodesLook.consensusError(of: [[-1], [1]], genesis: [0]) == .infinity)
        #expect(NodesLook.consensusError(of: [[.nan], [1]], genesis: [0]).isNaN)
    }

    @Test func mean_and_worst_are_those_of_the_nodes_own_models() throws {
        let task = try TinyTask.make(nodes: 3)
        // A bias alone: every row is called class 0, or class 1, ...
        func always(_ label: Int) -> [Float] {
            var model = [Float](repeating: 0, count: task.genesis.count)
            model[model.count - 3 + label] = 1
            return model
        }
        let labels = task.test.labels
        let shares = (0..<3).map { label in
            Double(labels.filter { $0 == Int32(label) }.count) / Double(labels.count)
        }
        var trained = task.genesis
        var training = LocalTrainingProbe(task)
        training.train(&trained)
        let own = Evaluation.measure(
            architecture: task.architecture, parameters: trained, data: task.test)
        #expect(own.accuracy > 0.5)
        let look = NodesLook([trained, always(0), trained, always(0)], task: task)
        #expect(abs(look.mean - (own.accuracy + shares[0]) / 2) < 1e-12)
        #expect(look.worst == shares[0])
        #expect(look.consensusError > 0)
        let shared = NodesLook(shared: trained, task: task)
        #expect(shared.mean == own.accuracy && shared.worst == own.accuracy)
        #expect(shared == NodesLook([trained, trained], task: task))
    }
}

/// Learns from the test rows themselves: a good model, cheaply.
private struct LocalTrainingProbe {
    private var trainer: NetworkTrainer

    init(_ task: LearningTask) {
        trainer = NetworkTrainer(
            architecture: task.architecture, data: task.test,
            hyperparameters: task.hyperparameters, seed: 3)
    }

    mutating func train(_ model: inout [Float]) {
        let result = trainer.train(from: model, correction: [], steps: 100, rate: 0.2)
        for i in model.indices { model[i] += result.delta[i] }
    }
}
