// Room:  Simulation (floor 5, pure).
// Task:  federated averaging by a server, the ruler that Starling is held against.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/FedAvgTests.swift

import Model

/// Federated averaging: every node trains every round, the server averages by weight.
///
/// A node's bytes are a float32 vector up and one down a round, 8d. A round takes as long as the
/// slowest node's training and a message each way. All nodes have the server's model: the worst is
/// the mean, and nobody disagrees.
///
/// - Source: McMahan et al. 2017, Algorithm 1, all clients a round; local steps instead of epochs,
///   so that every method does the same work.
public enum FedAvg {
    /// - progress: called with each point of the curve; false ends the run there.
    /// - Complexity: O(rounds · nodes · steps · batch · d).
    public static func run(
        _ task: LearningTask, _ settings: ComparisonSettings, progress: (CurvePoint) -> Bool
    ) -> MethodResult {
        let looks = LookPlan(rounds: task.rounds, target: settings.target)
        return FedAvgRound.run(task, settings, looks: looks, progress: progress)
    }
}

struct FedAvgRound: RoundMethod {
    static let method = Method.fedAvg
    let secondsPerRound: Double
    private(set) var bytesSent = 0
    private(set) var model: [Float]
    private let task: LearningTask
    private let shares: [Double]
    private var training: LocalTraining

    init(_ task: LearningTask, _ settings: ComparisonSettings) {
        self.task = task
        secondsPerRound = settings.slowestRound + 2 * settings.delay
        model = task.genesis
        let total = settings.weights.reduce(0, +)
        shares = settings.weights.map { $0 / total }
        training = LocalTraining(task)
    }

    mutating func advance(round: Int) {
        var models = [[Float]](repeating: model, count: task.nodes)
        for node in models.indices {
            training.train(node: node, round: round, model: &models[node])
        }
        model = NodesLook.weightedMean(models, shares).map { Float($0) }
        bytesSent += task.nodes * 2 * 4 * model.count
    }

    func look() -> NodesLook { NodesLook(shared: model, task: task) }
}
