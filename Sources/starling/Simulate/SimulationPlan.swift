// Room:  starling (floor 6).
// Task:  a simulation as a plan: everything that options and a seed decide, before it starts.
// May:   Codec, Daemon (an error), Learning, Model, Simulation.   May not: clock, sockets, files.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Codec
import Daemon
import Learning
import Model
import Simulation

/// The data, the nodes and how they talk. For the data that the binary carries it is the demo's
/// plan, so that `demo` and `simulate` are the same task.
struct SimulationPlan: Sendable {
    enum Source: Sendable {
        case demo(DemoPlan.DataName)
        case table(Table, file: String)
    }

    /// Where an option is nil, the data's own default holds.
    struct Options: Sendable {
        var nodes = 16
        var spread: DemoPlan.Spread?
        var view: Int?
        var fraction: Double?
        var values = ValueKind.int4
        var rounds: Int?
        var steps: Int?
        var rate: Double?
        var exchanges: Int?
        var hidden: [Int]?
        var target: Double?
        var faults = "none"
        /// The slowest node takes so many times the fastest's time.
        var slowness = 1.0
        var roundTime = 0.1
        var delay = 0.005
        var weighsSamples = false
        /// The heaviest node weighs so many times the lightest, 1.
        var weights = 1.0
        var corrects = true
        /// Nil: the data's own.
        var batch: Int?
        var decay: Double?
        /// On top of `faults`.
        var fault: [FaultRate] = []
        /// Say how far from the true optimum the nodes end.
        var optimum = false
    }

    let source: Source
    let options: Options
    let view: Int
    let fraction: Double
    let exchanges: Int
    let agreement: Double
    let target: Double?
    let spread: DemoPlan.Spread
    let hidden: [Int]
    /// With the options' rounds, steps and rate.
    private let training: Training

    private struct Training: Sendable {
        var rounds: Int
        var steps: Int
        var hyperparameters: Hyperparameters
    }

    /// Rows that are dealt to nodes.
    static func trainingRows(_ source: Source) -> Int {
        let rows: Int
        switch source {
        case .demo(.digits): rows = DemoData.digits().dataset.rows
        case .demo(.tumours): rows = DemoData.tumours().dataset.rows
        case .table(let table, _): rows = table.dataset.rows
        }
        return rows - rows / 4
    }

    /// - options: checked.
    /// - Throws: `SimulationError` where there are too few rows.
    init(_ source: Source, _ options: Options) throws {
        self.source = source
        self.options = options
        if case .table(let table, let file) = source, table.dataset.rows < 4 {
            throw SimulationError.fewRows(name: file, rows: table.dataset.rows)
        }
        let rows = Self.trainingRows(source)
        guard options.nodes <= rows else {
            throw SimulationError.moreNodesThanRows(nodes: options.nodes, rows: rows)
        }
        // A CSV file is learnt from as the tumours are: standardised measures.
        let name: DemoPlan.DataName
        if case .demo(let demo) = source { name = demo } else { name = .tumours }
        let usual = try DemoPlan(.init(data: name, nodes: 2))
        switch source {
        case .demo:
            spread = options.spread ?? usual.spread
            hidden = options.hidden ?? Array(usual.architecture.sizes.dropFirst().dropLast())
            target = options.target ?? DemoPlan.target
        case .table:
            spread = options.spread ?? .iid
            hidden = options.hidden ?? []
            target = options.target
        }
        var training = Training(
            rounds: options.rounds ?? usual.training.rounds,
            steps: options.steps ?? usual.training.steps, hyperparameters: usual.hyperparameters)
        if let rate = options.rate { training.hyperparameters.rate = Float(rate) }
        if let batch = options.batch { training.hyperparameters.batch = batch }
        if let decay = options.decay { training.hyperparameters.weightDecay = Float(decay) }
        self.training = training
        view = options.view ?? min(usual.gossip.view, options.nodes - 1)
        fraction = options.fraction ?? usual.gossip.fraction
        exchanges = options.exchanges ?? usual.gossip.exchanges
        agreement = usual.gossip.agreement
    }

    /// Whether the loss has one minimum, and what `Optimum` says is it.
    var isConvex: Bool { hidden.isEmpty && training.hyperparameters.weightDecay > 0 }
    var rounds: Int { training.rounds }
    var steps: Int { training.steps }

    /// What people call the data.
    var name: String {
        switch source {
        case .demo(let name): name.rawValue
        case .table(_, let file): file
        }
    }

    // MARK: What a seed decides

