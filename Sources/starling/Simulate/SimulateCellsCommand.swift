// Room:  starling (floor 6).
// Task:  `simulate cells`: settings drawn at random, with the drift correction and without.
// May:   ArgumentParser, Simulation.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import ArgumentParser
import Simulation

struct SimulateCellsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cells",
        abstract: "Is the drift correction ever worse than none? Settings drawn at random.",
        discussion: """
            A cell is the digits with everything else drawn by its seed: model, rate, local steps,
            nodes, view, fraction, exchanges, delay, speeds, momentum, partition. It is run with
            the correction and without. Cell by cell the seeds count up from --seed; --repeats
            runs each cell on other data and starts as well.

              starling simulate cells --cells 100
              starling simulate cells --seed 17 --cells 1 --repeats 3
            """)

    @Option(help: "How many cells.")
    var cells = 20

    @Option(help: "Of the first cell.")
    var seed: UInt64 = 1

    @Option(help: "How often each cell is run.")
    var repeats = 1

    @Flag(help: "Print one JSON object, starling.cells/1.")
    var json = false

    func run() throws {
        let watch = Stopwatch()
        try SimulationChecks.integer(cells, "cells", in: 1...100_000)
        try SimulationChecks.integer(repeats, "repeats", in: 1...1000)
        guard seed <= UInt64.max - UInt64(cells) else {
            throw SimulationError.use("--seed \(seed) is too large", hint: nil)
        }
        let (seed, repeats) = (seed, repeats)
        let runs = 2 * repeats
        let screen = SimulationScreen()
        let answers = Parallel.map(
            cells * runs, until: { (outcome: CellOutcome) in outcome.violation != nil },
            { number in
                screen.show { "run \(number + 1) of \(cells * runs)" }
                return Cell(seed: seed + UInt64(number / runs)).run(
                    repeat: UInt64(number % runs / 2), correction: number % 2 == 1)
            })
        let pooled = Parallel.map(cells) { cell in
            (0..<repeats).map { Cell(seed: seed + UInt64(cell)).pooled(repeat: UInt64($0)) }
        }
        screen.clear()
        if let place = answers.firstIndex(where: { $0.violation != nil }),
            let violation = answers[place].violation
        {
            throw SimulationError.lawBroken(
                seed: seed + UInt64(place / runs), violation, drawn: [], again: nil)
        }
        let rows = (0..<cells).map { cell in
            let own = answers[cell * runs..<(cell + 1) * runs]
            return CellRow(Cell(seed: seed + UInt64(cell)), Array(own), pooled: pooled[cell])
        }
        let result = CellsResult(rows, answers, repeats: repeats, wallSeconds: watch.seconds)
        if json {
            try JSONOutput.show(result)
        } else {
            for line in result.lines(for: .standardOutput) { print(line) }
        }
    }
}

/// One cell, over its repeats.
struct CellRow: Sendable {
    /// A gap below this is no evidence: the standard error of the 449 test rows.
    static let noise = 0.007
    /// A rate at which one node with all rows does not come to this is no rate to learn with.
    static let sound = 0.8

    let cell: Cell
    let uncorrected: [CellOutcome]
    let corrected: [CellOutcome]
    /// Accuracy of one node with all rows, of each repeat.
    let pooled: [Double]

    /// - answers: of each repeat the run without the correction and the one with it.
    init(_ cell: Cell, _ answers: [CellOutcome], pooled: [Double]) {
        self.cell = cell
        self.pooled = pooled
        uncorrected = stride(from: 0, to: answers.count, by: 2).map { answers[$0] }
        corrected = stride(from: 1, to: answers.count, by: 2).map { answers[$0] }
    }

    /// Accuracy gained by the correction, of each repeat.
    var gains: [Double] { zip(corrected, uncorrected).map { $0.mean - $1.mean } }

