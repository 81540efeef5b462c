// Room:  starling (floor 6).
// Task:  `simulate averaging`: no training, random starts, how long until all agree.
// May:   ArgumentParser, Codec, Simulation, Store.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import ArgumentParser
import Codec
import Simulation
import Store

struct SimulateAveragingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "averaging",
        abstract: "Nodes start anywhere and only average: exchanges and bytes until they agree.",
        discussion: """
            Disagreement is the root mean square of the nodes' distances from their mean, relative
            to what it was at the start.

              starling simulate averaging --nodes 1000 --parameters 10000 --target 1e-4
            """)

    @Option(help: "How many nodes.")
    var nodes: Int

    @Option(help: "How many parameters a node has.")
    var parameters: Int

    @Option(help: "The disagreement to come to, above 0 and below 1.")
    var target: Double

    @Option(help: "Links that a node keeps (default: 7, or all others).")
    var view: Int?

    @Option(help: "Share of the coordinates in a delta.")
    var fraction = 0.1

    @Option(help: "How values are written.")
    var values = ValueKind.int4

    @Option(help: .init("Median of a message's delay.", valueName: "seconds"))
    var delay = 0.005

    @Option(help: .init("\(Faults.names.joined(separator: ", ")).", valueName: "name"))
    var faults = "none"

    @Option(help: "Decides everything that is drawn.")
    var seed: UInt64 = 1

    @Option(help: .init("Draw the run into this SVG file.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print one JSON object, starling.averaging/1.")
    var json = false

    func run() throws {
        let watch = Stopwatch()
        try check()
        let view = view ?? min(7, nodes - 1)
        let screen = SimulationScreen()
        var settings = AveragingSettings(
            nodes: nodes, parameters: parameters, target: target, seed: seed)
        settings.view = view
        settings.fraction = fraction
        settings.values = values
        settings.delay = delay
        settings.faults = faults
        let report = AveragingRun.run(settings, workers: Parallel.forEach) { point in
            screen.show {
                "\(Figures.fixed(point.seconds, 1)) virtual seconds · disagreement "
                    + "\(Figures.scientific(point.consensusError)), to "
                    + "\(Figures.scientific(target))"
            }
            return true
        }
        screen.clear()
        let seconds = watch.seconds
        if json {
            try JSONOutput.show(AveragingResult(self, view: view, report, wallSeconds: seconds))
        } else {
            for line in lines(report, view: view, wallSeconds: seconds) { print(line) }
        }
        if let plot {
            let title = "averaging · \(nodes) nodes · \(Figures.grouped(parameters)) parameters"
            let picture = AveragingChart.svg(
                title: "\(title) · seed \(seed)", target: target, report)
            try Files.writeAtomically(plot, [UInt8](picture.utf8), mode: 0o644)
        }
        if !report.reached, report.violation == nil {
            StandardError.say("starling: warning: the nodes did not agree within the bound")
        }
        if let violation = report.violation {
            throw SimulationError.lawBroken(seed: seed, violation, drawn: [], again: nil)
        }
    }

    private func check() throws {
        try SimulationChecks.nodes(nodes)
        try SimulationChecks.integer(parameters, "parameters", in: 1...100_000_000)
        guard nodes <= 500_000_000 / parameters else {
            throw SimulationError.use(
                "\(nodes) nodes of \(Figures.grouped(parameters)) parameters need too much memory",
                hint: "nodes times parameters may be 500 million")
        }
        guard target > 0, target < 1 else {
            throw SimulationError.use(
                "--target must be above 0 and below 1, this is \(target)",
                hint: "1e-4 is a ten thousandth of the disagreement at the start")
        }
        if let view { try SimulationChecks.view(view, nodes: nodes) }
        try SimulationChecks.fraction(fraction)
        try SimulationChecks.number(delay, "delay", in: 0...1e6)
        try SimulationChecks.faults(faults)
        try SimulationChecks.plot(plot)
    }

    private func lines(_ report: AveragingReport, view: Int, wallSeconds: Double) -> [String] {
        let terminal = Terminal.standardOutput
        let reached = report.reached ? "" : ", not reached"
        var sheet = FactSheet()
        sheet.add(
            "disagreement",
            "\(Figures.scientific(report.consensusError)) "
                + "(target \(Figures.scientific(target))\(reached))",
            report.reached ? nil : .yellow)
        sheet.add("mean moved", Figures.scientific(report.meanMoved))
        sheet.add(
            "exchanges",
            "\(Figures.grouped(report.exchanges)), \(Figures.small(report.exchangesPerNode(of: nodes))) a node"
        )
        sheet.add("bytes a node", Figures.bytes(rounding: report.bytesPerNode))
        sheet.add("virtual time", "\(Figures.small(report.virtualSeconds)) s")
        let title =
            "averaging · \(Figures.grouped(nodes)) nodes · \(Figures.grouped(parameters)) parameters"
        return [
            terminal.painted(title, .bold),
            "view \(view) · \(Figures.plain(fraction * 100)) % in \(values.rawValue) · delay "
                + "\(Figures.plain(delay * 1000)) ms · "
                + (faults == "none" ? "no faults" : "faults: \(faults)") + " · seed \(seed)",
            "",
        ] + sheet.lines(for: terminal) + [""]
            + Laws.lines(
                checked: report.checked, events: report.events,
                violations: report.violation == nil ? 0 : 1,
                digest: Figures.hexadecimal(report.digest), wallSeconds: wallSeconds)
    }
}

