// Room:  Learning (floor 2, pure).
// Task:  splits rows among nodes, evenly or unevenly, for the demo and the simulation.
// May:   Model.   May not: global randomness.
// Proof: Tests/LearningTests/PartitionTests.swift

import Model

/// How rows are dealt to nodes. Every row goes to exactly one node.
public enum Partition: Sendable, Equatable {
    /// A random share each, sizes equal within one.
    case iid
    /// Sorted by class, cut into `perNode` pieces a node, dealt at random: about that many classes
    /// a node.
    ///
    /// - Source: McMahan et al. 2017 §3.
    case classes(perNode: Int)
    /// Each class is shared out by a Dirichlet draw: the smaller the concentration, the more
    /// uneven. Drawn again until every node has ten rows (or, where rows are few, half of an even
    /// share); after a hundred draws the smallest nodes are filled up from the largest.
    ///
    /// - Source: Hsu, Qi, Brown 2019; the least of ten rows and the filling up are ours.
    case dirichlet(concentration: Double)
    /// Uneven sizes and labels at once: sizes spread about 1 : 6, the share of the upper half of
    /// the classes from about 15 % to 85 %, the pairing of the two at random. Every node has at
    /// least 16 rows and two of each half, as far as there are enough. Ours, for two classes.
    case skewed

    /// The rows of each node, ascending.
    ///
    /// - nodes: at least 1. With fewer rows than nodes some get none.
    /// - Complexity: O(rows · log rows) a draw.
    public func split(
        labels: [Int32], nodes: Int, generator: inout SeededGenerator
    ) -> [[Int]] {
        precondition(nodes >= 1, "rows need a node to go to")
        let parts: [[Int]]
        switch self {
        case .iid:
            var order = Array(labels.indices)
            generator.shuffle(&order)
            parts = Self.pieces(order, nodes)
        case .classes(let perNode):
            precondition(perNode >= 1, "a node needs at least one class")
            parts = Self.shards(labels, nodes, perNode, &generator)
        case .dirichlet(let concentration):
            precondition(concentration > 0, "a concentration is above 0")
            parts = Self.dirichlet(labels, nodes, concentration, &generator)
        case .skewed:
            parts = Self.skewed(labels, nodes, &generator)
        }
        return parts.map { $0.sorted() }
    }

    /// Cut into pieces whose lengths differ by one at most, the longer ones first.
    static func pieces(_ order: [Int], _ count: Int) -> [[Int]] {
        let (least, more) = order.count.quotientAndRemainder(dividingBy: count)
        var at = 0
        return (0..<count).map { piece in
            let end = at + least + (piece < more ? 1 : 0)
            defer { at = end }
            return Array(order[at..<end])
        }
    }

    private static func shards(
        _ labels: [Int32], _ nodes: Int, _ perNode: Int, _ generator: inout SeededGenerator
    ) -> [[Int]] {
        var order = Array(labels.indices)
        generator.shuffle(&order)
        // The place in the shuffled order breaks ties: the sort is stable whatever the library's.
        let places = order.indices.sorted {
            (labels[order[$0]], $0) < (labels[order[$1]], $1)
        }
        let shards = pieces(places.map { order[$0] }, nodes * perNode)
        var deal = Array(shards.indices)
        generator.shuffle(&deal)
        return (0..<nodes).map { node in
            deal[node * perNode..<(node + 1) * perNode].flatMap { shards[$0] }
        }
    }
}
