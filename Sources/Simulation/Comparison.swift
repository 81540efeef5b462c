// Room:  Simulation (floor 5, pure).
// Task:  what the compared methods share: settings, local training, the loop over rounds, the
//        rounds at which the nodes are looked at.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/ComparisonTests.swift

import Learning
import Model

/// What the comparison needs beside the task.
public struct ComparisonSettings: Sendable {
    /// The mean accuracy whose first reaching is reported.
    public var target: Double?
    public var seed: UInt64
    /// Exchanges that a node of dense gossip starts a round; at least 1.
    public var exchanges: Int
    /// Peers that a node of dense gossip knows; at least 1.
    public var view: Int
    /// Virtual seconds that a round of training takes, each node.
    public var roundSeconds: [Double]
    /// Virtual seconds of one message.
    public var delay: Double
    /// Of each node in the average, above 0.
    public var weights: [Double]

    public init(
        target: Double? = nil, seed: UInt64, exchanges: Int = 2, view: Int = 7,
        roundSeconds: [Double], delay: Double = 0.005, weights: [Double]
    ) {
        self.target = target
        self.seed = seed
        self.exchanges = exchanges
        self.view = view
        self.roundSeconds = roundSeconds
        self.delay = delay
        self.weights = weights
    }

    var slowestRound: Double { roundSeconds.reduce(0, max) }
    var meanRound: Double { roundSeconds.reduce(0, +) / Double(max(roundSeconds.count, 1)) }
}

/// A method that goes in rounds which all nodes do together.
protocol RoundMethod {
    static var method: Method { get }
    init(_ task: LearningTask, _ settings: ComparisonSettings)

    /// Virtual seconds of a round: the slowest node's.
    var secondsPerRound: Double { get }
    /// Payload bytes sent by all nodes so far.
    var bytesSent: Int { get }
    /// - round: counted from 0.
    mutating func advance(round: Int)
    func look() -> NodesLook
}

extension RoundMethod {
    /// Runs all rounds, or until `progress` says false.
    static func run(
        _ task: LearningTask, _ settings: ComparisonSettings, looks: LookPlan,
        progress: (CurvePoint) -> Bool
    ) -> MethodResult {
        precondition(settings.weights.count == task.nodes, "one weight a node")
        precondition(settings.weights.allSatisfy { $0 > 0 && $0.isFinite }, "weights above 0")
        precondition(settings.roundSeconds.count == task.nodes, "one pace a node")
        precondition(settings.exchanges >= 1 && settings.view >= 1, "at least one of each")
        var run = Self(task, settings)
        var curve: [CurvePoint] = []
        var reached = false
        var done = 0
        while done < task.rounds {
            run.advance(round: done)
            done += 1
            guard looks.isDue(done: done, reached: reached) else { continue }
            let point = CurvePoint(
                seconds: Double(done) * run.secondsPerRound, round: Double(done),
                bytes: Double(run.bytesSent) / Double(task.nodes), look: run.look())
            curve.append(point)
            if let target = settings.target, point.mean >= target { reached = true }
            guard progress(point) else { break }
        }
        return MethodResult(
            method: method, curve: curve, target: settings.target, rounds: done)
    }
}

/// After which rounds all nodes are looked at: every one until the target is reached, so that it
/// is met to the round; else as many as a plot needs. The last one always.
struct LookPlan: Equatable {
    let rounds: Int
    /// Rounds between two looks before the target is reached, and after.
    let before: Int
    let after: Int

    init(rounds: Int, target: Double?) {
        self.rounds = rounds
        before = target == nil ? (rounds + 119) / 120 : 1
        after = max(1, rounds / 60)
    }

    /// Evenly spread looks, whatever is reached.
    init(rounds: Int, points: Int) {
        self.rounds = rounds
        before = (rounds + points - 1) / points
        after = before
    }

    /// - done: rounds done, from 1.
    func isDue(done: Int, reached: Bool) -> Bool {
        done >= rounds || done % (reached ? after : before) == 0
    }
}

/// Every node's local steps, the same as a node of Starling does without a correction. Momentum,
/// where there is some, stays at its node from round to round.
struct LocalTraining {
    private let task: LearningTask
    private var trainers: [NetworkTrainer]

    init(_ task: LearningTask) {
        precondition(task.siteSeeds.count == task.nodes, "one seed a node")
        self.task = task
        trainers = zip(task.sites, task.siteSeeds).map { data, seed in
            NetworkTrainer(
                architecture: task.architecture, data: data, hyperparameters: task.hyperparameters,
                seed: seed)
        }
    }

    /// A node's round: moves its model by its local steps.
    mutating func train(node: Int, round: Int, model: inout [Float]) {
        let rate = task.hyperparameters.rate(round: round, of: task.rounds)
        let steps = trainers[node].train(
            from: model, correction: [], steps: task.steps, rate: rate)
        model.withUnsafeMutableBufferPointer { model in
            steps.delta.withUnsafeBufferPointer { delta in
                var i = 0
                while i < model.count {
                    model[i] += delta[i]
                    i += 1
                }
            }
        }
    }
}
