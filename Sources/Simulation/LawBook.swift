// Room:  Simulation (floor 5, pure).
// Task:  the laws of one exchange, held against what the data half really did.
// May:   Codec, Gossip, Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/CanaryTests.swift

import Codec
import Gossip
import Model

/// A law that did not hold.
public struct Violation: Sendable, Equatable {
    public let law: String
    /// Number of the event after which it was broken.
    public let event: UInt64
    /// The last events of the nodes concerned.
    public let lines: [String]
}

/// Keeps account of what each end of each link has applied.
struct LawBook {
    /// What one end's parameters were moved by in an exchange, times its weight.
    private struct Half {
        /// Of the two deltas: a node that lost its disk may come to the same number once more, by
        /// another exchange.
        let name: UInt64
        let exchange: UInt64
        let node: Int
        let move: [Double]
        /// Sum of `w |x|`: what rounding is measured by.
        let size: Double
        var isMatched: Bool
    }

    /// In small worlds all vectors of a node are looked at after each of its events. In larger
    /// ones each exchange by its digests, and one of `stride` by its vectors.
    let looksEverywhere: Bool
    private let stride: UInt64
    private(set) var checked: UInt64 = 0
    private(set) var broken: (law: String, nodes: [Int])?

    private let nodes: Int
    /// No parameter may be farther from zero.
    private let reach: Float?
    /// Of each pair of nodes, the last few halves; looked up, and walked in the order of keys.
    private var halves: [Int: [Half]] = [:]
    /// The last exchange that a node has applied on each link in this life; only looked up in.
    private var last: [[Int: (epoch: UInt64, exchange: UInt64)]]

    init(nodes: Int, dimension: Int, reach: Float?) {
        self.nodes = nodes
        self.reach = reach
        looksEverywhere = nodes * dimension <= 1 << 12
        stride = nodes * dimension <= 1 << 20 ? 16 : 128
        last = Array(repeating: [:], count: nodes)
    }

    /// Whether an exchange is looked at by its vectors: the same at both of its ends.
    func looksInto(_ exchange: UInt64) -> Bool { looksEverywhere || exchange % stride == 7 }

    mutating func check(
        _ holds: Bool, _ law: @autoclosure () -> String, _ node: Int, _ other: Int? = nil
    ) {
        checked += 1
        if !holds, broken == nil { broken = (law(), [node] + (other.map { [$0] } ?? [])) }
    }

    /// A node came up, from whatever its disk held: what it applied after that is forgotten.
    mutating func restarted(_ node: Int) { last[node] = [:] }

    // MARK: Exchanges

    /// An end has applied an exchange.
    ///
    /// - before, reference: `x` and `s` before it.
    /// - Complexity: O(d).
    mutating func applied(
        own: LinkDelta, peer: LinkDelta, node: Int, other: Int, before: [Float],
        reference: [Float], vectors: ParameterState, codec: DeltaCodec
    ) {
        let (epoch, exchange) = (own.epoch, own.exchange)
        let isNew = last[node][other].map { $0 < (epoch, exchange) } ?? true
        check(isNew, "an exchange is applied once: \(exchange) of epoch \(epoch)", node, other)
        last[node][other] = (epoch, exchange)
        guard looksInto(exchange) else { return }
        if let reach {
            let farthest = vectors.parameters.reduce(0) { max($0, abs($1)) }
            check(farthest <= reach, "nothing diverges: a parameter is at \(farthest)", node, other)
        }
        match(own, peer, node, other, before, vectors.parameters)
        feedsBack(own, peer, node, other, before, reference, vectors, codec)
    }

    /// Both ends' weighted moves of one exchange cancel: so the weighted sum over nodes is moved by
    /// local steps alone.
    private mutating func match(
        _ own: LinkDelta, _ peer: LinkDelta, _ node: Int, _ other: Int, _ before: [Float],
        _ after: [Float]
    ) {
        let name = own.digest &+ Self.name(of: own) &+ Self.name(of: peer)
        let weight = Double(own.terms.weight)
        let move = zip(before, after).map { weight * (Double($1) - Double($0)) }
        let size = after.reduce(0) { $0 + weight * Double(abs($1)) }
        let key = min(node, other) * nodes + max(node, other)
        var book = halves[key] ?? []
        var isMatched = false
        for place in book.indices where book[place].name == name {
            let half = book[place]
            // Applied again by a node that is back from an older checkpoint: the same once more.
            let sign = half.node == node ? -1.0 : 1.0
            let off = zip(half.move, move).reduce(0) { $0 + abs($1.0 + sign * $1.1) }
            check(
                off <= 1e-6 * (half.size + size) + 1e-12,
                "the weighted sum is moved by local steps alone: exchange \(own.exchange) of epoch "
                    + "\(own.epoch) moved it by \(off)", node, other)
            if half.node != node {
                book[place].isMatched = true
                isMatched = true
            }
        }
        book.append(
            Half(
                name: name, exchange: own.exchange, node: node, move: move, size: size,
                isMatched: isMatched))
        if book.count > 6 { book.removeFirst() }
        halves[key] = book
    }

