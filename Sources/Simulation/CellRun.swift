// Room:  Simulation (floor 5, pure).
// Task:  runs a cell in a world of real cores, with the drift correction or without.
// May:   Codec, Gossip, Learning, Membership, Model.   May not: clock, sockets, files, randomness.
// Proof: Tests/SimulationTests/CellTests.swift

import Codec
import Gossip
import Learning
import Membership
import Model

/// What a run of a cell came to.
public struct CellOutcome: Sendable, Equatable {
    /// Accuracy of the nodes' own models once they have settled: mean, and the least.
    public var mean: Double
    public var worst: Double
    /// As `NodesLook.consensusError`, at the end of training, before the nodes settle.
    public var consensusError: Double
    /// How far open the guard was: mean of `near` over all exchanges.
    public var open: Double
    /// Nodes that had to stop training, because it gave numbers that are not finite.
    public var failed: Int
    /// Whether everybody was done within the bound.
    public var finished: Bool
    public var digest: UInt64
    public var events: UInt64
    public var checked: UInt64
    public var violation: Violation?
}

extension Cell {
    static let roundSeconds = 0.1
    static let patience = 120.0

    /// The same repeat is the same data, start and world, whether there is a correction or not.
    ///
    /// - Complexity: O(rounds · nodes · steps · batch · d).
    public func run(repeat number: UInt64 = 0, correction: Bool) -> CellOutcome {
        let seed = Self.seed(of: self.seed, repeat: number)
        let (train, test) = DemoData.split(DemoData.digits().dataset)
        let plan = plan(seed: seed, rows: train, correction: correction)
        let slowest = plan.nodes.reduce(0) { max($0, $1.roundSeconds) }
        let limit = (slowest + 4 * delay * Self.roundSeconds) * Double(rounds) * 4 + Self.patience
        var world = World(plan)
        var apart = 0.0
        var nextLook = 0.0
        let ended = world.run(
            until: { world in
                if world.seconds >= nextLook, world.somebodyTrains {
                    nextLook = world.seconds + Self.roundSeconds
                    apart = NodesLook.consensusError(
                        of: (0..<world.count).compactMap { world.parameters($0) },
                        genesis: plan.genesis)
                }
                return world.everybodyIsDone
            }, limit: limit)
        if ended { world.lookAtTheEnd() }
        let applied = Double(max(world.exchangesApplied, 1))
        let accuracies = accuracies(
            (0..<world.count).compactMap { world.parameters($0) },
            Standardisation.standard.applied(to: test))
        return CellOutcome(
            mean: accuracies.reduce(0, +) / Double(accuracies.count),
            worst: accuracies.min() ?? 0, consensusError: apart,
            open: world.nearSum / applied,
            failed: (0..<world.count).count { world.phase($0) == .failed }, finished: ended,
            digest: world.digest, events: world.events, checked: world.checked,
            violation: world.violation)
    }

    private static func seed(of cell: UInt64, repeat number: UInt64) -> UInt64 {
        SplitMix64.mix(cell &+ number << 32) >> 1
    }

    /// The accuracy of one node that has all rows, at the same rate for as many rounds: where that
    /// is bad the cell's rate is no rate to learn with, and how a federation fares is luck.
    ///
    /// - Complexity: O(rounds · steps · batch · d).
    public func pooled(repeat number: UInt64 = 0) -> Double {
        let seed = Self.seed(of: self.seed, repeat: number)
        let (train, test) = DemoData.split(DemoData.digits().dataset)
        var trainer = trainer(
            Standardisation.standard.applied(to: train), hyperparameters, seed: seed)
        var model = start(seed: seed).genesis
        let none = [Float](repeating: 0, count: model.count)
        for round in 0..<UInt64(rounds) {
            let outcome = trainer.train(
                round: round, steps: steps, parameters: model, correction: none)
            for i in model.indices { model[i] += outcome.delta[i] }
        }
        return accuracies([model], Standardisation.standard.applied(to: test))[0]
    }

