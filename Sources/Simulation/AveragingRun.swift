// Room:  Simulation (floor 5, pure).
// Task:  averaging alone: nodes that start apart, and what it takes to bring them together.
// May:   Codec, Gossip, Membership, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/AveragingTests.swift

import Codec
import Gossip
import Membership
import Model

public struct AveragingReport: Sendable {
    public struct Point: Sendable, Equatable {
        public let seconds: Double
        /// Payload bytes sent a node, mean.
        public let bytes: Double
        public let consensusError: Double
    }

    public let reached: Bool
    /// Exchanges of all nodes together.
    public let exchanges: UInt64
    /// Payload bytes sent a node, mean.
    public let bytesPerNode: Double
    /// Root mean square distance of the nodes from their mean, relative to that at the start.
    public let consensusError: Double
    /// How far the mean of all nodes has moved, relative to their distance at the start.
    public let meanMoved: Double
    public let virtualSeconds: Double
    public let digest: UInt64
    public let events: UInt64
    public let checked: UInt64
    public let violation: Violation?
    public let curve: [Point]
}

/// What to average, and how.
public struct AveragingSettings: Sendable {
    public var nodes: Int
    public var parameters: Int
    /// Stop at this consensus error, relative to the start's.
    public var target: Double
    public var view = 7
    /// Differences of normal deviates are dense: more than the 3 % that suits training takes the
    /// same bytes in fewer exchanges (measured: 354, 360, 363, 375 kB a node at 3, 6, 12, 25 %).
    public var fraction = 0.1
    public var values = ValueKind.int4
    /// Median of a message's delay, in seconds.
    public var delay = 0.005
    public var faults = "none"
    public var seed: UInt64

    public init(nodes: Int, parameters: Int, target: Double, seed: UInt64) {
        self.nodes = nodes
        self.parameters = parameters
        self.target = target
        self.seed = seed
    }
}

/// Nodes whose parameters start as normal deviates settle until they agree: nothing is trained.
public enum AveragingRun {
    /// The most virtual time that is waited.
    static let limit = 3600.0

    /// - workers: where vectors are worked on; the run is the same wherever.
    /// - progress: told the virtual time and the error; false stops the run.
    public static func run(
        _ settings: AveragingSettings, workers: World.Workers? = nil,
        progress: (AveragingReport.Point) -> Bool
    ) -> AveragingReport {
        var world = World(plan(settings))
        world.workers = workers
        let (start, mean) = startingSpread(world)
        var curve: [AveragingReport.Point] = []
        var isWanted = true
        var error = 1.0
        // Often enough to see the target passed within some hundredths of the way.
        let step = UInt64(max(settings.delay, 0.0005) * 8e9)
        var nextLook = step
        _ = world.run(
            until: { world in
                guard world.now >= nextLook else { return false }
                nextLook = world.now + step
                guard world.nodes.allSatisfy({ $0 != nil }) else { return false }
                error = world.spread().apart / start
                let point = AveragingReport.Point(
                    seconds: world.seconds, bytes: world.meanPayload, consensusError: error)
                curve.append(point)
                isWanted = progress(point)
                return error <= settings.target || !isWanted
            }, limit: limit)
        if world.violation == nil, error <= settings.target { world.lookAtTheEnd() }
        let moved = zip(world.spread().mean, mean).reduce(0) {
            $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
        return AveragingReport(
            reached: error <= settings.target, exchanges: world.exchangesApplied / 2,
            bytesPerNode: world.meanPayload, consensusError: error,
            meanMoved: moved.squareRoot() / start, virtualSeconds: world.seconds,
            digest: world.digest, events: world.events, checked: world.checked,
            violation: world.violation, curve: curve)
    }

    private static func plan(_ settings: AveragingSettings) -> WorldPlan {
        let dimension = settings.parameters
        var draw = SeededGenerator(seed: settings.seed).derived(3)
        // No rounds: nodes settle from the start, without an end of their own.
        var gossip = GossipSettings(rounds: 0, steps: 1, rate: 1)
        gossip.agreement = 0
        gossip.correction = false
        var membership = MembershipSettings()
        membership.view = settings.view
        let nodes = (0..<settings.nodes).map { _ in
            NodePlan(
                roundSeconds: 1, trainer: IdleTrainer(),
                start: (0..<dimension).map { _ in Float(draw.normal()) })
        }
        let faults = Faults.named(settings.faults, delay: settings.delay, round: 0.1, until: 20)
        guard let faults, let layout = try? ParameterLayout([("x", [dimension])]) else {
            preconditionFailure("unknown faults, or a model without parameters")
        }
        let options = CodecOptions(fraction: settings.fraction, values: settings.values)
        return WorldPlan(
            seed: settings.seed, genesis: Array(repeating: 0, count: dimension),
            codec: DeltaCodec(layout: layout, options: options), gossip: gossip,
            membership: membership, nodes: nodes, faults: faults)
    }

    private static func startingSpread(_ world: World) -> (apart: Double, mean: [Double]) {
        let starts = world.plan.nodes.compactMap(\.start)
        var mean = [Double](repeating: 0, count: world.plan.genesis.count)
        for x in starts { for i in mean.indices { mean[i] += Double(x[i]) } }
        for i in mean.indices { mean[i] /= Double(starts.count) }
        var apart = 0.0
        for x in starts {
            for i in mean.indices { apart += (Double(x[i]) - mean[i]) * (Double(x[i]) - mean[i]) }
        }
        return ((apart / Double(starts.count)).squareRoot(), mean)
    }
}

extension World {
    /// Payload bytes sent a node, mean.
    var meanPayload: Double {
        Double(payloadSent.reduce(0, +)) / Double(max(payloadSent.count, 1))
    }
}
