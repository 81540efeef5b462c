// Room:  starling (floor 6).
// Task:  what can go wrong with a simulation, in words.
// May:   Model, Simulation.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Model
import Simulation

enum SimulationError: Fault {
    /// An option that makes no sense.
    case use(String, hint: String?)
    case noData(path: String)
    case unreadableData(path: String, reason: String)
    case fewRows(name: String, rows: Int)
    /// More nodes than the rows to train on can be dealt to.
    case moreNodesThanRows(nodes: Int, rows: Int)
    case nodeWithoutRows(node: Int, seed: UInt64, partition: String)
    /// A law did not hold, in a world as drawn. `again` begins the command that shows what came
    /// before.
    case lawBroken(seed: UInt64, Violation, drawn: [String], again: String?)

    var code: String {
        switch self {
        case .use: "simulation.options"
        case .noData, .unreadableData: "simulation.data"
        case .fewRows: "simulation.few-rows"
        case .moreNodesThanRows, .nodeWithoutRows: "simulation.rows"
        case .lawBroken: "simulation.law-broken"
        }
    }

    var what: String {
        switch self {
        case .use(let text, _): text
        case .noData(let path): "there is no data file at \(path)"
        case .unreadableData(let path, let reason): "\(path): \(reason)"
        case .fewRows(let name, let rows):
            "\(name): \(rows) rows, too few to train on some and test on others"
        case .moreNodesThanRows(let nodes, let rows):
            "\(nodes) nodes cannot share \(rows) rows to train on"
        case .nodeWithoutRows(let node, let seed, let partition):
            "node \(node + 1) gets no rows by --partition \(partition) and seed \(seed)"
        case .lawBroken(let seed, let violation, let drawn, _):
            (["a law is broken: \(violation.law); seed \(seed), event \(violation.event)"]
                + (drawn + violation.lines).map { "  | \(Terminal.harmless($0))" }).joined(
                    separator: "\n")
        }
    }

    var hint: String? {
        switch self {
        case .use(_, let hint): hint
        case .noData: "name digits, tumours, or a CSV file with a header line"
        case .unreadableData: "check the path and the permissions"
        case .fewRows: "a quarter of the rows is held out as test: four are the least"
        case .moreNodesThanRows: "choose fewer --nodes"
        case .nodeWithoutRows: "choose fewer --nodes, another --partition or another --seed"
        case .lawBroken(let seed, let violation, _, let again):
            again.map {
                "see what came before: \($0) --seed \(seed) "
                    + "--from \(violation.event > 200 ? violation.event - 200 : 0)"
            }
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .use, .moreNodesThanRows, .nodeWithoutRows: 64
        case .noData, .unreadableData, .fewRows: 65
        case .lawBroken: 1
        }
    }
}