    /// 1: better, -1: worse, 0: within the noise, where several repeats are given of their own
    /// spread too.
    var verdict: Int {
        guard let gain = Mean(gains) else { return 0 }
        let noise = max(Self.noise, 2 * (gain.error ?? 0))
        return gain.value < -noise ? -1 : gain.value > noise ? 1 : 0
    }

    var isSound: Bool { (Mean(pooled)?.value ?? 0) >= Self.sound }

    /// `2c n16/7 128 k3 H10x2 r.2 d.05 s3 m`, see the legend.
    var words: String {
        let dealing =
            switch cell.dealing {
            case .classes: "2c"
            case .dirichlet: "dir"
            case .iid: "iid"
            }
        return [
            dealing, "\(cell.nodes)/\(cell.view)", cell.model,
            "k\(Self.short(cell.fraction * 100))", "\(cell.steps)x\(cell.exchanges)",
            "r\(Self.short(cell.rate))", "d\(Self.short(cell.delay))",
            cell.spread > 1 ? "s\(Self.short(cell.spread))" : "",
            cell.momentum > 0 ? "m" : "",
        ].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Two digits: `0.021`, `0.21`, `2.1`, `21`.
    private static func short(_ value: Double) -> String {
        Figures.plain(
            Double(Figures.fixed(value, value < 0.1 ? 3 : value < 1 ? 2 : value < 10 ? 1 : 0))
                ?? value)
    }

    static func mean(_ outcomes: [CellOutcome], _ figure: (CellOutcome) -> Double) -> Double {
        Mean(outcomes.map(figure))?.value ?? 0
    }
}

/// `starling simulate cells --json` prints this and nothing else. Accuracies and gains are shares
/// from 0 to 1, means over a cell's repeats.
struct CellsResult: Encodable {
    struct Side: Encodable {
        let accuracy: Double
        let worst: Double
        /// At the end of training, before the nodes settle.
        let consensusError: OrNull<Double>
        /// Nodes that had to stop training.
        let failed: Int
        let finished: Bool

        enum CodingKeys: String, CodingKey {
            case accuracy, worst
            case consensusError = "consensus_error"
            case failed, finished
        }

        init(_ outcomes: [CellOutcome]) {
            accuracy = CellRow.mean(outcomes, \.mean)
            worst = CellRow.mean(outcomes, \.worst)
            consensusError = OrNull(CellRow.mean(outcomes, \.consensusError))
            failed = outcomes.reduce(0) { $0 + $1.failed }
            finished = outcomes.allSatisfy(\.finished)
        }
    }

    struct One: Encodable {
        let seed: UInt64
        let model: String
        let partition: String
        let nodes: Int
        let view: Int
        let fraction: Double
        let steps: Int
        let exchanges: Int
        let rate: Double
        let momentum: Double
        let delay: Double
        let spread: Double
        let rounds: Int
        let uncorrected: Side
        let corrected: Side
        let gains: [Double]
        /// How far open the guard was, from 0 to 1.
        let open: Double
        /// One node with all rows.
        let pooled: Double
        let verdict: Int

        init(_ row: CellRow) {
            let cell = row.cell
            seed = cell.seed
            model = cell.model
            partition = cell.dealing.rawValue
            nodes = cell.nodes
            view = cell.view
            fraction = cell.fraction
            steps = cell.steps
            exchanges = cell.exchanges
            rate = cell.rate
            momentum = cell.momentum
            delay = cell.delay
            spread = cell.spread
            rounds = cell.rounds
            uncorrected = Side(row.uncorrected)
            corrected = Side(row.corrected)
            gains = row.gains
            open = CellRow.mean(row.corrected, \.open)
            pooled = Mean(row.pooled)?.value ?? 0
            verdict = row.verdict
        }
    }