    /// A delta that a node makes again after a crash may say the same of other terms.
    private static func name(of delta: LinkDelta) -> UInt64 {
        let terms =
            UInt64(delta.terms.overlap.bitPattern) << 32
            | UInt64(delta.terms.weight.bitPattern)
        return SplitMix64.mix(EventTrace.hash(delta.payload) ^ SplitMix64.mix(terms))
    }

    /// `r' = r - q + (a - 1) w_peer / (w_own + w_peer) D`: what was not said stays to be said.
    private mutating func feedsBack(
        _ own: LinkDelta, _ peer: LinkDelta, _ node: Int, _ other: Int, _ before: [Float],
        _ reference: [Float], _ vectors: ParameterState, _ codec: DeltaCodec
    ) {
        guard let mine = try? codec.decode(own.payload),
            let theirs = try? codec.decode(peer.payload)
        else { return check(false, "what was applied decodes", node, other) }
        var expected = zip(before, reference).map { Double($0) - Double($1) }
        let overlap = Double(max(own.terms.overlap, peer.terms.overlap))
        let less = 2 / (2 + overlap) - 1
        let share =
            less * Double(peer.terms.weight)
            / (Double(own.terms.weight) + Double(peer.terms.weight))
        // What the end is drawn to by a peer that is far away rounds as coarsely as the peer's.
        var (off, size) = (0.0, 0.0)
        for (i, q) in zip(mine.indices, mine.values) {
            expected[Int(i)] -= (1 + share) * Double(q)
            size += Double(abs(q))
        }
        for (i, q) in zip(theirs.indices, theirs.values) {
            expected[Int(i)] += share * Double(q)
            size += Double(abs(q))
        }
        let link = LinkID(UInt32(other))
        for (i, pair) in zip(vectors.parameters, vectors.reference(of: link)).enumerated() {
            off += abs(Double(pair.0) - Double(pair.1) - expected[i])
            size += Double(abs(before[i])) + Double(abs(reference[i]))
        }
        check(
            off <= 2e-6 * size + 1e-12,
            "what an exchange leaves out stays to be said: \(off) of \(size) is lost", node, other)
    }

    /// The payload says what the encoder said of it.
    mutating func made(
        _ payload: [UInt8], exchange: UInt64, before: Double, after: Double, node: Int,
        other: Int, vectors: ParameterState, codec: DeltaCodec
    ) {
        guard looksInto(exchange), !payload.isEmpty else { return }
        guard let said = try? codec.decode(payload) else {
            return check(false, "an own payload decodes", node, other)
        }
        let reference = vectors.reference(of: LinkID(UInt32(other)))
        var left = zip(vectors.parameters, reference).map { Double($0) - Double($1) }
        for (i, q) in zip(said.indices, said.values) { left[Int(i)] -= Double(q) }
        let rest = left.reduce(0) { $0 + $1 * $1 }
        check(
            abs(rest - after) <= 1e-5 * before + 1e-12,
            "a payload decodes to what the encoder said: \(rest) is left, not \(after)", node, other
        )
    }

    // MARK: The end

    /// Of every pair whose link is whole, each exchange has been applied at both ends. One that
    /// was cut off in mid exchange and never came back has one half more.
    mutating func everythingIsMatched(isWhole: (_ a: Int, _ b: Int) -> Bool) {
        for key in halves.keys.sorted() {
            let (a, b) = (key / nodes, key % nodes)
            guard isWhole(a, b) else { continue }
            for half in halves[key] ?? [] {
                check(
                    half.isMatched,
                    "an exchange is applied at both ends or at none: \(half.exchange) was applied "
                        + "at one", a, b)
            }
        }
    }
}
