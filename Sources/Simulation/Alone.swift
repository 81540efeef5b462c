// Room:  Simulation (floor 5, pure).
// Task:  every node on its own rows alone: what is gained by nothing.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/AloneTests.swift

import Model

/// Every node learns from its own rows alone and sends nothing.
public enum Alone {
    /// How often the nodes are looked at: less than elsewhere, for the curve is flat and every
    /// node has a model of its own to be tested.
    static let points = 30

    /// - progress: called with each point of the curve; false ends the run there.
    /// - Complexity: O(rounds · nodes · steps · batch · d).
    public static func run(
        _ task: LearningTask, _ settings: ComparisonSettings, progress: (CurvePoint) -> Bool
    ) -> MethodResult {
        let looks = LookPlan(rounds: task.rounds, points: points)
        return AloneRound.run(task, settings, looks: looks, progress: progress)
    }
}

struct AloneRound: RoundMethod {
    static let method = Method.alone
    let secondsPerRound: Double
    let bytesSent = 0
    private(set) var models: [[Float]]
    private let task: LearningTask
    private var training: LocalTraining

    init(_ task: LearningTask, _ settings: ComparisonSettings) {
        self.task = task
        secondsPerRound = settings.slowestRound
        models = [[Float]](repeating: task.genesis, count: task.nodes)
        training = LocalTraining(task)
    }

    mutating func advance(round: Int) {
        for node in models.indices {
            training.train(node: node, round: round, model: &models[node])
        }
    }

    func look() -> NodesLook { NodesLook(models, task: task) }
}
