// Room:  Simulation (floor 5, pure).
// Task:  what happened, for the digest of a run and for the report of a failure.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/FaultTests.swift

import Model

/// One event as a line of numbers; words are made only for those that somebody reads.
struct TraceEntry {
    let number: UInt64
    let time: UInt64
    let node: Int
    let what: StaticString
    /// The other node, or -1.
    var other = -1
    var detail: UInt64 = 0

    var line: String {
        let micro = time / 1000
        let fraction = String(1_000_000 + micro % 1_000_000).dropFirst()
        let whom = other >= 0 ? " with node \(other)" : ""
        let more = detail != 0 ? " (\(detail))" : ""
        return "event \(number) at \(micro / 1_000_000).\(fraction) s: node \(node): \(what)"
            + whom + more
    }
}

/// The last events of each node, and a digest of all.
struct EventTrace {
    /// Events of a node that a failure prints.
    static let kept = 20

    private(set) var digest: UInt64 = 0
    private(set) var number: UInt64 = 0
    private var last: [[TraceEntry]]

    init(nodes: Int) { last = Array(repeating: [], count: nodes) }

    /// - content: what else the event carries, as a number, for the digest alone.
    mutating func record(
        _ what: StaticString, node: Int, other: Int = -1, detail: UInt64 = 0,
        content: UInt64 = 0, at time: UInt64
    ) -> TraceEntry {
        number += 1
        let entry = TraceEntry(
            number: number, time: time, node: node, what: what, other: other, detail: detail)
        let name = UInt64(what.utf8CodeUnitCount) << 32 | UInt64(what.utf8Start[0])
        for word in [time, UInt64(node), UInt64(bitPattern: Int64(other)), name, detail, content] {
            digest = SplitMix64.mix(digest ^ word) &+ 0x9E37_79B9_7F4A_7C15
        }
        if last[node].count == Self.kept { last[node].removeFirst() }
        last[node].append(entry)
        return entry
    }

    /// The last events of these nodes, in the order in which they happened.
    func lines(of nodes: [Int]) -> [String] {
        nodes.flatMap { last[$0] }.sorted { $0.number < $1.number }.map(\.line)
    }

    /// - Complexity: O(bytes).
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash = UInt64(bytes.count)
        bytes.withUnsafeBytes { raw in
            var at = 0
            while at + 8 <= raw.count {
                hash = SplitMix64.mix(hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                at += 8
            }
            while at < raw.count {
                hash = SplitMix64.mix(hash ^ UInt64(raw[at]))
                at += 1
            }
        }
        return hash
    }
}