    let schema = "starling.cells/1"
    let digest: String
    let cells: [One]
    let repeats: Int
    let better: Int
    let worse: Int
    /// Of those, where one node with all rows learns at the cell's rate.
    let worseSound: Int
    /// The least of the cells' mean gains.
    let worstGain: Double
    let meanUncorrected: Double
    let meanCorrected: Double
    let invariants: Invariants
    let wallSeconds: Double
    private let rows: [CellRow]
    private let events: UInt64

    enum CodingKeys: String, CodingKey {
        case schema, digest, cells, repeats, better, worse
        case worseSound = "worse_sound"
        case worstGain = "worst_gain"
        case meanUncorrected = "mean_uncorrected"
        case meanCorrected = "mean_corrected"
        case invariants
        case wallSeconds = "wall_seconds"
    }

    init(_ rows: [CellRow], _ answers: [CellOutcome], repeats: Int, wallSeconds: Double) {
        self.rows = rows
        self.repeats = repeats
        self.wallSeconds = wallSeconds
        digest = Digests.text(answers.map(\.digest))
        cells = rows.map(One.init)
        better = rows.count { $0.verdict > 0 }
        worse = rows.count { $0.verdict < 0 }
        worseSound = rows.count { $0.verdict < 0 && $0.isSound }
        worstGain = rows.compactMap { Mean($0.gains)?.value }.min() ?? 0
        meanUncorrected = Mean(cells.map(\.uncorrected.accuracy))?.value ?? 0
        meanCorrected = Mean(cells.map(\.corrected.accuracy))?.value ?? 0
        invariants = Invariants(
            checked: answers.reduce(0) { $0 + $1.checked }, violations: 0)
        events = answers.reduce(0) { $0 + $1.events }
    }

    // MARK: Words

    func lines(for terminal: Terminal) -> [String] {
        var table = TextTable(
            [.init(title: "seed", alignment: .right), .init(title: "cell", isFlexible: true)]
                + ["pool", "off", "on", "gain", "apart", "open"].map {
                    .init(title: $0, alignment: .right)
                })
        for (row, one) in zip(rows, cells) {
            let gain = Mean(one.gains)?.value ?? 0
            table.add([
                .init("\(one.seed)"), .init(row.words),
                .init(Figures.fixed(one.pooled * 100, 0), row.isSound ? nil : .yellow),
                .init(Self.percent(one.uncorrected.accuracy)),
                .init(Self.percent(one.corrected.accuracy)),
                .init(
                    (gain > 0 ? "+" : "") + Self.percent(gain),
                    row.verdict < 0 ? .red : row.verdict > 0 ? .green : nil),
                .init(
                    Self.apart(row.uncorrected) + " " + Self.apart(row.corrected)),
                .init(Figures.fixed(one.open * 100, 0)),
            ])
        }
        return [
            terminal.painted("cells · correction off and on, in points of accuracy", .bold),
            "cell: partition, nodes/view, model, k in %, steps x exchanges a round, rate,",
            "  delay in rounds, spread of speeds, m: momentum 0.9; pool: one node with all",
            "  rows; apart: disagreement off and on when training ends, in %; open: the",
            "  guard, in %", "",
        ] + table.lines(for: terminal) + [
            "",
            "\(cells.count) cells: \(better) better, \(worse) worse beyond the noise, "
                + "\(worseSound) of these where one node with",
            "all rows comes to \(Figures.fixed(CellRow.sound * 100, 0)) %; worst gain "
                + Self.percent(worstGain),
            "mean \(Self.percent(meanUncorrected)) uncorrected, "
                + "\(Self.percent(meanCorrected)) corrected",
        ]
            + Laws.lines(
                checked: invariants.checked, events: events, violations: 0, digest: digest,
                wallSeconds: wallSeconds)
    }

    private static func percent(_ share: Double) -> String { Figures.fixed(share * 100, 1) }

    private static func apart(_ outcomes: [CellOutcome]) -> String {
        let value = CellRow.mean(outcomes, \.consensusError) * 100
        return Figures.fixed(min(value, 999), value < 9.95 ? 1 : 0)
    }
}
