// Room:  SimulationTests.
// Task:  whole worlds under virtual time: what they learn, and the laws that cross nodes.
// May:   Simulation, Peer, Gossip, Membership, Codec, Model.
// Proof: itself

import Codec
import Gossip
import Model
import Testing

@testable import Simulation

@Suite struct WorldTests {
    private func calm(delay: Double = 0.001) -> Faults {
        var faults = Faults()
        faults.delay = delay
        faults.delaySigma = 0.5
        return faults
    }

    private func end(_ it: inout QuadraticWorld, limit: Double = 300) -> Bool {
        it.world.run(until: { $0.everybodyHasFinished }, limit: limit)
    }

    /// The law that is broken, if one is, also of those that hold at the end only.
    private func laws(_ it: inout QuadraticWorld) -> String? {
        it.world.lookAtTheEnd()
        return it.world.violation?.law
    }

    // MARK: Learning

    @Test(arguments: UInt64(1)...2)
    func a_calm_world_learns_the_common_optimum_and_keeps_every_law(seed: UInt64) throws {
        var it = try QuadraticWorld(nodes: 4, seed: seed, faults: calm())
        #expect(end(&it), "seed \(seed)")
        #expect(laws(&it) == nil, "seed \(seed)")
        #expect(it.faults == [], "seed \(seed)")
        #expect(it.world.consensusDistance(from: it.genesis) < 2e-3, "seed \(seed)")
        #expect(it.distanceToOptimum < 0.005, "seed \(seed)")
        // Nodes of one pace end together: nobody trains on for nobody's sake.
        #expect(it.rounds.allSatisfy { (55...70).contains($0) }, "seed \(seed): \(it.rounds)")
    }

    @Test(arguments: UInt64(1)...2)
    func weights_lead_to_the_weighted_optimum(seed: UInt64) throws {
        var it = try QuadraticWorld(
            nodes: 3, seed: seed, faults: calm(), weights: [1, 2, 5])
        #expect(end(&it), "seed \(seed)")
        #expect(laws(&it) == nil, "seed \(seed)")
        #expect(it.world.consensusDistance(from: it.genesis) < 2e-3, "seed \(seed)")
        #expect(it.distanceToOptimum < 0.005, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...1)
    func nodes_ten_times_as_slow_count_as_much(seed: UInt64) throws {
        var it = try QuadraticWorld(
            nodes: 4, rounds: 30, seed: seed, faults: calm(), paces: [0.01, 0.02, 0.05, 0.1])
        #expect(end(&it), "seed \(seed)")
        #expect(laws(&it) == nil, "seed \(seed)")
        #expect(it.world.consensusDistance(from: it.genesis) < 2e-3, "seed \(seed)")
        #expect(it.distanceToOptimum < 0.01, "seed \(seed): \(it.rounds)")
        // The slowest ends when the others are done; the fastest trained on for the third.
        #expect(it.rounds.sorted() == it.rounds.reversed(), "seed \(seed): \(it.rounds)")
        #expect(it.rounds[2] >= 30 && it.rounds[0] <= 400, "seed \(seed): \(it.rounds)")
    }

    @Test(arguments: UInt64(1)...1)
    func ten_nodes_of_three_links_or_so_learn_the_same(seed: UInt64) throws {
        var it = try QuadraticWorld(
            nodes: 10, rounds: 25, seed: seed, faults: calm(), view: 3)
        #expect(end(&it), "seed \(seed)")
        #expect(laws(&it) == nil, "seed \(seed)")
        for node in 0..<10 {
            let links = it.world.core(node)?.membership.links.count ?? 0
            #expect((1...6).contains(links), "seed \(seed), node \(node)")
        }
        #expect(it.world.consensusDistance(from: it.genesis) < 1e-2, "seed \(seed)")
        #expect(it.distanceToOptimum < 0.005, "seed \(seed)")
    }

    // MARK: Faults

    @Test(arguments: UInt64(1)...2)
    func broken_connections_lose_nothing(seed: UInt64) throws {
        var rough = calm(delay: 0.005)
        rough.connectionLife = 0.3
        rough.until = 20
        var it = try QuadraticWorld(
            nodes: 5, seed: seed, faults: rough, weights: seed % 2 == 0 ? [1, 2, 5, 1, 3] : nil)
        #expect(end(&it), "seed \(seed)")
        #expect(laws(&it) == nil, "seed \(seed)")
        #expect(it.faults == [], "seed \(seed)")
        #expect(it.world.notes["new epoch"] == nil, "seed \(seed)")
        #expect(it.world.notes["cut", default: 0] > 10, "seed \(seed)")
        #expect(it.distanceToOptimum < 0.02, "seed \(seed): \(it.distanceToOptimum)")
    }

    /// The crashes end well before the rounds do: a node that has lost its disk joins anew at its
    /// peers' round, and what its ledgers had learnt has to be learnt again. The target of a node that is down when the others
    /// end is missing from what they have learnt, whatever the algorithm does.
    @Test(arguments: UInt64(1)...2)
    func crashed_nodes_come_back_and_all_learn_the_common_optimum(seed: UInt64) throws {
        var rough = calm(delay: 0.003)
        rough.connectionLife = 2
        rough.crashEvery = 2
        rough.downFor = 1
        rough.until = 2.5
        var it = try QuadraticWorld(
            nodes: 5, dimension: 24, rounds: 300, seed: seed, faults: rough)
        #expect(end(&it), "seed \(seed)")
        #expect(laws(&it) == nil, "seed \(seed)")
        #expect(it.faults == [], "seed \(seed)")
        #expect(it.world.notes["crash", default: 0] > 1, "seed \(seed)")
        #expect(it.world.notes["new epoch", default: 0] > 0, "seed \(seed)")
        #expect(it.world.consensusDistance(from: it.genesis) < 2e-3, "seed \(seed)")
        #expect(
            it.distanceToOptimum < 0.01, "seed \(seed): \(it.distanceToOptimum), \(it.rounds)")
    }

