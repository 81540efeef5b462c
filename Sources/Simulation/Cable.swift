// Room:  Simulation (floor 5, pure).
// Task:  one connection between two nodes, and what is under way on it.
// May:   Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/FaultTests.swift

import Wire

/// What travels over a cable, in order.
enum Parcel {
    /// The other end has accepted the connection.
    case accepted
    case message(FrameKind, [UInt8])
    /// A delta that had come over an earlier connection, once more.
    case replay([UInt8])
    /// Not what the other end's core has said.
    case garbage(FrameKind, [UInt8])
    /// The other end has closed.
    case end

    var isDelta: Bool {
        switch self {
        case .message(let kind, _): kind == .delta
        case .accepted, .replay, .garbage, .end: false
        }
    }
}

/// A connection as TCP makes it: parcels of one direction keep their order, a break loses what is
/// under way, and the two ends learn of the break at different times.
struct Cable {
    /// The one that dialled, and the other.
    let ends: [Int]
    /// How many times as slow as others.
    let slowness: Double
    /// When the last parcel to each end arrives.
    var lastArrival: [UInt64] = [0, 0]
    /// What arrives at an end later than this is lost.
    var cutoff: [UInt64] = [.max, .max]
    /// Ends that know nothing of the connection yet, or no more.
    var isDeaf = [false, false]
    /// Broken: whatever is sent vanishes.
    var isSevered = false
    /// Held up by a partition, first first.
    var held: [[Parcel]] = [[], []]
    var deltasUnderWay = [0, 0]
    /// Deltas of the connection before that are to come once more, to each end.
    var replays: [[Parcel]] = [[], []]

    func side(of node: Int) -> Int { ends[0] == node ? 0 : 1 }
}

/// Who cannot reach whom.
struct Partitioning {
    let name: Int
    /// Nodes on the one side.
    let isInside: [Bool]
    /// Only from the inside to the outside; else both ways.
    let isOneWay: Bool

    func blocks(from: Int, to: Int) -> Bool {
        isInside[from] != isInside[to] && (!isOneWay || isInside[from])
    }
}
