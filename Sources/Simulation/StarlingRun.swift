// Room:  Simulation (floor 5, pure).
// Task:  a learning task by Starling itself: the world of real cores, and its curve.
// May:   Codec, Gossip, Learning, Membership.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/StarlingRunTests.swift

import Codec
import Gossip
import Learning
import Membership

/// How Starling learns a task.
public struct StarlingSettings: Sendable {
    public var view = 7
    public var fraction = 0.03
    public var values = ValueKind.int4
    public var exchanges = 2
    public var agreement = 1e-3
    public var correction = true
    /// Of each node.
    public var weights: [Float]
    /// Virtual seconds that a round of training takes, each node.
    public var roundSeconds: [Double]
    /// Median of a message's delay, in seconds.
    public var delay = 0.005
    public var faults: Faults
    public var seed: UInt64
    /// Mean accuracy whose first reaching is reported.
    public var target: Double?

    /// - faults: one of `Faults.names`; they stop when the slowest node would have done its rounds.
    /// - Returns: nil where there are no faults of that name.
    public init?(
        rounds: Int, weights: [Float], roundSeconds: [Double], delay: Double = 0.005,
        faults: String = "none", seed: UInt64
    ) {
        let mean = roundSeconds.reduce(0, +) / Double(max(roundSeconds.count, 1))
        guard
            let faults = Faults.named(
                faults, delay: delay, round: mean,
                until: Double(rounds) * (roundSeconds.max() ?? 0))
        else { return nil }
        self.weights = weights
        self.roundSeconds = roundSeconds
        self.delay = delay
        self.faults = faults
        self.seed = seed
    }
}

/// Where one node that was up at the end has come to.
public struct NodeReport: Sendable, Equatable {
    public let node: Int
    /// Virtual seconds of its rounds, as given.
    public let roundSeconds: Double
    /// Rounds done, overtime included.
    public let rounds: Int
    public let payloadSent: Int
    public let deltasSent: Int
    /// Of its own model, on the test rows.
    public let accuracy: Double
}

public struct RunReport: Sendable {
    public let result: MethodResult
    public let nodes: [NodeReport]
    /// Of the trace of all events.
    public let digest: UInt64
    public let events: UInt64
    /// How many times a law was looked at.
    public let checked: UInt64
    /// The run stops at the first.
    public let violation: Violation?
    /// Whether everybody who stayed had finished within the bound.
    public let allFinished: Bool
    /// The nodes that stayed, and where each of them ended.
    public let stayed: [Int]
    public let parameters: [[Float]]
    /// What happened how often, in the order of the names.
    public let notes: [(what: String, count: Int)]
}

public enum StarlingRun {
    /// Beyond the slowest node's rounds and overtime, in virtual seconds: what settling may take.
    static let patience = 600.0

    /// - traceFrom: events from this number on are told to `trace`, a line each.
    /// - progress: told of each look at the nodes; false stops the run.
    public static func run(
        _ task: LearningTask, _ settings: StarlingSettings, traceFrom: UInt64? = nil,
        progress: (CurvePoint) -> Bool, trace: @escaping (String) -> Void = { _ in }
    ) -> RunReport {
        var world = World(plan(task, settings))
        if let traceFrom { world.tellEvents(from: traceFrom, to: trace) }
        let longest = settings.roundSeconds.max() ?? 0
        let mean = settings.roundSeconds.reduce(0, +) / Double(task.nodes)
        let looks = LookPlan(rounds: task.rounds, target: settings.target)
        var watch = Watch(step: mean, looks: looks)
        var curve: [CurvePoint] = []
        var isWanted = true
        let limit = 5 * Double(task.rounds) * longest * 1.2 + patience
        let ended = world.run(
            until: { world in
                let isOver =
                    world.seconds > settings.faults.late * settings.faults.until / 2
                    && world.everybodyHasFinished
                guard isOver || watch.isDue(world.seconds) else { return false }
                guard let point = Self.look(at: world, task) else { return isOver }
                curve.append(point)
                if let target = settings.target, point.mean >= target { watch.hasReached = true }
                isWanted = progress(point)
                return isOver || !isWanted
            }, limit: limit)
        let allFinished = ended && isWanted
        if allFinished { world.lookAtTheEnd() }
        let rounds = (0..<world.count).compactMap { world.round($0) }.max() ?? 0
        return RunReport(
            result: MethodResult(
                method: .starling, curve: curve, target: settings.target, rounds: Int(rounds)),
            nodes: nodeReports(world, task, settings),
            digest: world.digest, events: world.events, checked: world.checked,
            violation: world.violation, allFinished: allFinished,
            stayed: (0..<world.count).filter { world.isUp($0) },
            parameters: (0..<world.count).compactMap { world.parameters($0) },
            notes: world.notes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    static func plan(_ task: LearningTask, _ settings: StarlingSettings) -> WorldPlan {
        var gossip = GossipSettings(
            rounds: UInt64(task.rounds), steps: task.steps, exchanges: settings.exchanges,
            rate: task.hyperparameters.rate(round: 0, of: task.rounds))
        gossip.agreement = settings.agreement
        gossip.correction = settings.correction
        var membership = MembershipSettings()
        membership.view = settings.view
        let options = CodecOptions(fraction: settings.fraction, values: settings.values)
        return WorldPlan(
            seed: settings.seed, genesis: task.genesis,
            codec: DeltaCodec(layout: task.architecture.layout, options: options), gossip: gossip,
            membership: membership,
            nodes: (0..<task.nodes).map { node in
                NodePlan(
                    weight: settings.weights[node], roundSeconds: settings.roundSeconds[node],
                    trainer: TaskTrainer(task, node: node))
            }, faults: settings.faults)
    }

    private static func nodeReports(
        _ world: borrowing World, _ task: LearningTask, _ settings: StarlingSettings
    ) -> [NodeReport] {
        (0..<world.count).compactMap { node in
            guard let model = world.parameters(node), let round = world.round(node) else {
                return nil
            }
            let measured = Evaluation.measure(
                architecture: task.architecture, parameters: model, data: task.test)
            return NodeReport(
                node: node, roundSeconds: settings.roundSeconds[node],
                rounds: Int(clamping: round), payloadSent: world.payloadSent[node],
                deltasSent: world.deltasSent[node], accuracy: measured.accuracy)
        }
    }

    /// Of the nodes that are up; nil where none is.
    private static func look(at world: borrowing World, _ task: LearningTask) -> CurvePoint? {
        let count = world.count
        let models = (0..<count).compactMap { world.parameters($0) }
        guard !models.isEmpty else { return nil }
        let rounds = (0..<count).compactMap { world.round($0) }
        return CurvePoint(
            seconds: world.seconds,
            round: Double(rounds.reduce(0, +)) / Double(max(rounds.count, 1)),
            bytes: world.meanPayload, look: NodesLook(models, task: task))
    }

    /// When the nodes are looked at next: as `LookPlan` says, counted in mean rounds of time.
    private struct Watch {
        let step: Double
        let looks: LookPlan
        var hasReached = false
        var done = 0

        mutating func isDue(_ seconds: Double) -> Bool {
            let now = Int(seconds / step)
            guard now > done else { return false }
            done = now
            return done < looks.rounds
                ? looks.isDue(done: done, reached: hasReached) : done % looks.after == 0
        }
    }
}
