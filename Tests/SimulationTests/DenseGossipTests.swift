// Room:  SimulationTests.
// Task:  dense gossip: its bytes, the sum that it keeps, the graph that it draws.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Testing

@testable import Simulation

@Suite struct DenseGossipTests {
    @Test(arguments: 1...3)
    func each_side_of_an_exchange_sends_one_model(exchanges: Int) throws {
        let task = try TinyTask.make(nodes: 6, rounds: 5)
        let settings = TinyTask.settings(task, exchanges: exchanges)
        let result = DenseGossip.run(task, settings) { _ in true }
        #expect(result.bytesPerNode == Double(5 * exchanges * 2 * 4 * task.genesis.count))
        // The slowest of six takes 2.25 s, a message 0.125 s.
        #expect(result.virtualSeconds == 5 * (2.25 + Double(exchanges) * 0.25))
    }

    @Test(arguments: UInt64(1)...10)
    func exchanges_keep_the_weighted_sum_and_bring_the_nodes_together(seed: UInt64) throws {
        let task = try TinyTask.make(nodes: 7, seed: seed)
        let weights = (0..<7).map { 1 + Double($0 % 3) * 2.5 }
        var run = DenseGossipRound(
            task, TinyTask.settings(task, seed: seed, exchanges: 1, weights: weights))
        run.advance(round: 0)
        func sums() -> [Double] {
            task.genesis.indices.map { i in
                zip(weights, run.models).reduce(0) { $0 + $1.0 * Double($1.1[i]) }
            }
        }
        func apart() -> Double { NodesLook.consensusError(of: run.models, genesis: task.genesis) }
        let (before, error) = (sums(), apart())
        #expect(error > 0, "seed \(seed)")
        // Some of the graphs are two clusters with two links between: they take a hundred.
        for _ in 0..<120 { run.exchangeAll() }
        for (now, then) in zip(sums(), before) {
            #expect(abs(now - then) < 1e-4, "seed \(seed)")
        }
        #expect(apart() < error * 1e-5, "seed \(seed)")
    }

    @Test func an_exchange_is_the_mean_by_weight_and_both_have_it() throws {
        #expect(DenseGossipRound.mean([4, 0], 1, [0, 8], 3) == [1, 6])
        let task = try TinyTask.make(nodes: 2)
        var run = DenseGossipRound(task, TinyTask.settings(task, weights: [1, 4]))
        var alone = AloneRound(task, TinyTask.settings(task))
        run.advance(round: 0)
        alone.advance(round: 0)
        #expect(run.models[0] == DenseGossipRound.mean(alone.models[0], 1, alone.models[1], 4))
        #expect(run.models[0] == run.models[1])
    }

    @Test func the_order_and_the_peers_follow_the_seed() throws {
        let task = try TinyTask.make(nodes: 12)
        // With a view of eleven all know all, and only what is drawn from the view differs.
        for view in [3, 11] {
            func run(_ seed: UInt64) -> MethodResult {
                DenseGossip.run(task, TinyTask.settings(task, seed: seed, view: view)) { _ in true }
            }
            #expect(run(1) == run(1), "view \(view)")
            #expect(run(1) != run(2), "view \(view)")
        }
    }

    @Test func one_node_has_nobody_to_send_to() throws {
        let task = try TinyTask.make(nodes: 1)
        let settings = TinyTask.settings(task)
        let dense = DenseGossip.run(task, settings) { _ in true }
        #expect(dense.bytesPerNode == 0)
        #expect(dense.curve == Alone.run(task, settings) { _ in true }.curve)
    }

    @Test func views_are_connected_mutual_and_about_as_large_as_asked_for() {
        for seed in UInt64(1)...20 {
            for (nodes, view) in [(2, 1), (8, 7), (9, 7), (16, 7), (64, 7), (10, 1), (40, 2)] {
                var generator = SeededGenerator(seed: seed)
                let views = DenseGossipRound.views(nodes: nodes, view: view, generator: &generator)
                let label = "seed \(seed), \(nodes) nodes, view \(view)"
                for (node, peers) in views.enumerated() {
                    #expect(Set(peers).count == peers.count && !peers.contains(node), "\(label)")
                    #expect(peers.allSatisfy { views[$0].contains(node) }, "\(label)")
                    #expect(peers.count <= max(view, 2), "\(label)")
                }
                let links = views.reduce(0) { $0 + $1.count }
                let wanted = nodes <= view + 1 ? nodes * (nodes - 1) : nodes * max(view, 2)
                #expect(Double(links) >= 0.9 * Double(wanted), "\(label): \(links)")
                var reached: Set<Int> = [0]
                var edge = [0]
                while let node = edge.popLast() {
                    for peer in views[node] where reached.insert(peer).inserted {
                        edge.append(peer)
                    }
                }
                #expect(reached.count == nodes, "\(label)")
            }
        }
    }
}
