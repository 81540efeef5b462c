// Room:  Simulation (floor 5, pure).
// Task:  the laws that cross nodes, and what a run came to.
// May:   Gossip, Membership, Model, Peer.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Gossip
import Membership
import Peer

extension World {
    public var count: Int { ids.count }

    public func isUp(_ node: Int) -> Bool { nodes[node] != nil }
    public func core(_ node: Int) -> Peer? { nodes[node]?.core }
    public func parameters(_ node: Int) -> [Float]? { nodes[node]?.vectors.parameters }

    public var everybodyHasFinished: Bool {
        nodes.allSatisfy { $0?.core.gossip.phase == .finished }
    }

    /// Root mean square distance of the nodes from their mean, relative to how far the mean has
    /// come from `origin`.
    public func consensusDistance(from origin: [Float]) -> Double {
        let all = nodes.compactMap { $0?.vectors.parameters }
        guard let first = all.first else { return 0 }
        var apart = 0.0
        var travelled = 0.0
        for i in first.indices {
            let mean = all.reduce(0.0) { $0 + Double($1[i]) } / Double(all.count)
            for x in all { apart += (Double(x[i]) - mean) * (Double(x[i]) - mean) }
            travelled += (mean - Double(origin[i])) * (mean - Double(origin[i]))
        }
        guard travelled > 0 else { return apart > 0 ? .infinity : 0 }
        return (apart / Double(all.count) / travelled).squareRoot()
    }

    /// Every law that is broken, in words; none when all hold.
    ///
    /// A link is quiet when both ends stand at the same exchange of the same epoch with nothing
    /// in flight; laws of links are checked there.
    ///
    /// - crashed: nodes came back from older checkpoints, so the sum over nodes may have moved.
    public func brokenLaws(genesis: [Float], crashed: Bool) -> [String] {
        var broken: [String] = []
        for a in ids.indices {
            for b in ids.indices where a < b { broken += brokenLaws(a, b) }
            if let node = nodes[a], !correctionIsSumOfLedgers(node) {
                broken.append("node \(a): the correction is not the sum of its ledgers")
            }
        }
        if !crashed { broken += brokenSum(genesis) }
        return broken
    }

    private func brokenLaws(_ a: Int, _ b: Int) -> [String] {
        let (toB, toA) = (LinkID(UInt32(b)), LinkID(UInt32(a)))
        guard let one = nodes[a], let other = nodes[b],
            let here = one.core.gossip.standing(of: toB),
            let there = other.core.gossip.standing(of: toA),
            here.epoch == there.epoch, here.exchange == there.exchange,
            !here.pending, !there.pending,
            one.core.gossip.isSteady(toB), other.core.gossip.isSteady(toA),
            here.ledgerFrom == there.ledgerFrom
        else { return [] }
        var broken: [String] = []
        let s = one.vectors.reference(of: toB)
        let t = other.vectors.reference(of: toA)
        if !zip(s, t).allSatisfy({ $0.bitPattern == $1.bitPattern }) {
            broken.append("link \(a)-\(b): the references differ")
        }
        let w = Double(one.core.settings.gossip.weight)
        let v = Double(other.core.settings.gossip.weight)
        var size = 0.0
        var sum = 0.0
        for (x, y) in zip(one.vectors.ledger(of: toB), other.vectors.ledger(of: toA)) {
            sum += abs(w * Double(x) + v * Double(y))
            size += abs(w * Double(x))
        }
        if sum > 1e-5 * size + 1e-12 {
            broken.append("link \(a)-\(b): the ledgers do not cancel: \(sum) of \(size)")
        }
        return broken
    }

    private func correctionIsSumOfLedgers(_ node: SimulatedNode) -> Bool {
        var size = 0.0
        var error = 0.0
        let ledgers = ids.indices.map { node.vectors.ledger(of: LinkID(UInt32($0))) }
        for (i, c) in node.vectors.correction.enumerated() {
            let sum = ledgers.reduce(0.0) { $0 + Double($1[i]) }
            error += abs(Double(c) - sum)
            size += ledgers.reduce(0.0) { $0 + abs(Double($1[i])) }
        }
        // Where a ledger has leaked away, the rounding of its additions to c stays: some 1e-8 each.
        return error <= 1e-4 * size + 1e-6 * Double(node.vectors.correction.count)
    }

    /// `sum of w x` moves only by local steps. Exchanges that one end has applied and the other
    /// not yet are in the way, so this is a law of quiet worlds.
    private func brokenSum(_ genesis: [Float]) -> [String] {
        let all = nodes.compactMap { $0 }
        guard all.count == nodes.count else { return [] }
        let quiet = ids.indices.allSatisfy { a in
            ids.indices.allSatisfy { b in
                guard a != b, let one = all[a].core.gossip.standing(of: LinkID(UInt32(b))),
                    let other = all[b].core.gossip.standing(of: LinkID(UInt32(a)))
                else { return true }
                return one.exchange == other.exchange && one.epoch == other.epoch
            }
        }
        guard quiet else { return [] }
        let weights = all.map { Double($0.core.settings.gossip.weight) }
        let total = weights.reduce(0, +)
        var error = 0.0
        var size = 0.0
        for i in genesis.indices {
            var sum = 0.0
            var expected = Double(genesis[i]) * total
            for (node, weight) in zip(all, weights) {
                sum += weight * Double(node.vectors.parameters[i])
                expected += node.added[i]
            }
            error += abs(sum - expected)
            size += abs(expected)
        }
        return error > 1e-5 * size + 1e-9
            ? ["the weighted sum of the parameters has moved by \(error) of \(size)"] : []
    }
}
