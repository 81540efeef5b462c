// Room:  LearningTests.
// Task:  the laws of the partitions: no row lost, the unevenness that is promised.
// May:   Learning, Model, Testing.

import Model
import Testing

@testable import Learning

@Suite struct PartitionTests {
    private let digits = DemoData.split(DemoData.digits().dataset).train.labels
    private let tumours = DemoData.split(DemoData.tumours().dataset).train.labels

    private func split(
        _ partition: Partition, _ labels: [Int32], _ nodes: Int, seed: UInt64
    ) -> [[Int]] {
        var generator = SeededGenerator(seed: seed)
        return partition.split(labels: labels, nodes: nodes, generator: &generator)
    }

    @Test(
        arguments: [
            .iid, .classes(perNode: 2), .classes(perNode: 1), .dirichlet(concentration: 0.3),
            .dirichlet(concentration: 5), .skewed,
        ] as [Partition])
    func `every row goes to exactly one node, the same by the same seed`(partition: Partition) {
        for seed in 0..<5 as Range<UInt64> {
            for nodes in [1, 2, 3, 8, 16] {
                for labels in [digits, tumours, [0, 1, 1], []] {
                    let parts = split(partition, labels, nodes, seed: seed)
                    let label = "\(nodes) nodes, \(labels.count) rows, seed \(seed)"
                    #expect(parts.count == nodes, "\(label)")
                    #expect(parts.joined().sorted() == Array(labels.indices), "\(label)")
                    #expect(parts.allSatisfy { $0 == $0.sorted() }, "\(label)")
                    #expect(parts == split(partition, labels, nodes, seed: seed), "\(label)")
                }
            }
        }
        #expect(split(partition, digits, 8, seed: 1) != split(partition, digits, 8, seed: 2))
    }

    @Test func `even shares differ by one row at most`() {
        let sizes = split(.iid, digits, 16, seed: 1).map(\.count)
        #expect(Set(sizes).isSubset(of: [84, 85]))
    }

    @Test func `two classes a node are two pieces of sorted rows`() {
        for seed in 0..<20 as Range<UInt64> {
            for part in split(.classes(perNode: 2), digits, 8, seed: seed) {
                // A piece is a sixteenth of the rows, a class a tenth: a piece meets two at most.
                #expect(Set(part.map { digits[$0] }).count <= 4, "seed \(seed)")
                #expect(part.count == 168 || part.count == 169 || part.count == 170)
            }
        }
        let ten = split(.classes(perNode: 1), (0..<100).map { Int32($0 % 10) }, 10, seed: 1)
        #expect(ten.allSatisfy { Set($0.map { $0 % 10 }).count == 1 })
    }

    @Test func `a small Dirichlet concentration is uneven, a large one even, none below ten`() {
        func unevenness(_ concentration: Double, seed: UInt64) -> Double {
            let parts = split(.dirichlet(concentration: concentration), digits, 8, seed: seed)
            #expect(parts.allSatisfy { $0.count >= 10 }, "seed \(seed)")
            // Mean share of the commonest class.
            return parts.reduce(0) { sum, part in
                let counts = (0..<10).map { c -> Int in part.count { digits[$0] == Int32(c) } }
                let most = counts.max() ?? 0
                return sum + Double(most) / Double(part.count) / 8
            }
        }
        for seed in 0..<10 as Range<UInt64> {
            #expect(unevenness(0.1, seed: seed) > 0.4, "seed \(seed)")
            #expect(unevenness(1000, seed: seed) < 0.2, "seed \(seed)")
        }
    }

    @Test func `a concentration that cannot be met is filled up, not drawn for ever`() {
        for seed in 0..<3 as Range<UInt64> {
            let parts = split(.dirichlet(concentration: 0.001), digits, 40, seed: seed)
            #expect(parts.allSatisfy { $0.count >= 10 }, "seed \(seed)")
        }
    }

    @Test(arguments: [0.2, 0.7, 1, 2.5, 30])
    func `gamma deviates have mean and variance of their shape`(shape: Double) {
        var generator = SeededGenerator(seed: 12)
        let values = (0..<20_000).map { _ in Partition.gamma(shape, &generator) }
        let mean = values.reduce(0, +) / 20_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(values.allSatisfy { $0 >= 0 })
        #expect(abs(mean - shape) < 5 * (shape / 20_000).squareRoot())
        // Fourth central moment 3k^2 + 6k: variance of the estimate (2k^2 + 6k) / n.
        #expect(abs(variance - shape) < 5 * ((2 * shape * shape + 6 * shape) / 20_000).squareRoot())
    }

    @Test func `skewed tumours are uneven in size and label, within the promised bounds`() {
        for seed in 0..<30 as Range<UInt64> {
            let parts = split(.skewed, tumours, 8, seed: seed)
            let sizes = parts.map(\.count)
            let shares = parts.map { part in
                Double(part.count { tumours[$0] == 1 }) / Double(part.count)
            }
            let (small, large) = (sizes.min() ?? 0, sizes.max() ?? 0)
            #expect(small >= 16, "seed \(seed)")
            #expect((5.5...6.5).contains(Double(large) / Double(small)), "seed \(seed)")
            #expect((0.1...0.2).contains(shares.min() ?? 0), "seed \(seed): \(shares)")
            #expect((0.8...0.9).contains(shares.max() ?? 0), "seed \(seed): \(shares)")
            for part in parts {
                for label in 0..<2 {
                    #expect(part.count { tumours[$0] == label } >= 2, "seed \(seed)")
                }
            }
        }
    }

    @Test(arguments: [3, 5, 12, 16, 20])
    func `any number of nodes gets its least rows of a skewed split`(nodes: Int) {
        for seed in 0..<10 as Range<UInt64> {
            for part in split(.skewed, tumours, nodes, seed: seed) {
                #expect(part.count >= 16, "seed \(seed)")
                #expect(part.count { tumours[$0] == 0 } >= 2, "seed \(seed)")
                #expect(part.count { tumours[$0] == 1 } >= 2, "seed \(seed)")
            }
        }
    }
}
