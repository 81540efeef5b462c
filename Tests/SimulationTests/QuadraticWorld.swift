// Room:  SimulationTests.
// Task:  a small world whose nodes have targets of their own, so that the optimum is known.
// May:   Simulation, Peer, Gossip, Membership, Codec, Model.
// Proof: itself; used by WorldTests.swift

import Codec
import Gossip
import Membership
import Model
import Peer
import Simulation
import Testing

/// A small world with targets drawn by the seed.
struct QuadraticWorld {
    var world: World
    let genesis: [Float]
    let codec: DeltaCodec
    let optimum: [Double]

    init(
        nodes: Int, dimension: Int = 64, rounds: UInt64 = 60, seed: UInt64, faults: Faults,
        weights: [Float]? = nil, view: Int = 7, values: ValueKind = .int4, fraction: Double = 0.1,
        paces: [Double]? = nil, correction: Bool = true
    ) throws {
        var generator = SeededGenerator(seed: seed &+ 77)
        let layout = try ParameterLayout([("x", [dimension])])
        codec = DeltaCodec(
            layout: layout, options: CodecOptions(fraction: fraction, minimum: 8, values: values))
        let genesis = (0..<dimension).map { _ in Float(generator.uniform()) }
        // Far enough from zero that a round moves the model by less than a tenth of its norm once
        // it has arrived: else the guard takes it for leaping and the correction stays off.
        let targets = (0..<nodes).map { _ in
            (0..<dimension).map { _ in Float(2 + 3 * generator.uniform()) }
        }
        let weights = weights ?? Array(repeating: 1, count: nodes)
        let total = weights.reduce(0) { $0 + Double($1) }
        optimum = (0..<dimension).map { i in
            (0..<nodes).reduce(0.0) { $0 + Double(weights[$1]) * Double(targets[$1][i]) } / total
        }
        self.genesis = genesis
        var gossip = GossipSettings(rounds: rounds, steps: 5, rate: 0.05)
        gossip.correction = correction
        var membership = MembershipSettings()
        membership.view = view
        world = World(
            WorldPlan(
                seed: seed, genesis: genesis, codec: codec, gossip: gossip, membership: membership,
                nodes: (0..<nodes).map { place in
                    NodePlan(
                        weight: weights[place], roundSeconds: paces?[place] ?? 0.02,
                        trainer: QuadraticTrainer(
                            target: targets[place], rate: 0.05, seed: seed &* 31 &+ UInt64(place)))
                }, faults: faults))
    }

    /// Rounds of the nodes, in the order of the roster.
    var rounds: [UInt64] { (0..<world.count).map { world.core($0)?.gossip.round ?? 0 } }

    var faults: [String] { world.notes.keys.filter { $0.hasPrefix("fault") }.sorted() }

    /// Distance of the mean of the nodes to the optimum, relative to the optimum's from genesis.
    var distanceToOptimum: Double {
        let all = (0..<world.count).compactMap { world.parameters($0) }
        var off = 0.0
        var far = 0.0
        for i in genesis.indices {
            let mean = all.reduce(0.0) { $0 + Double($1[i]) } / Double(all.count)
            off += (mean - optimum[i]) * (mean - optimum[i])
            far += (optimum[i] - Double(genesis[i])) * (optimum[i] - Double(genesis[i]))
        }
        return (off / far).squareRoot()
    }
}
