// Room:  Simulation (floor 5, pure).
// Task:  a federation with everything drawn by a seed, good settings and bad ones, to stress the
//        drift correction.
// May:   Codec, Gossip, Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/CellTests.swift

import Learning
import Model

/// One cell of the table "never worse than no correction": the digits, learnt by some model at
/// some rate by some nodes, all drawn.
public struct Cell: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// Widths of the hidden layers; none is softmax regression.
        case network(hidden: [Int])
        case convolution
    }

    public enum Dealing: String, Sendable, CaseIterable {
        case classes, dirichlet, iid
    }

    public let seed: UInt64
    public var kind: Kind
    public var dealing: Dealing
    public var nodes: Int
    public var view: Int
    public var fraction: Double
    public var exchanges: Int
    /// Local steps a round.
    public var steps: Int
    public var rate: Double
    public var momentum: Double
    /// Median of a message's delay, in mean rounds of training.
    public var delay: Double
    /// The slowest node takes so many times the fastest's time for a round.
    public var spread: Double
    public var rounds: Int

    public static let batch = 16
    /// Multiplications of a run, about: some seconds.
    static let budget = 3e9
    static let leastRounds = 40
    static let largeView = 16
    static let mostRounds = 240

    /// Draws the cell. One of forty has 256 nodes, of softmax or the convolution; nodes are halved
    /// until `leastRounds` rounds are not too dear.
    ///
    /// With momentum the rate is multiplied by `1 - momentum`, so that it is a tenth to ten times
    /// the good one (0.2 without) in both cases.
    public init(seed: UInt64) {
        var draw = SeededGenerator(seed: seed).derived(88)
        self.seed = seed
        let isLarge = draw.chance(0.025)
        let kinds: [Kind] = [
            .network(hidden: []), .convolution, .network(hidden: [32]), .network(hidden: [128]),
            .network(hidden: [64, 32]),
        ]
        kind = kinds[draw.below(isLarge ? 2 : kinds.count)]
        dealing = Dealing.allCases[draw.below(Dealing.allCases.count)]
        nodes = isLarge ? 256 : Int(draw.logUniform(4...64.99))
        let place = draw.uniform()
        fraction = draw.logUniform(0.005...0.3)
        exchanges = 1 + draw.below(4)
        steps = Int(draw.logUniform(1...50.99))
        momentum = draw.chance(0.3) ? 0.9 : 0
        rate = draw.logUniform(0.02...2) * (1 - momentum)
        delay = draw.logUniform(0.01...2)
        spread = draw.chance(0.5) ? 1 : draw.logUniform(1...10)
        view = 2
        rounds = Self.mostRounds
        while nodes > 4, affordableRounds < Double(Self.leastRounds) {
            nodes = max(4, nodes / 2)
        }
        rounds = Int(min(max(affordableRounds, Double(Self.leastRounds)), Double(Self.mostRounds)))
        // All links of 256 nodes would take a gigabyte and minutes.
        let most = nodes > 64 ? Self.largeView : nodes - 1
        view = min(most, 2 + Int(place * place * Double(most - 1)))
    }

    /// `d`.
    public var parameters: Int {
        switch kind {
        case .convolution: Convolution.count
        case .network(let hidden): Self.architecture(hidden).layout.count
        }
    }

    /// Multiplications of a row forward and backward.
    private var rowCost: Double {
        switch kind {
        case .convolution: 8000
        case .network: 3 * Double(parameters)
        }
    }

    /// Fast nodes train on until the slowest has done its rounds, four times their own at most.
    private var affordableRounds: Double {
        var rounds = 0.0
        for node in 0..<nodes {
            let place = Double(node) / Double(max(nodes - 1, 1))
            rounds += min(4, Elementary.exp(place * Elementary.log(spread)))
        }
        return Self.budget / (rounds * Double(steps * Self.batch) * rowCost)
    }

    static func architecture(_ hidden: [Int]) -> Architecture {
        do {
            return try Architecture(sizes: [64] + hidden + [10])
        } catch {
            preconditionFailure("these widths are a network: \(error)")
        }
    }

    // MARK: Words

    /// `128`, `64-32`, `softmax`, `conv`.
    public var model: String {
        switch kind {
        case .convolution: "conv"
        case .network(let hidden):
            hidden.isEmpty ? "softmax" : hidden.map(String.init).joined(separator: "-")
        }
    }

    var partition: Partition {
        switch dealing {
        case .classes: .classes(perNode: 2)
        case .dirichlet: .dirichlet(concentration: 0.1)
        case .iid: .iid
        }
    }
}
