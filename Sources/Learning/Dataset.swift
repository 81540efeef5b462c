// Room:  Learning (floor 2, pure).
// Task:  rows of numbers with a class each, and how a part of them is held out.
// May:   Model.   May not: files, clock, global randomness.
// Proof: Tests/LearningTests/DatasetTests.swift

import Model

/// Rows with a class each, ready to be learnt from.
public struct Dataset: Sendable, Equatable {
    public let rows: Int
    public let features: Int
    /// `[rows, features]`, row-major, finite.
    public let inputs: [Float]
    /// `[rows]`, each at least 0.
    public let labels: [Int32]

    /// - inputs: `[labels.count, features]`, row-major.
    public init(features: Int, inputs: [Float], labels: [Int32]) {
        precondition(features >= 1, "a row needs at least one feature")
        precondition(inputs.count == labels.count * features, "one row of inputs for each label")
        precondition(labels.allSatisfy { $0 >= 0 }, "a class is counted from 0")
        self.rows = labels.count
        self.features = features
        self.inputs = inputs
        self.labels = labels
    }

    /// The rows named, in the order named; a row may be named twice.
    public func subset(_ indices: [Int]) -> Dataset {
        var chosen: [Float] = []
        chosen.reserveCapacity(indices.count * features)
        for index in indices {
            precondition(index >= 0 && index < rows, "no such row")
            chosen += inputs[index * features..<(index + 1) * features]
        }
        return Dataset(features: features, inputs: chosen, labels: indices.map { labels[$0] })
    }

    /// Splits off a share of the rows by a seeded permutation; classes are not balanced.
    ///
    /// - share: 0 up to 1. Where it is above 0 and there are two rows or more, at least one row is
    ///   held out and at least one stays.
    /// - Returns: what stays and what is held out, each in the rows' own order.
    public func holdingOut(share: Double, seed: UInt64) -> (training: Dataset, holdout: Dataset) {
        precondition(share >= 0 && share < 1, "a share lies from 0 up to 1")
        var count = 0
        if share > 0, rows >= 2 {
            count = min(max(Int((share * Double(rows)).rounded()), 1), rows - 1)
        }
        let (held, kept) = Self.cut(rows: rows, first: count, seed: seed)
        return (subset(kept), subset(held))
    }

    /// A seeded permutation of the rows cut after `first`, each part sorted.
    static func cut(rows: Int, first: Int, seed: UInt64) -> ([Int], [Int]) {
        var order = Array(0..<rows)
        var generator = SeededGenerator(seed: seed)
        generator.shuffle(&order)
        return (order.prefix(first).sorted(), order.dropFirst(first).sorted())
    }
}
