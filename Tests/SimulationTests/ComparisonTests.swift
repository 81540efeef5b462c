// Room:  SimulationTests.
// Task:  what holds for every compared method: determinism, looks, target, an early end.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Testing

@testable import Simulation

@Suite struct ComparisonTests {
    private static func run(
        _ method: Method, _ task: LearningTask, _ settings: ComparisonSettings,
        progress: (CurvePoint) -> Bool = { _ in true }
    ) -> MethodResult {
        switch method {
        case .fedAvg: FedAvg.run(task, settings, progress: progress)
        case .denseGossip: DenseGossip.run(task, settings, progress: progress)
        case .alone: Alone.run(task, settings, progress: progress)
        case .pooled: Pooled.run(task, settings, progress: progress)
        case .starling: preconditionFailure("driven by the real core, elsewhere")
        }
    }

    private static let compared: [Method] = [.fedAvg, .denseGossip, .alone, .pooled]

    @Test(arguments: compared)
    func the_same_seeds_give_the_same_run(method: Method) throws {
        let task = try TinyTask.make(nodes: 6, momentum: 0.5)
        let settings = TinyTask.settings(task)
        let first = Self.run(method, task, settings)
        #expect(first == Self.run(method, task, settings))
        #expect(first.method == method)
        let other = try TinyTask.make(nodes: 6, momentum: 0.5, seed: 2)
        #expect(first.curve != Self.run(method, other, settings).curve)
    }

    @Test(arguments: compared)
    func progress_sees_every_point_and_ends_the_run(method: Method) throws {
        let task = try TinyTask.make(nodes: 4, rounds: 9)
        var seen: [CurvePoint] = []
        let result = Self.run(method, task, TinyTask.settings(task)) { point in
            seen.append(point)
            return point.round < 4
        }
        #expect(seen == result.curve)
        #expect(seen.map(\.round) == [1, 2, 3, 4])
        #expect(result.rounds == 4)
    }

    @Test func the_target_is_met_to_the_round() throws {
        let task = try TinyTask.make(nodes: 5, rounds: 150)
        let all = FedAvg.run(task, TinyTask.settings(task)) { _ in true }
        let target = all.mean - 0.02
        let result = FedAvg.run(task, TinyTask.settings(task, target: target)) { _ in true }
        // Every round by hand until it is there.
        var run = FedAvgRound(task, TinyTask.settings(task))
        var round = 0
        repeat {
            run.advance(round: round)
            round += 1
        } while run.look().mean < target && round < task.rounds
        #expect(round > 1 && round < task.rounds)
        #expect(result.bytesToTarget == Double(round * 8 * task.genesis.count))
        #expect(result.secondsToTarget == Double(round) * (2 + 0.25))
        #expect(result.curve.prefix(round).map(\.round) == (1...round).map { Double($0) })
        let even = (round + 1...task.rounds).filter { $0.isMultiple(of: 2) }
        #expect(result.curve.dropFirst(round).map(\.round) == even.map { Double($0) })
    }

    @Test func looks_are_every_round_until_the_target_and_few_after() {
        let plan = LookPlan(rounds: 600, target: 0.9)
        #expect((1...600).allSatisfy { plan.isDue(done: $0, reached: false) })
        #expect((1...600).count { plan.isDue(done: $0, reached: true) } == 60)
        for rounds in [1, 7, 59, 60, 119, 120, 121, 240, 1001] {
            for plan in [
                LookPlan(rounds: rounds, target: nil), LookPlan(rounds: rounds, target: 0.5),
                LookPlan(rounds: rounds, points: 30),
            ] {
                #expect(plan.isDue(done: rounds, reached: false), "\(rounds)")
                #expect(plan.isDue(done: rounds, reached: true), "\(rounds)")
            }
            let free = LookPlan(rounds: rounds, target: nil)
            let points = (1...rounds).count { free.isDue(done: $0, reached: false) }
            #expect(points >= min(rounds, 60) && points <= 121, "\(rounds): \(points)")
            let few = LookPlan(rounds: rounds, points: 30)
            let sparse = (1...rounds).count { few.isDue(done: $0, reached: false) }
            #expect(sparse >= min(rounds, 15) && sparse <= 31, "\(rounds): \(sparse)")
        }
    }

    @Test func local_steps_are_those_of_the_trainer_at_the_rate_of_the_schedule() throws {
        let task = try TinyTask.make(nodes: 2, rounds: 5)
        var training = LocalTraining(task)
        var trainer = NetworkTrainer(
            architecture: task.architecture, data: task.sites[1],
            hyperparameters: task.hyperparameters, seed: task.siteSeeds[1])
        var (model, expected) = (task.genesis, task.genesis)
        // The last fifth of the rounds has a tenth of the rate.
        for (round, rate) in [(0, Float(0.2)), (3, 0.2), (4, 0.2 * 0.1)] {
            training.train(node: 1, round: round, model: &model)
            let result = trainer.train(
                from: expected, correction: [], steps: task.steps, rate: rate)
            for i in expected.indices { expected[i] += result.delta[i] }
            #expect(model == expected, "round \(round)")
        }
    }
}