extension AveragingReport {
    /// Each exchange counts for both its nodes.
    func exchangesPerNode(of nodes: Int) -> Double { 2 * Double(exchanges) / Double(nodes) }
}

/// `starling simulate averaging --json` prints this and nothing else. Bytes are payload bytes sent,
/// means over the nodes.
struct AveragingResult: Encodable {
    struct Setting: Encodable {
        let nodes: Int
        let parameters: Int
        let target: Double
        let view: Int
        let fraction: Double
        let values: String
        let faults: String
        let seed: UInt64
    }

    struct Exchanges: Encodable {
        let total: UInt64
        let perNode: Double

        enum CodingKeys: String, CodingKey {
            case total
            case perNode = "per_node"
        }
    }

    struct Bytes: Encodable {
        let perNode: Double

        enum CodingKeys: String, CodingKey { case perNode = "per_node" }
    }

    struct Point: Encodable {
        let seconds: Double
        let bytes: Double
        let consensusError: OrNull<Double>

        enum CodingKeys: String, CodingKey {
            case seconds, bytes
            case consensusError = "consensus_error"
        }
    }

    let schema = "starling.averaging/1"
    let digest: String
    let events: UInt64
    let setting: Setting
    let reached: Bool
    /// Relative to that at the start.
    let consensusError: OrNull<Double>
    /// How far the mean of all nodes has moved, likewise: rounding, and what a fault lost.
    let meanMoved: OrNull<Double>
    let exchanges: Exchanges
    let bytes: Bytes
    let virtualSeconds: Double
    let curve: [Point]
    let invariants: Invariants
    let wallSeconds: Double

    enum CodingKeys: String, CodingKey {
        case schema, digest, events, setting, reached
        case consensusError = "consensus_error"
        case meanMoved = "mean_moved"
        case exchanges, bytes
        case virtualSeconds = "virtual_seconds"
        case curve, invariants
        case wallSeconds = "wall_seconds"
    }

    init(
        _ command: SimulateAveragingCommand, view: Int, _ report: AveragingReport,
        wallSeconds: Double
    ) {
        digest = Figures.hexadecimal(report.digest)
        events = report.events
        setting = Setting(
            nodes: command.nodes, parameters: command.parameters, target: command.target,
            view: view, fraction: command.fraction, values: command.values.rawValue,
            faults: command.faults, seed: command.seed)
        reached = report.reached
        consensusError = OrNull(report.consensusError)
        meanMoved = OrNull(report.meanMoved)
        exchanges = Exchanges(
            total: report.exchanges, perNode: report.exchangesPerNode(of: command.nodes))
        bytes = Bytes(perNode: report.bytesPerNode)
        virtualSeconds = report.virtualSeconds
        curve = report.curve.map {
            Point(
                seconds: $0.seconds, bytes: $0.bytes, consensusError: OrNull($0.consensusError))
        }
        invariants = Invariants(
            checked: report.checked, violations: report.violation == nil ? 0 : 1)
        self.wallSeconds = wallSeconds
    }
}
