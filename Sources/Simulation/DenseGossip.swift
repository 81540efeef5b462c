// Room:  Simulation (floor 5, pure).
// Task:  gossip of whole models in pairs, without compression or correction.
// May:   Learning, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/DenseGossipTests.swift

import Model

/// Dense pairwise gossip: after its local steps every node starts some exchanges with peers drawn
/// from its view, and each exchange makes both whole models their weighted mean.
///
/// Each side of an exchange sends its float32 vector, 4d bytes: 8d a node, round and exchange that
/// a node starts, for it answers as many. A round takes as long as the slowest node's training and
/// the messages of the exchanges that a node starts one after the other.
///
/// - Source: randomised gossip, Boyd et al. 2006, with local steps between; in rounds, which asks
///   more of the network than Starling does and is kinder to the learning.
public enum DenseGossip {
    /// - progress: called with each point of the curve; false ends the run there.
    /// - Complexity: O(rounds · nodes · (steps · batch + test rows) · d).
    public static func run(
        _ task: LearningTask, _ settings: ComparisonSettings, progress: (CurvePoint) -> Bool
    ) -> MethodResult {
        let looks = LookPlan(rounds: task.rounds, target: settings.target)
        return DenseGossipRound.run(task, settings, looks: looks, progress: progress)
    }
}

struct DenseGossipRound: RoundMethod {
    static let method = Method.denseGossip
    let secondsPerRound: Double
    private(set) var bytesSent = 0
    private(set) var models: [[Float]]
    let views: [[Int]]
    private let task: LearningTask
    private let weights: [Double]
    private let exchanges: Int
    private var training: LocalTraining
    private var generator: SeededGenerator

    init(_ task: LearningTask, _ settings: ComparisonSettings) {
        self.task = task
        weights = settings.weights
        exchanges = task.nodes > 1 ? settings.exchanges : 0
        secondsPerRound = settings.slowestRound + Double(exchanges) * 2 * settings.delay
        models = [[Float]](repeating: task.genesis, count: task.nodes)
        training = LocalTraining(task)
        let root = SeededGenerator(seed: settings.seed)
        var drawing = root.derived(1)
        views = Self.views(nodes: task.nodes, view: settings.view, generator: &drawing)
        generator = root.derived(2)
    }

    mutating func advance(round: Int) {
        for node in models.indices {
            training.train(node: node, round: round, model: &models[node])
        }
        exchangeAll()
    }

    func look() -> NodesLook { NodesLook(models, task: task) }

    /// The exchanges of a round, in an order drawn anew.
    mutating func exchangeAll() {
        var starters = models.indices.flatMap { [Int](repeating: $0, count: exchanges) }
        generator.shuffle(&starters)
        for node in starters {
            let peer = views[node][generator.below(views[node].count)]
            models[node] = Self.mean(models[node], weights[node], models[peer], weights[peer])
            models[peer] = models[node]
            bytesSent += 2 * 4 * models[node].count
        }
    }

    /// The mean by weight: the weighted sum of the two stays as it was, to float32's rounding.
    static func mean(_ a: [Float], _ aWeight: Double, _ b: [Float], _ bWeight: Double) -> [Float] {
        let total = aWeight + bWeight
        return NodesLook.weightedMean([a, b], [aWeight / total, bWeight / total]).map { Float($0) }
    }

    /// Each node's neighbours in a connected graph drawn at random: a ring in random order, and
    /// links drawn between nodes that have fewer than `view` until there are enough. Everybody
    /// knows everybody where the view is large enough for it.
    ///
    /// - view: the degree aimed at. None has more (but the ring's two); a few may have less.
    static func views(nodes: Int, view: Int, generator: inout SeededGenerator) -> [[Int]] {
        if nodes <= view + 1 {
            return (0..<nodes).map { node in (0..<nodes).filter { $0 != node } }
        }
        var neighbours = [[Int]](repeating: [], count: nodes)
        func link(_ a: Int, _ b: Int) {
            neighbours[a].append(b)
            neighbours[b].append(a)
        }
        var ring = Array(0..<nodes)
        generator.shuffle(&ring)
        for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1)) { link(a, b) }
        var missing = nodes * view / 2 - nodes
        // The last free places may be among neighbours: what cannot be placed is left out.
        var draws = 20 * nodes * view
        while missing > 0, draws > 0 {
            draws -= 1
            let (a, b) = (generator.below(nodes), generator.below(nodes))
            guard a != b, neighbours[a].count < view, neighbours[b].count < view,
                !neighbours[a].contains(b)
            else { continue }
            link(a, b)
            missing -= 1
        }
        return neighbours
    }
}
