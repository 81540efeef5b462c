// Room:  starling (floor 6).
// Task:  `simulate task`: a federation learns in a virtual world.
// May:   ArgumentParser, Codec, Learning, Simulation, Store.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import ArgumentParser
import Codec
import Learning
import Simulation
import Store

struct SimulateTaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Nodes learn together: accuracy, bytes, virtual time. `task` may be left out.",
        discussion: """
            Digits and tumours are dealt and trained as in `starling demo`. Of a CSV file a quarter
            of the rows is held out as test.

            Examples:
              starling simulate digits --faults storm --seed 5
              starling simulate digits --compare --target 0.95 --seeds 1..3
              starling simulate patients.csv --nodes 6 --spread 20 --hidden 32
            """)

    @Argument(
        help: .init("digits, tumours, or a CSV file with a header line.", valueName: "data"))
    var data: String

    @Option(help: "How many nodes.")
    var nodes = 16

    @Option(
        help: """
            Who has which rows: classes (two a node; digits' default), iid (a CSV's), dirichlet, \
            skewed (sizes and labels; tumours').
            """)
    var partition: DemoPlan.Spread?

    @Option(help: "Links that a node keeps (default: 7, or all others).")
    var view: Int?

    @Option(help: "Share of the coordinates in a delta (default: the data's).")
    var fraction: Double?

    @Option(help: "How values are written.")
    var values = ValueKind.int4

    @Option(help: "Rounds of training (default: the data's).")
    var rounds: Int?

    @Option(help: "Local steps a round (default: the data's).")
    var steps: Int?

    @Option(help: "The learning rate (default: the data's).")
    var rate: Double?

    @Option(help: "Rows a step; 0: all of the node's (default: the data's).")
    var batch: Int?

    @Option(help: "Weight decay (default: 0).")
    var decay: Double?

    @Option(help: "Exchanges that a node starts a round (default: 2).")
    var exchanges: Int?

    @Option(
        help: .init(
            "Widths of hidden layers, or none for logistic regression.", valueName: "64,32"))
    var hidden: HiddenSizes?

    @Option(help: "The label column of a CSV file (default: the last).")
    var label: String?

    @Option(help: "Report when the mean accuracy reaches this (default: 0.95; none for a CSV).")
    var target: Double?

    @Option(help: .init("\(Faults.names.joined(separator: ", ")).", valueName: "name"))
    var faults = "none"

    @Option(
        name: .customLong("fault"),
        help: .init(
            "One rate of the faults, on top of --faults; may come several times.",
            valueName: "key=value"))
    var fault: [FaultRate] = []

    @Option(help: "The slowest node takes so many times as long as the fastest.")
    var spread = 1.0

    @Option(help: .init("Virtual seconds of a round, mean over the nodes.", valueName: "seconds"))
    var roundTime = 0.1

    @Option(help: .init("Median of a message's delay.", valueName: "seconds"))
    var delay = 0.005

    @Flag(help: "A node weighs what it has rows, and not 1.")
    var weighSamples = false

    @Option(help: .init("Weights of the nodes, spread from 1 to S.", valueName: "1:S"))
    var weights: WeightSpread?

    @Flag(help: "How far from the true optimum the nodes end; logistic regression with --decay.")
    var optimum = false

    @Flag(help: "Without drift correction.")
    var noCorrection = false

    @Option(help: "Decides everything that is drawn (default: 1).")
    var seed: UInt64?

    @Option(help: .init("Several runs; figures are mean ± standard error.", valueName: "a..b"))
    var seeds: SeedRange?

    @Flag(help: "Also by FedAvg, by dense gossip, each node alone, and all rows in one place.")
    var compare = false

    @Option(help: .init("Draw the runs into this SVG file.", valueName: "file"))
    var plot: String?

    @Option(help: .init("Show every event from this one on, on stderr.", valueName: "event"))
    var from: UInt64?

    @Flag(help: "Print one JSON object, starling.simulate/1.")
    var json = false

    func run() throws {
        let watch = Stopwatch()
        let seeds = try check()
        let plan = try SimulationPlan(try source(), options)
        if optimum, !plan.isConvex {
            throw SimulationError.use(
                "--optimum needs logistic regression with weight decay above 0",
                hint: "add --hidden none --decay 0.01")
        }
        let runs = SimulationRuns(
            plan: plan, seeds: seeds, methods: compare ? Method.allCases : [.starling],
            traceFrom: from)
        let parameters = try plan.task(seed: seeds.first).architecture.layout.count
        let answers = try runs.run(SimulationScreen(isQuiet: from != nil))
        let seconds = watch.seconds
        let table = SimulationTable(
            plan: plan, parameters: parameters, seeds: seeds, methods: runs.methods)
        if json {
            try JSONOutput.show(
                SimulationResult(plan, parameters: parameters, answers, wallSeconds: seconds))
        } else {
            for line in table.lines(answers, wallSeconds: seconds, for: .standardOutput) {
                print(line)
            }
        }
        if let plot {
            let picture = LearningChart.svg(plan, seeds: seeds, answers)
            try Files.writeAtomically(plot, [UInt8](picture.utf8), mode: 0o644)
        }
        for answer in answers where answer.report?.allFinished == false {
            StandardError.say(
                "starling: warning: seed \(answer.seed): not all nodes were done within the bound")
        }
        let broken = answers.compactMap { answer in
            answer.report?.violation.map {
                SimulationError.lawBroken(
                    seed: answer.seed, $0, drawn: table.heading, again: "the same command with")
            }
        }
        try Self.complain(broken)
    }

    /// Says each, and leaves with the last.
    private static func complain(_ errors: [SimulationError]) throws {
        for error in errors.dropLast() {
            StandardError.say("starling: error: \(error.description)")
        }
        if let last = errors.last { throw last }
    }

    // MARK: Checks

    /// - Returns: the seeds to run.
    private func check() throws -> SeedRange {
        try SimulationChecks.nodes(nodes)
        if let view { try SimulationChecks.view(view, nodes: nodes) }
        if let fraction { try SimulationChecks.fraction(fraction) }
        if let rounds { try SimulationChecks.integer(rounds, "rounds", in: 1...100_000) }
        if let steps { try SimulationChecks.integer(steps, "steps", in: 1...100_000) }
        if let rate { try SimulationChecks.number(rate, "rate", above: 0, most: 1000) }
        if let batch { try SimulationChecks.integer(batch, "batch", in: 0...1_000_000) }
        if let decay { try SimulationChecks.number(decay, "decay", in: 0...1000) }
        if let exchanges { try SimulationChecks.integer(exchanges, "exchanges", in: 1...100) }
        if let hidden {
            try SimulationChecks.integer(hidden.values.count, "hidden", in: 0...16)
            for width in hidden.values {
                try SimulationChecks.integer(width, "hidden", in: 1...100_000)
            }
        }
        if let target { try SimulationChecks.number(target, "target", above: 0, most: 1) }
        try SimulationChecks.faults(faults)
        for rate in fault { try SimulationChecks.rate(rate) }
        if let weights {
            try SimulationChecks.number(weights.most, "weights", in: 1...1e6)
            guard !weighSamples else {
                throw SimulationError.use(
                    "--weights and --weigh-samples do not go together",
                    hint: "leave one of the two out")
            }
        }
        try SimulationChecks.number(spread, "spread", in: 1...1000)
        try SimulationChecks.number(roundTime, "round-time", above: 0, most: 1e6)
        try SimulationChecks.number(delay, "delay", in: 0...1e6)
        try SimulationChecks.plot(plot)
        if label != nil, DemoPlan.DataName(rawValue: data) != nil {
            throw SimulationError.use(
                "--label is for CSV files, \(data) have theirs", hint: "leave it out")
        }
        return try SimulationChecks.seeds(
            seed, seeds, from: from, most: 1000, usually: SeedRange(1, 1))
    }

    private var options: SimulationPlan.Options {
        SimulationPlan.Options(
            nodes: nodes, spread: partition, view: view, fraction: fraction, values: values,
            rounds: rounds, steps: steps, rate: rate, exchanges: exchanges,
            hidden: hidden?.values, target: target, faults: faults, slowness: spread,
            roundTime: roundTime, delay: delay, weighsSamples: weighSamples,
            weights: weights?.most ?? 1, corrects: !noCorrection, batch: batch, decay: decay,
            fault: fault, optimum: optimum)
    }

    // MARK: Data

    private func source() throws -> SimulationPlan.Source {
        if let name = DemoPlan.DataName(rawValue: data) { return .demo(name) }
        let file = Terminal.harmless(data)
        let bytes: [UInt8]
        do {
            bytes = try Files.read(data, limit: 1 << 32)
        } catch {
            if case .missing = error { throw SimulationError.noData(path: file) }
            throw SimulationError.unreadableData(path: file, reason: error.what)
        }
        let label = try label ?? Self.lastColumn(bytes, file: file)
        return .table(try CSV.parse(bytes, label: label, file: file), file: file)
    }

    /// No column can have an empty name, so the reader answers with the names that there are.
    private static func lastColumn(_ bytes: [UInt8], file: String) throws(DataError) -> String {
        do {
            return try CSV.parse(bytes, label: "", file: file).featureNames.last ?? ""
        } catch {
            if case .noLabelColumn(_, _, let columns) = error, let last = columns.last {
                return last
            }
            throw error
        }
    }
}
