import Testing

@testable import Simulation

@Suite struct WorldTests {
    @Test(arguments: UInt64(1)...12)
    func a_calm_world_learns_the_common_optimum_and_keeps_every_law(seed: UInt64) throws {
        var calm = Faults()
        calm.delay = 0.001
        var quadratic = try QuadraticWorld(nodes: 4, seed: seed, faults: calm)
        let ended = quadratic.world.run(until: { $0.everybodyHasFinished }, limit: 120)
        let laws = quadratic.world.brokenLaws(genesis: quadratic.genesis, crashed: false)
        print(seed, ended, quadratic.world.now, quadratic.world.notes, quadratic.distanceToOptimum, quadratic.world.consensusDistance(from: quadratic.genesis), quadratic.world.deltasSent)
        #expect(ended, "seed \(seed)")
        #expect(laws.isEmpty, "seed \(seed): \(laws)")
        #expect(quadratic.world.consensusDistance(from: quadratic.genesis) < 2e-3, "seed \(seed)")
        #expect(quadratic.distanceToOptimum < 0.05, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...20)
    func broken_connections_lose_nothing(seed: UInt64) throws {
        var rough = Faults()
        rough.delay = 0.005
        rough.connectionLife = 0.3
        rough.until = 20
        var quadratic = try QuadraticWorld(nodes: 5, seed: seed, faults: rough)
        let ended = quadratic.world.run(until: { $0.everybodyHasFinished }, limit: 300)
        let laws = quadratic.world.brokenLaws(genesis: quadratic.genesis, crashed: false)
        print(seed, ended, quadratic.world.now, quadratic.world.notes, quadratic.distanceToOptimum, quadratic.world.consensusDistance(from: quadratic.genesis), quadratic.world.deltasSent)
        #expect(ended, "seed \(seed)")
        #expect(laws.isEmpty, "seed \(seed): \(laws)")
        #expect(quadratic.world.notes["new epoch"] == nil, "seed \(seed)")
        #expect(!quadratic.world.notes.keys.contains { $0.hasPrefix("fault") }, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...20)
    func crashed_nodes_come_back_and_the_laws_of_links_hold(seed: UInt64) throws {
        var rough = Faults()
        rough.delay = 0.003
        rough.connectionLife = 2
        rough.crashEvery = 2
        rough.until = 12
        var quadratic = try QuadraticWorld(nodes: 5, rounds: 150, seed: seed, faults: rough)
        let ended = quadratic.world.run(until: { $0.everybodyHasFinished }, limit: 300)
        let laws = quadratic.world.brokenLaws(genesis: quadratic.genesis, crashed: true)
        print(seed, ended, quadratic.world.now, quadratic.world.notes, quadratic.distanceToOptimum, quadratic.world.consensusDistance(from: quadratic.genesis), quadratic.world.deltasSent)
        #expect(ended, "seed \(seed)")
        #expect(laws.isEmpty, "seed \(seed): \(laws)")
        #expect(!quadratic.world.notes.keys.contains { $0.hasPrefix("fault") }, "seed \(seed)")
    }
}
