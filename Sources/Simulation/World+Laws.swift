// Room:  Simulation (floor 5, pure).
// Task:  the laws that hold after every event: of a node, and of the links between nodes.
// May:   Gossip, Membership, Model, Peer.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift, Tests/SimulationTests/CanaryTests.swift

import Codec
import Gossip
import Membership
import Peer

extension World {
    /// No cable holds more deltas in one direction: one is asked, one is answered, one is resent,
    /// and one for each that came again.
    static let mostDeltasUnderWay = 8

    /// Looks at the laws of a node after one of its events, and of its links: of the one to
    /// `other`, or in small worlds of all.
    ///
    /// - isDeep: at their vectors too, O(d); in small worlds always.
    mutating func lookAtLaws(_ node: Int, and other: Int? = nil, isDeep: Bool = false) {
        let isDeep = isDeep || laws.looksEverywhere
        if laws.looksEverywhere {
            for peer in ids.indices where peer != node { lookAtLink(node, peer, isDeep: true) }
        } else if let other {
            lookAtLink(node, other, isDeep: isDeep)
        }
        if let current = nodes[node] {
            lookAtBounds(current, node)
            if isDeep {
                laws.check(
                    correctionIsSumOfLedgers(current),
                    "the correction is the sum of the open ledgers", node)
            }
        }
        guard violation == nil, let broken = laws.broken else { return }
        violation = Violation(
            law: broken.law, event: events, lines: trace.lines(of: broken.nodes))
    }

    private mutating func lookAtBounds(_ current: SimulatedNode, _ node: Int) {
        // What waited for nodes that stood still comes at once, at most some hundreds a link.
        laws.check(
            eventsAtNow <= 1000 * ids.count * (plan.membership.limit + 1),
            "time goes on: \(eventsAtNow) events at one instant", node)
        laws.check(
            current.work.count <= 2 * plan.membership.limit + 2 * ids.count + 8,
            "no queue grows without bound: \(current.work.count) pieces of work wait", node)
        // In large worlds that would be most of the time, and says little more.
        guard laws.looksEverywhere || events % 16 == 0 else { return }
        for connection in lives[node].connections {
            guard let cable = cables[connection] else { continue }
            laws.check(
                cable.deltasUnderWay.allSatisfy { $0 <= Self.mostDeltasUnderWay },
                "no queue grows without bound: \(cable.deltasUnderWay) deltas are under way", node)
        }
    }

    // MARK: Links

    /// O(1), and O(d) where both ends are quiet.
    private mutating func lookAtLink(_ a: Int, _ b: Int, isDeep: Bool) {
        guard let one = nodes[a] else { return }
        let link = LinkID(UInt32(b))
        guard let here = one.core.standing(of: link) else { return }
        if one.core.isSteady(link), !one.work.contains(where: { $0.link == link }) {
            laws.check(
                one.vectors.digest(of: link) == here.digest,
                "both halves of a node stand at the same instant", a, b)
            if here.ledgerFrom == nil, isDeep {
                laws.check(
                    one.vectors.ledger(of: link).allSatisfy { $0 == 0 },
                    "a closed ledger is taken back", a, b)
            }
        }
        guard let other = nodes[b], isQuiet(a, b) else { return }
        let back = LinkID(UInt32(a))
        laws.check(
            one.vectors.digest(of: link) == other.vectors.digest(of: back),
            "the references of a quiet link are equal", a, b)
        guard isDeep else { return }
        laws.check(
            Self.areEqual(one.vectors.reference(of: link), other.vectors.reference(of: back)),
            "the references of a quiet link are equal", a, b)
        laws.check(
            ledgersCancel(one, link, other, back),
            "the ledgers of a quiet link cancel", a, b)
    }

