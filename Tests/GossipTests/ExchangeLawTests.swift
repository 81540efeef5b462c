// Room:  GossipTests.
// Task:  the design's laws over many random exchanges of three nodes, data halves alone.
// May:   Gossip, Codec, Model.
// Proof: itself

import Codec
import Model
import Testing

@testable import Gossip

/// Three nodes, all linked; each exchange is said and applied at both ends.
struct Triangle {
    var nodes: [ParameterState]
    let weights: [Float]
    let codec: DeltaCodec
    var exchanges: [[UInt64]] = Array(repeating: [0, 0, 0], count: 3)
    /// `sum of w x` as local steps alone make it.
    var sum: [Double]
    var size: Double

    init(_ weights: [Float], values: ValueKind, _ generator: inout SeededGenerator) throws {
        let dimension = 24
        self.weights = weights
        codec = try smallCodec(dimension, k: 6, values: values)
        let genesis = uniformVector(dimension, &generator)
        nodes = Array(
            repeating: ParameterState(genesis: genesis, codec: codec), count: weights.count)
        let total = weights.reduce(0.0) { $0 + Double($1) }
        sum = genesis.map { Double($0) * total }
        size = 1
    }

    mutating func step(_ node: Int, _ generator: inout SeededGenerator) {
        let steps = uniformVector(sum.count, &generator)
        _ = nodes[node].perform(.addLocal(steps))
        for i in steps.indices { sum[i] += Double(weights[node]) * Double(steps[i]) }
        size += Double(weights[node]) * steps.reduce(0.0) { $0 + abs(Double($1)) }
    }

    /// What both ends said, and their terms.
    mutating func exchange(
        _ low: Int, _ high: Int, _ lowTerms: Terms, _ highTerms: Terms, counts: Bool = true
    ) throws -> (low: LinkDelta, high: LinkDelta) {
        let (toHigh, toLow) = (LinkID(UInt32(high)), LinkID(UInt32(low)))
        let number = exchanges[low][high]
        let mine = try #require(nodes[low].says(on: toHigh, exchange: number, lowTerms))
        let theirs = try #require(nodes[high].says(on: toLow, exchange: number, highTerms))
        exchanges[low][high] += 1
        for (node, link, own, peer) in [
            (low, toHigh, mine, theirs), (high, toLow, theirs, mine),
        ] {
            let result = nodes[node].perform(
                .apply(
                    link, own: own, peer: peer, ownIsLower: node == low, countsInLedger: counts))
            guard case .applied = result else {
                Issue.record("\(result)")
                continue
            }
        }
        return (mine, theirs)
    }
}

@Suite struct ExchangeLawTests {
    @Test(arguments: UInt64(1)...60)
    func references_ledgers_and_the_weighted_sum_keep_their_laws(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let kinds: [ValueKind] = [.float32, .bfloat16, .int8, .int4]
        let weights: [Float] = seed % 2 == 0 ? [1, 2, 5] : [3, 0.5, 1]
        var triangle = try Triangle(weights, values: kinds[Int(seed) % 4], &generator)
        for step in 0..<80 {
            if generator.below(3) == 0 { triangle.step(generator.below(3), &generator) }
            let (low, high) = [(0, 1), (0, 2), (1, 2)][generator.below(3)]
            func said(_ node: Int) -> Terms {
                terms(
                    steps: 5, overlap: Float(generator.uniform() * 3), rate: 0.1,
                    weight: weights[node], cap: Float(generator.uniform()),
                    near: generator.below(3) == 0 ? Float(generator.uniform()) : 1)
            }
            _ = try triangle.exchange(
                low, high, said(low), said(high), counts: generator.below(10) > 0)
            if generator.below(20) == 0 {
                _ = triangle.nodes[low].perform(.clearLedger(LinkID(UInt32(high))))
                _ = triangle.nodes[high].perform(.clearLedger(LinkID(UInt32(low))))
            }
            try check(triangle, "seed \(seed), step \(step)")
        }
    }