    private var hyperparameters: Hyperparameters {
        Hyperparameters(batch: Self.batch, rate: Float(rate), momentum: Float(momentum))
    }

    /// Nodes that agree hold models that are nearly equal, and seldom equal: each is tested.
    private func accuracies(_ models: [[Float]], _ test: Dataset) -> [Double] {
        models.map { model in
            switch kind {
            case .convolution: Convolution.accuracy(model, test)
            case .network(let hidden):
                Evaluation.measure(
                    architecture: Self.architecture(hidden), parameters: model, data: test
                ).accuracy
            }
        }
    }

    // MARK: The plan

    func plan(seed: UInt64, rows: Dataset, correction: Bool) -> WorldPlan {
        let root = SeededGenerator(seed: seed)
        var dealing = root.derived(1)
        let parts = partition.split(labels: rows.labels, nodes: nodes, generator: &dealing)
        let sites = parts.map { Standardisation.standard.applied(to: rows.subset($0)) }
        var seeding = root.derived(2)
        let seeds = sites.map { _ in seeding.next() >> 1 }
        var pacing = root.derived(4)
        let times = times(&pacing)
        var gossip = GossipSettings(
            rounds: UInt64(rounds), steps: steps, exchanges: exchanges, rate: Float(rate))
        gossip.correction = correction
        gossip.agreement = 3e-3
        var membership = MembershipSettings()
        membership.view = view
        var faults = Faults()
        faults.delay = delay * Self.roundSeconds
        let options = CodecOptions(fraction: fraction, values: .int4)
        let (layout, genesis) = start(seed: seed)
        return WorldPlan(
            seed: seed, genesis: genesis, codec: DeltaCodec(layout: layout, options: options),
            gossip: gossip, membership: membership,
            nodes: sites.indices.map { node in
                NodePlan(
                    roundSeconds: times[node],
                    trainer: trainer(sites[node], hyperparameters, seed: seeds[node]))
            }, faults: faults)
    }

    private func start(seed: UInt64) -> (layout: ParameterLayout, genesis: [Float]) {
        switch kind {
        case .convolution: return (Convolution.layout, Convolution.genesis(seed: seed))
        case .network(let hidden):
            let architecture = Self.architecture(hidden)
            return (architecture.layout, architecture.genesis(seed: seed))
        }
    }

    private func trainer(
        _ data: Dataset, _ hyperparameters: Hyperparameters, seed: UInt64
    ) -> any SimulatedTrainer {
        switch kind {
        case .convolution:
            ConvolutionTrainer(
                data: data, hyperparameters: hyperparameters, rounds: rounds, seed: seed)
        case .network(let hidden):
            TaskTrainer(
                NetworkTrainer(
                    architecture: Self.architecture(hidden), data: data,
                    hyperparameters: hyperparameters, seed: seed), rounds: rounds)
        }
    }

    /// Of a round of training, each node: evenly spread on a log scale, dealt at random.
    private func times(_ generator: inout SeededGenerator) -> [Double] {
        let step = Elementary.log(spread) / Double(nodes - 1)
        var times = (0..<nodes).map { Elementary.exp(step * Double($0)) }
        let scale = Self.roundSeconds * Double(nodes) / times.reduce(0, +)
        for node in times.indices { times[node] *= scale }
        generator.shuffle(&times)
        return times
    }
}

extension Standardisation {
    fileprivate static var standard: Standardisation { DemoData.digitsScale }
}

extension World {
    func phase(_ node: Int) -> GossipControl.Phase? { nodes[node]?.core.phase }

    /// Whether a node trains, or waits for its first link.
    fileprivate var somebodyTrains: Bool {
        (0..<count).contains { phase($0) == .training || phase($0) == .waiting }
    }

    /// Everybody has finished, or has had to stop.
    fileprivate var everybodyIsDone: Bool {
        (0..<count).allSatisfy { phase($0) == .finished || phase($0) == .failed }
    }
}