    // MARK: One seed, one run

    private func fingerprint(_ it: QuadraticWorld) -> [String] {
        let parameters = (0..<it.world.count).map { node in
            "\(it.world.parameters(node)?.map(\.bitPattern) ?? [])"
        }
        let notes = it.world.notes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return parameters + notes
            + ["\(it.world.digest) \(it.world.now) \(it.world.bytesSent) \(it.rounds)"]
    }

    @Test func the_same_seed_is_the_same_run_bit_for_bit() throws {
        var rough = calm(delay: 0.003)
        rough.connectionLife = 1
        rough.crashEvery = 2
        rough.until = 3
        let runs = try [5, 5, 6].map { seed in
            var it = try QuadraticWorld(
                nodes: 4, dimension: 24, rounds: 50, seed: UInt64(seed), faults: rough, view: 2)
            #expect(end(&it))
            return fingerprint(it)
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] != runs[2])
    }

    // MARK: The laws can be seen to break

    /// Perturbs one node's vectors by one entry; the law must name it.
    private func perturbed(
        _ expected: String, _ change: (inout ParameterSnapshot) -> Void
    ) throws {
        var it = try QuadraticWorld(nodes: 3, rounds: 12, seed: 3, faults: calm())
        #expect(end(&it))
        #expect(laws(&it) == nil)
        var snapshot = try #require(it.world.nodes[1]?.vectors.snapshot())
        change(&snapshot)
        it.world.nodes[1]?.vectors = try #require(
            ParameterState(genesis: it.genesis, codec: it.codec, snapshot: snapshot))
        let broken = try #require(laws(&it))
        #expect(broken.contains(expected))
        #expect(it.world.violation?.lines.contains { $0.contains("node 1") } == true)
    }

    @Test func a_reference_that_differs_in_one_bit_is_found() throws {
        try perturbed("references of a quiet link are equal") { snapshot in
            let old = snapshot.links[0].reference?[5] ?? 0
            snapshot.links[0].reference?[5] = old.nextUp
        }
    }

    @Test func a_ledger_that_does_not_cancel_is_found() throws {
        try perturbed("ledgers of a quiet link cancel") { snapshot in
            snapshot.links[1].ledger?[5] += 0.01
        }
    }
}
