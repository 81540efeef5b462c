// Room:  SimulationTests.
// Task:  a node that comes late, or back with nothing, takes a snapshot and goes on with the others.
// May:   Simulation, Peer, Gossip, Membership, Codec, Model.
// Proof: itself

import Codec
import Gossip
import Membership
import Model
import Testing

@testable import Simulation

@Suite struct LateNodeTests {
    private func world(
        seed: UInt64, startsAfter: Double, snapshot: Bool = true, crashes: Bool = false
    ) throws -> QuadraticWorld {
        var faults = Faults()
        faults.delay = 0.002
        faults.until = 1
        if crashes {
            faults.until = 0.8
            faults.crashEvery = 0.4
            faults.downFor = 0.1
            faults.wipe = 1
        }
        var it = try QuadraticWorld(
            nodes: 3, dimension: 24, rounds: 40, seed: seed, faults: faults)
        var plan = it.world.plan
        plan.nodes[0].startsAfter = startsAfter
        if !snapshot { plan.gossip.youngRounds = .max }
        it.world = World(plan)
        return it
    }

    private func end(
        _ it: inout QuadraticWorld, after seconds: Double = 0, limit: Double = 100
    ) -> Bool {
        it.world.run(
            until: { $0.seconds > seconds && $0.everybodyHasFinished }, limit: limit)
    }

    /// Distance of node 0 from the mean of the others, relative to theirs from genesis.
    private func lag(_ it: borrowing QuadraticWorld) -> Double {
        guard let late = it.world.parameters(0) else { return .infinity }
        let others = (1..<it.world.count).compactMap { it.world.parameters($0) }
        let mean = NodesLook.weightedMean(others, others.map { _ in 1 / Double(others.count) })
        var (off, far) = (0.0, 0.0)
        for i in mean.indices {
            off += (Double(late[i]) - mean[i]) * (Double(late[i]) - mean[i])
            far += (mean[i] - Double(it.genesis[i])) * (mean[i] - Double(it.genesis[i]))
        }
        return (off / far).squareRoot()
    }

    @Test(arguments: UInt64(1)...2)
    func a_late_node_stands_with_the_others_at_once(seed: UInt64) throws {
        var lags: [Double] = []
        for snapshot in [true, false] {
            var it = try world(seed: seed, startsAfter: 0.5, snapshot: snapshot)
            // When it begins to train, wherever it stands then.
            _ = it.world.run(until: { $0.core(0)?.phase == .training }, limit: 10)
            lags.append(lag(it))
            #expect((it.world.notes["joined"] ?? 0) == (snapshot ? 1 : 0), "seed \(seed)")
            #expect(end(&it), "seed \(seed)")
            it.world.lookAtTheEnd()
            #expect(it.world.violation == nil, "seed \(seed)")
            #expect(it.world.consensusDistance(from: it.genesis) < 2e-3, "seed \(seed)")
            #expect(it.faults == [], "seed \(seed)")
            if snapshot {
                // Its round is theirs, so all end together.
                let rounds = it.rounds
                #expect(rounds.allSatisfy { (33...55).contains($0) }, "seed \(seed): \(rounds)")
            }
        }
        #expect(lags[0] < 0.2 && lags[1] > 0.5, "seed \(seed): \(lags)")
    }

    @Test func a_node_that_finds_all_finished_takes_their_model_and_moves_nobody() throws {
        var it = try world(seed: 1, startsAfter: 6)
        // Everybody but the late one is done by then.
        _ = it.world.run(until: { $0.seconds > 5.5 }, limit: 5.5)
        let before = try #require(it.world.parameters(1))
        let rounds = it.rounds
        #expect(end(&it, after: 6.5))
        #expect(it.world.violation == nil)
        let after = try #require(it.world.parameters(1))
        let moved = zip(before, after).reduce(0.0) { max($0, Double(abs($1.0 - $1.1))) }
        #expect(moved < 0.02, "of three")
        #expect(it.world.consensusDistance(from: it.genesis) < 2e-3)
        #expect(Array(it.rounds.dropFirst()) == Array(rounds.dropFirst()), "nobody trained")
        #expect(it.rounds[0] <= 55)
    }

    @Test func nodes_whose_disks_are_lost_take_snapshots() throws {
        var joined = 0
        for seed in UInt64(1)...2 {
            var it = try world(seed: seed, startsAfter: 0, crashes: true)
            #expect(end(&it, after: 1), "seed \(seed)")
            it.world.lookAtTheEnd()
            #expect(it.world.violation == nil, "seed \(seed)")
            #expect(it.world.consensusDistance(from: it.genesis) < 2e-3, "seed \(seed)")
            joined += it.world.notes["joined", default: 0]
        }
        #expect(joined >= 1)
    }

    @Test func without_late_nodes_nobody_joins_and_nothing_is_fetched() throws {
        var it = try world(seed: 2, startsAfter: 0)
        #expect(end(&it))
        #expect(it.world.notes["joined"] == nil)
        for node in 0..<3 { #expect(it.world.core(node)?.joining == nil) }
    }
}
