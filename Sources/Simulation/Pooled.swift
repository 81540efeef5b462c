// Room:  Simulation (floor 5, pure).
// Task:  all rows in one place: what a federation would learn if it gave its rows away.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/PooledTests.swift

import Learning
import Model

/// One trainer with the rows of all nodes, doing as many steps as a node does.
///
/// Its bytes are none, for it sends no parameters: what it asks for is the rows themselves.
public enum Pooled {
    /// - progress: called with each point of the curve; false ends the run there.
    /// - Complexity: O(rounds · steps · batch · d).
    public static func run(
        _ task: LearningTask, _ settings: ComparisonSettings, progress: (CurvePoint) -> Bool
    ) -> MethodResult {
        let looks = LookPlan(rounds: task.rounds, target: settings.target)
        return PooledRound.run(task, settings, looks: looks, progress: progress)
    }
}

struct PooledRound: RoundMethod {
    static let method = Method.pooled
    let secondsPerRound: Double
    let bytesSent = 0
    private(set) var model: [Float]
    private let task: LearningTask
    private var training: LocalTraining

    init(_ task: LearningTask, _ settings: ComparisonSettings) {
        self.task = task
        secondsPerRound = settings.meanRound
        model = task.genesis
        var pool = task
        pool.sites = [Self.together(task.sites)]
        // No site's own, and the demo's.
        pool.siteSeeds = [SplitMix64.mix(settings.seed) >> 1]
        training = LocalTraining(pool)
    }

    mutating func advance(round: Int) {
        training.train(node: 0, round: round, model: &model)
    }

    func look() -> NodesLook { NodesLook(shared: model, task: task) }

    /// All rows, in the order of the sites.
    static func together(_ sites: [Dataset]) -> Dataset {
        Dataset(
            features: sites[0].features, inputs: sites.flatMap(\.inputs),
            labels: sites.flatMap(\.labels))
    }
}
