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

/// Each node has a target of its own; the optimum of all is the weighted mean of the targets.
struct QuadraticTrainer: SimulatedTrainer {
    let target: [Float]
    let rate: Float
    var generator: SeededGenerator

    mutating func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome {
        var x = parameters
        var mean = [Double](repeating: 0, count: x.count)
        var loss = 0.0
        for _ in 0..<steps {
            for i in x.indices {
                let noise = Float(generator.uniform() - 0.5) * 0.02
                let gradient = x[i] - target[i] + noise
                loss += Double(gradient * gradient) / 2
                mean[i] += Double(gradient) / Double(steps)
                x[i] -= rate * (gradient - correction[i])
            }
        }
        return TrainingOutcome(
            delta: zip(x, parameters).map { $0 - $1 }, steps: steps, samples: UInt64(steps),
            loss: loss / Double(steps), gradientNorm: mean.reduce(0) { $0 + $1 * $1 }.squareRoot(),
            rate: rate)
    }
}

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
        let ids = try (0..<nodes).map { _ in
            try #require(NodeID(bytes: (0..<32).map { _ in UInt8(generator.below(256)) }))
        }
        let roster = try Roster(
            founders: ids.map { Member(id: $0, name: $0.short, addresses: ["h:1"]) })
        self.genesis = genesis
        let members = roster.members.map(\.id)
        world = World(
            roster: roster, genesis: genesis, codec: codec, faults: faults, seed: seed,
            trainingTime: paces ?? Array(repeating: 0.02, count: nodes),
            settings: { place in
                var gossip = GossipSettings(rounds: rounds, steps: 5, rate: 0.05)
                gossip.weight = weights[place]
                gossip.correction = correction
                var membership = MembershipSettings()
                membership.view = view
                return PeerSettings(
                    own: members[place], federationID: Array(repeating: 9, count: 32),
                    software: "test", parameters: dimension, gossip: gossip,
                    membership: membership)
            },
            trainer: { place in
                QuadraticTrainer(
                    target: targets[place], rate: 0.05,
                    generator: SeededGenerator(seed: seed &* 31 &+ UInt64(place)))
            })
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