    /// The rows of each node, what they start from, and the seeds of their batches.
    func task(seed: UInt64) throws -> LearningTask {
        let dealt: Dealt
        switch source {
        case .demo(let name): dealt = try deal(name, seed: seed)
        case .table(let table, let file): dealt = try deal(table, file: file, seed: seed)
        }
        if let node = dealt.sites.firstIndex(where: { $0.rows == 0 }) {
            throw SimulationError.nodeWithoutRows(
                node: node, seed: seed, partition: spread.rawValue)
        }
        let architecture = try architecture(dealt.test.features, dealt.classes)
        return LearningTask(
            architecture: architecture, sites: dealt.sites, test: dealt.test,
            hyperparameters: training.hyperparameters, rounds: rounds, steps: steps,
            genesis: architecture.genesis(seed: seed & UInt64(Int64.max)), siteSeeds: dealt.seeds)
    }

    private struct Dealt {
        let sites: [Dataset]
        let seeds: [UInt64]
        let test: Dataset
        let classes: Int
    }

    private func deal(_ name: DemoPlan.DataName, seed: UInt64) throws -> Dealt {
        let demo = try DemoPlan(
            .init(data: name, nodes: options.nodes, spread: spread, seed: seed))
        return Dealt(
            sites: demo.sites.map(demo.standardised), seeds: demo.sites.map(\.seed),
            test: demo.test, classes: demo.classes.count)
    }

    /// As the demo deals its data.
    private func deal(_ table: Table, file: String, seed: UInt64) throws -> Dealt {
        let (train, test) = DemoData.split(table.dataset)
        let standardisation = Standardisation.measured(on: train)
        let generator = SeededGenerator(seed: seed)
        var dealing = generator.derived(1)
        let parts = spread.partition.split(
            labels: train.labels, nodes: options.nodes, generator: &dealing)
        var seeding = generator.derived(2)
        let sites = parts.map { standardisation.applied(to: train.subset($0)) }
        let applied = standardisation.applied(to: test)
        for part in sites + [applied] where !part.inputs.allSatisfy(\.isFinite) {
            throw ConfigurationError.standardisedNotFinite(file: file)
        }
        return Dealt(
            sites: sites, seeds: parts.map { _ in seeding.next() >> 1 }, test: applied,
            classes: table.classes.count)
    }

    private func architecture(_ inputs: Int, _ classes: Int) throws -> Architecture {
        do {
            return try Architecture(sizes: [inputs] + hidden + [classes])
        } catch {
            let sizes = ([inputs] + hidden + [classes]).map(String.init).joined(separator: ",")
            throw SimulationError.use(
                "there is no network of widths \(sizes)", hint: "choose others with --hidden")
        }
    }

    /// Virtual seconds of a round of each node. The demo's plan draws from 1 to 3.
    private func roundSeconds(seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed).derived(4)
        return Speeds.roundSeconds(
            nodes: options.nodes, spread: options.slowness, mean: options.roundTime,
            generator: &generator)
    }

    func starling(_ task: LearningTask, seed: UInt64) -> StarlingSettings {
        let made = StarlingSettings(
            rounds: rounds, weights: weights(task, seed: seed).map { Float($0) },
            roundSeconds: roundSeconds(seed: seed), delay: options.delay, faults: options.faults,
            seed: seed)
        guard var settings = made else { preconditionFailure("the name of the faults is checked") }
        for rate in options.fault {
            precondition(settings.faults.set(rate.key, rate.value), "the rates are checked")
        }
        settings.view = view
        settings.fraction = fraction
        settings.values = options.values
        settings.exchanges = exchanges
        settings.agreement = agreement
        settings.correction = options.corrects
        settings.target = target
        return settings
    }

    func comparison(_ task: LearningTask, seed: UInt64) -> ComparisonSettings {
        ComparisonSettings(
            target: target, seed: seed, exchanges: exchanges, view: view,
            roundSeconds: roundSeconds(seed: seed), delay: options.delay,
            weights: weights(task, seed: seed))
    }

    /// Of each node: its rows, or evenly spread on a log scale from 1 and dealt by the seed.
    private func weights(_ task: LearningTask, seed: UInt64) -> [Double] {
        if options.weighsSamples { return task.sites.map { Double($0.rows) } }
        var generator = SeededGenerator(seed: seed).derived(5)
        let spread = Speeds.spread(nodes: task.nodes, options.weights, generator: &generator)
        // As the daemon says them.
        return spread.map { Double(Float($0)) }
    }

    /// How far from the optimum of those who stayed their mean has ended, relative to its norm.
    func optimumDistance(_ task: LearningTask, _ report: RunReport, seed: UInt64) -> Double? {
        guard options.optimum, !report.stayed.isEmpty else { return nil }
        var weights = weights(task, seed: seed)
        for node in weights.indices where !report.stayed.contains(node) { weights[node] = 0 }
        let optimum = Optimum(task, weights: weights)
        return optimum.distance(
            of: report.parameters, weights: report.stayed.map { weights[$0] })
    }
}
