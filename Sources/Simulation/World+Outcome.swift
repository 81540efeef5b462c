// Room:  Simulation (floor 5, pure).
// Task:  what a world has come to.
// May:   Gossip, Membership, Peer.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Gossip
import Membership
import Peer

extension World {
    public var count: Int { ids.count }

    public func isUp(_ node: Int) -> Bool { nodes[node] != nil }
    public func isGone(_ node: Int) -> Bool { lives[node].isGone }
    public func core(_ node: Int) -> Peer? { nodes[node]?.core }
    /// Rounds that the node has done.
    public func round(_ node: Int) -> UInt64? { nodes[node]?.core.round }
    public func parameters(_ node: Int) -> [Float]? { nodes[node]?.vectors.parameters }
    public func correction(_ node: Int) -> [Float]? { nodes[node]?.vectors.correction }

    /// Everybody who has not gone for good.
    public var everybodyHasFinished: Bool {
        for (node, current) in nodes.enumerated() where !lives[node].isGone {
            guard current?.core.phase == .finished else { return false }
        }
        return true
    }

    /// Root mean square distance of the nodes from their mean, relative to how far the mean has
    /// come from `origin`.
    ///
    /// - Complexity: O(nodes · d).
    public func consensusDistance(from origin: [Float]) -> Double {
        let (apart, mean) = spread()
        let travelled = zip(mean, origin).reduce(0) {
            $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1))
        }
        guard travelled > 0 else { return apart > 0 ? .infinity : 0 }
        return apart / travelled.squareRoot()
    }

    /// The root mean square distance of the nodes that are up from their mean, and the mean.
    func spread() -> (apart: Double, mean: [Double]) {
        let all = nodes.compactMap { $0?.vectors.parameters }
        var mean = [Double](repeating: 0, count: plan.genesis.count)
        for x in all {
            for i in mean.indices { mean[i] += Double(x[i]) }
        }
        for i in mean.indices { mean[i] /= Double(max(all.count, 1)) }
        var apart = 0.0
        for x in all {
            for i in mean.indices { apart += (Double(x[i]) - mean[i]) * (Double(x[i]) - mean[i]) }
        }
        return ((apart / Double(max(all.count, 1))).squareRoot(), mean)
    }
}