    /// Both ends stand at the same exchange of the same epoch, with nothing in flight.
    func isQuiet(_ a: Int, _ b: Int) -> Bool {
        let (toB, toA) = (LinkID(UInt32(b)), LinkID(UInt32(a)))
        guard let one = nodes[a], let other = nodes[b],
            let here = one.core.standing(of: toB),
            let there = other.core.standing(of: toA)
        else { return false }
        return here.epoch == there.epoch && here.exchange == there.exchange && !here.pending
            && !there.pending && here.ledgerFrom == there.ledgerFrom
            && one.core.isSteady(toB) && other.core.isSteady(toA)
            && !one.work.contains { $0.link == toB } && !other.work.contains { $0.link == toA }
            && !isStale(a, b) && !isStale(b, a)
    }

    /// A node that is back from its disk may hold a link of the same number by another history,
    /// until the two ends have compared their digests.
    private func isStale(_ a: Int, _ b: Int) -> Bool {
        guard lives[a].hasLostState || lives[b].hasLostState else { return false }
        return nodes[a]?.core.isOpen(LinkID(UInt32(b))) != true
    }

    private static func areEqual(_ s: [Float], _ t: [Float]) -> Bool {
        s.withUnsafeBufferPointer { s in
            t.withUnsafeBufferPointer { t in
                s.count == t.count
                    && s.indices.allSatisfy { s[$0].bitPattern == t[$0].bitPattern }
            }
        }
    }

    private func ledgersCancel(
        _ one: SimulatedNode, _ link: LinkID, _ other: SimulatedNode, _ back: LinkID
    ) -> Bool {
        let w = Double(one.core.settings.gossip.weight)
        let v = Double(other.core.settings.gossip.weight)
        var (sum, size) = (0.0, 0.0)
        for (x, y) in zip(one.vectors.ledger(of: link), other.vectors.ledger(of: back)) {
            sum += abs(w * Double(x) + v * Double(y))
            size += abs(w * Double(x))
        }
        return sum <= 1e-5 * size + 1e-9
    }

    private func correctionIsSumOfLedgers(_ node: SimulatedNode) -> Bool {
        var (size, error) = (0.0, 0.0)
        var sum = [Double](repeating: 0, count: plan.genesis.count)
        for peer in ids.indices {
            let link = LinkID(UInt32(peer))
            guard node.vectors.hasLedger(of: link) else { continue }
            for (i, entry) in node.vectors.ledger(of: link).enumerated() {
                sum[i] += Double(entry)
                size += abs(Double(entry))
            }
        }
        for (c, sum) in zip(node.vectors.correction, sum) { error += abs(Double(c) - sum) }
        // Where a ledger has leaked away, the rounding of its additions to c stays: some 1e-8 each.
        return error <= 1e-4 * size + 1e-6 * Double(sum.count)
    }

    // MARK: The end

    /// Looks at the laws of a world in which everybody is done: every pair, every exchange.
    public mutating func lookAtTheEnd() {
        for node in ids.indices {
            for other in ids.indices where other != node {
                lookAtLink(node, other, isDeep: true)
            }
        }
        guard everybodyHasFinished else { return lookAtLaws(0) }
        laws.everythingIsMatched { a, b in
            !lives.hasLost(a, b)
                && nodes[a]?.core.isOpen(LinkID(UInt32(b))) == true
                && nodes[b]?.core.isOpen(LinkID(UInt32(a))) == true
        }
        lookAtLaws(0)
    }

    /// The faults have stopped and time is over: everybody must have finished, and all agree.
    ///
    /// - bound: of the consensus distance from genesis.
    public mutating func demandTheEnd(agreement bound: Double) {
        for (node, current) in nodes.enumerated() where !lives[node].isGone {
            let phase = current?.core.phase
            laws.check(
                phase == .finished,
                "when the faults stop, everybody is done in time: this node is "
                    + (phase?.rawValue ?? "not up")
                    + ", links \(current?.core.membership.links.count ?? 0)", node)
        }
        let distance = consensusDistance(from: plan.genesis)
        laws.check(
            distance <= bound,
            "when the faults stop, the nodes agree: they are \(distance) apart, not \(bound)", 0)
        lookAtLaws(0)
    }

}
