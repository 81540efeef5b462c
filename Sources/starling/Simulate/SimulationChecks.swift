// Room:  starling (floor 6).
// Task:  what the options of simulations have in common: kinds of values, and their bounds.
// May:   ArgumentParser, Codec, Simulation, Glibc.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import ArgumentParser
import Codec
import Glibc
import Simulation

extension ValueKind: ExpressibleByArgument {}

/// `1..20`, both ends included. Ends that are the wrong way round are found by the checks, which
/// can say so.
struct SeedRange: ExpressibleByArgument, Sendable {
    let first: UInt64
    let last: UInt64

    init?(argument: String) {
        var words = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 3, words.remove(at: 1).isEmpty, let first = UInt64(words[0]),
            let last = UInt64(words[1])
        else { return nil }
        self.init(first, last)
    }

    init(_ first: UInt64, _ last: UInt64) {
        self.first = first
        self.last = last
    }

    /// At least 1, once checked.
    var count: Int { Int(clamping: last - first) + 1 }
    subscript(place: Int) -> UInt64 { first + UInt64(place) }
}

/// `crashEvery=2.5`. Names and values are looked at by the checks, which can list them.
struct FaultRate: ExpressibleByArgument, Sendable, Equatable {
    let key: String
    let value: Double

    init?(argument: String) {
        let words = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard words.count == 2, let value = Double(words[1]) else { return nil }
        key = String(words[0])
        self.value = value
    }
}

/// `1:10`.
struct WeightSpread: ExpressibleByArgument, Sendable {
    let most: Double

    init?(argument: String) {
        guard argument.hasPrefix("1:"), let most = Double(argument.dropFirst(2)) else { return nil }
        self.most = most
    }
}

/// Widths of hidden layers: `64,32`; nothing, or `none`, for none.
struct HiddenSizes: ExpressibleByArgument, Sendable {
    let values: [Int]

    init?(argument: String) {
        if argument.isEmpty || argument == "none" {
            values = []
        } else {
            guard let list = IntegerList(argument: argument) else { return nil }
            values = list.values
        }
    }
}

/// Each throws `SimulationError.use`: one line, a hint, status 64.
enum SimulationChecks {
    static let mostNodes = 10_000

    static func integer(
        _ value: Int, _ option: String, in range: ClosedRange<Int>, hint: String? = nil
    ) throws {
        guard range.contains(value) else {
            throw SimulationError.use(
                "--\(option) must be \(range.lowerBound) to \(range.upperBound), this is \(value)",
                hint: hint)
        }
    }

    static func nodes(_ nodes: Int) throws {
        try integer(
            nodes, "nodes", in: 2...mostNodes,
            hint: nodes == 1 ? "a node alone has nobody to learn with" : nil)
    }

    static func view(_ view: Int, nodes: Int) throws {
        try integer(
            view, "view", in: 1...(nodes - 1),
            hint: "a node is linked to others: at most to all of the \(nodes - 1)")
    }

    static func fraction(_ fraction: Double) throws {
        guard fraction > 0, fraction <= 1 else {
            throw SimulationError.use(
                "--fraction must be above 0 and at most 1, this is \(fraction)",
                hint: "0.03 sends three of a hundred coordinates at a time")
        }
    }

    static func number(
        _ value: Double, _ option: String, above least: Double, most: Double
    ) throws {
        guard value > least, value <= most else {
            throw SimulationError.use(
                "--\(option) must be above \(plain(least)) and at most \(plain(most)), "
                    + "this is \(plain(value))",
                hint: nil)
        }
    }

    static func number(_ value: Double, _ option: String, in range: ClosedRange<Double>) throws {
        guard range.contains(value) else {
            throw SimulationError.use(
                "--\(option) must be \(plain(range.lowerBound)) to \(plain(range.upperBound)), "
                    + "this is \(plain(value))",
                hint: nil)
        }
    }

    static func faults(_ name: String) throws {
        guard Faults.names.contains(name) else {
            throw SimulationError.use(
                "--faults does not know '\(Terminal.harmless(name))'",
                hint: "it knows \(Faults.names.joined(separator: ", "))")
        }
    }

    static func rate(_ rate: FaultRate) throws {
        guard Faults.keys.contains(rate.key) else {
            throw SimulationError.use(
                "--fault does not know '\(Terminal.harmless(rate.key))'",
                hint: "it knows \(Faults.keys.joined(separator: ", "))")
        }
        var faults = Faults()
        guard faults.set(rate.key, rate.value) else {
            throw SimulationError.use(
                "--fault \(rate.key) must be 0 or more, this is \(plain(rate.value))", hint: nil)
        }
    }

    /// - Returns: the seeds to run, in order.
    static func seeds(
        _ seed: UInt64?, _ seeds: SeedRange?, from event: UInt64?, most: UInt64,
        usually: SeedRange
    ) throws -> SeedRange {
        if seed != nil, seeds != nil {
            throw SimulationError.use(
                "--seed and --seeds do not go together", hint: "leave one of the two out")
        }
        let range = seeds ?? seed.map { SeedRange($0, $0) } ?? usually
        guard range.first <= range.last else {
            throw SimulationError.use(
                "--seeds \(range.first)..\(range.last) runs backwards",
                hint: "write --seeds \(range.last)..\(range.first)")
        }
        guard range.last - range.first < most else {
            throw SimulationError.use(
                "--seeds may name \(Figures.grouped(most)) seeds at most", hint: nil)
        }
        if event != nil, range.count > 1 {
            throw SimulationError.use(
                "--from shows the events of one seed", hint: "name it with --seed")
        }
        return range
    }

    /// A picture's file is looked at before a long run, not after it.
    static func plot(_ path: String?) throws {
        guard let path else { return }
        guard path.lowercased().hasSuffix(".svg") else {
            throw SimulationError.use(
                "--plot writes SVG, and '\(Terminal.harmless(path))' does not end in .svg",
                hint: "name it like --plot run.svg; one that exists is replaced")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard access(folder, W_OK) == 0 else {
            throw SimulationError.use(
                "--plot cannot write into the folder \(Terminal.harmless(folder))",
                hint: "name a folder that exists")
        }
    }

    /// `1` and not `1.0`.
    private static func plain(_ value: Double) -> String {
        value.rounded() == value && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