    private func check(_ triangle: Triangle, _ label: Comment) throws {
        let weights = triangle.weights
        for (low, high) in [(0, 1), (0, 2), (1, 2)] {
            let here = triangle.nodes[low]
            let there = triangle.nodes[high]
            let (toHigh, toLow) = (LinkID(UInt32(high)), LinkID(UInt32(low)))
            try #require(
                bits(here.reference(of: toHigh)) == bits(there.reference(of: toLow)), label)
            var apart = 0.0
            var size = 0.0
            for (b, other) in zip(here.ledger(of: toHigh), there.ledger(of: toLow)) {
                apart += abs(Double(weights[low] * b) + Double(weights[high] * other))
                size += abs(Double(weights[low] * b))
            }
            try #require(apart <= 1e-5 * size + 1e-9, label)
        }
        for node in triangle.nodes {
            for (i, c) in node.correction.enumerated() {
                let sum = (0..<3).reduce(0.0) {
                    $0 + Double(node.ledger(of: LinkID(UInt32($1)))[i])
                }
                try #require(abs(Double(c) - sum) <= 1e-5, label)
            }
        }
        var error = 0.0
        for i in triangle.sum.indices {
            let sum = zip(triangle.nodes, weights).reduce(0.0) {
                $0 + Double($1.1) * Double($1.0.parameters[i])
            }
            error += abs(sum - triangle.sum[i])
        }
        try #require(error <= 1e-6 * triangle.size, label)
    }

    @Test(arguments: UInt64(1)...40)
    func what_was_not_said_stays_and_overlap_adds_its_half(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var triangle = try Triangle([1, 1, 1], values: .int4, &generator)
        for step in 0..<20 {
            for node in 0..<2 { triangle.step(node, &generator) }
            let overlap = Float(generator.below(4))
            let before = (0..<2).map { node in
                zip(
                    triangle.nodes[node].parameters,
                    triangle.nodes[node].reference(of: LinkID(UInt32(1 - node)))
                ).map { Double($0) - Double($1) }
            }
            let said = try triangle.exchange(0, 1, terms(overlap: overlap), terms())
            let q = try [said.low, said.high].map { delta in
                let sparse = try triangle.codec.decode(delta.payload)
                var dense = [Double](repeating: 0, count: 24)
                for (i, value) in zip(sparse.indices, sparse.values) {
                    dense[Int(i)] = Double(value)
                }
                return dense
            }
            let a = 2 / (2 + Double(overlap))
            for node in 0..<2 {
                let x = triangle.nodes[node].parameters
                let s = triangle.nodes[node].reference(of: LinkID(UInt32(1 - node)))
                for i in x.indices {
                    let difference = q[1 - node][i] - q[node][i]
                    let law = before[node][i] - q[node][i] + (a - 1) / 2 * difference
                    let error = abs(Double(x[i]) - Double(s[i]) - law)
                    try #require(error < 1e-5, "seed \(seed), step \(step), entry \(i)")
                }
            }
        }
    }

    @Test(arguments: [ValueKind.float32, .bfloat16, .int8, .int4])
    func without_training_the_nodes_meet(kind: ValueKind) throws {
        for seed in UInt64(1)...10 {
            var generator = SeededGenerator(seed: seed)
            var triangle = try Triangle([1, 2, 5], values: kind, &generator)
            for node in 0..<3 { triangle.step(node, &generator) }
            for round in 0..<120 {
                let (low, high) = [(0, 1), (0, 2), (1, 2)][round % 3]
                _ = try triangle.exchange(
                    low, high, terms(weight: triangle.weights[low], cap: 0),
                    terms(weight: triangle.weights[high], cap: 0))
            }
            var apart: Float = 0
            for i in triangle.sum.indices {
                let all = triangle.nodes.map { $0.parameters[i] }
                apart = max(apart, (all.max() ?? 9) - (all.min() ?? 0))
            }
            #expect(apart < 1e-3, "seed \(seed)")
            #expect(triangle.nodes.allSatisfy { $0.correction.allSatisfy { $0 == 0 } })
        }
    }
}
