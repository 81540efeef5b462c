// Room:  starling (floor 6).
// Task:  what the same training gives without gossip: each site alone, and all rows in one place.
// May:   Learning, Model, Synchronization.
// Proof: Tests/EndToEndTests

import Learning
import Model
import Synchronization

/// Trained, not quoted: by the daemons' own trainer, from the same genesis, with as many steps and
/// the same schedule.
struct DemoComparison: Sendable {
    /// Accuracy on the test split.
    let alone: [Double]
    let pooled: Double

    /// - cancelled: looked at between rounds.
    /// - Returns: nil where it was cancelled.
    static func train(_ plan: DemoPlan, cancelled: DemoCancellation) -> DemoComparison? {
        var alone: [Double] = []
        for site in plan.sites {
            let rows = plan.standardised(site)
            guard let accuracy = accuracy(plan, rows, site.seed, cancelled) else { return nil }
            alone.append(accuracy)
        }
        guard let pooled = accuracy(plan, plan.pool, plan.poolSeed, cancelled) else { return nil }
        return DemoComparison(alone: alone, pooled: pooled)
    }

    private static func accuracy(
        _ plan: DemoPlan, _ rows: Dataset, _ seed: UInt64, _ cancelled: DemoCancellation
    ) -> Double? {
        var trainer = NetworkTrainer(
            architecture: plan.architecture, data: rows, hyperparameters: plan.hyperparameters,
            seed: seed)
        var parameters = plan.genesis
        for round in 0..<plan.training.rounds {
            guard !cancelled.isSet else { return nil }
            let rate = plan.hyperparameters.rate(round: round, of: plan.training.rounds)
            let result = trainer.train(
                from: parameters, correction: [], steps: plan.training.steps, rate: rate)
            for place in parameters.indices { parameters[place] += result.delta[place] }
        }
        return Evaluation.measure(
            architecture: plan.architecture, parameters: parameters, data: plan.test
        ).accuracy
    }
}

/// Set once, by whoever no longer wants the answer.
final class DemoCancellation: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
