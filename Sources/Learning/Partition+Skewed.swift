// Room:  Learning (floor 2, pure).
// Task:  the partition with uneven sizes and uneven labels at once.
// May:   Model.   May not: global randomness.
// Proof: Tests/LearningTests/PartitionTests.swift

import Model

extension Partition {
    private static let spread = 6.0
    private static let lowShare = 0.15
    private static let highShare = 0.85
    private static let leastRows = 16
    private static let leastOfAHalf = 2

    static func skewed(
        _ labels: [Int32], _ nodes: Int, _ generator: inout SeededGenerator
    ) -> [[Int]] {
        let half = ((labels.max() ?? 0) + 1) / 2
        var lower = labels.indices.filter { labels[$0] < half }
        var upper = labels.indices.filter { labels[$0] >= half }
        generator.shuffle(&lower)
        generator.shuffle(&upper)
        var ranks = Array(0..<nodes)
        generator.shuffle(&ranks)
        let sizes = sizes(rows: labels.count, nodes)
        let uppers = uppers(sizes, ranks, total: upper.count)
        var (l, u) = (0, 0)
        return (0..<nodes).map { node in
            let (nextL, nextU) = (l + sizes[node] - uppers[node], u + uppers[node])
            defer { (l, u) = (nextL, nextU) }
            return Array(lower[l..<nextL] + upper[u..<nextU])
        }
    }

    /// Sizes that grow by a constant factor, none below the least, with the given sum.
    private static func sizes(rows: Int, _ nodes: Int) -> [Int] {
        let least = min(leastRows, rows / nodes)
        let weights = (0..<nodes).map { node in
            Elementary.exp(Elementary.log(spread) * Double(node) / Double(max(nodes - 1, 1)))
        }
        // Those that would fall below the least get it; the others share what is left.
        var held = 0
        var scale = 0.0
        while held < nodes {
            let left = Double(rows - held * least)
            scale = left / weights[held...].reduce(0, +)
            if weights[held] * scale >= Double(least) { break }
            held += 1
        }
        var sizes = (0..<nodes).map { $0 < held ? least : Int(weights[$0] * scale) }
        var rest = rows - sizes.reduce(0, +)
        for node in (0..<nodes).reversed() where rest > 0 {
            let more = (rest + node) / (node + 1)
            sizes[node] += more
            rest -= more
        }
        return sizes
    }

    /// How many rows of the upper half each node gets: shares from low to high along the ranks,
    /// bent so that the weighted mean is what the data have, then mended to the exact sum.
    private static func uppers(_ sizes: [Int], _ ranks: [Int], total: Int) -> [Int] {
        let steps = Double(max(sizes.count - 1, 1))
        func shares(_ power: Double) -> [Double] {
            ranks.map { rank in
                let t = rank == 0 ? 0 : Elementary.exp(power * Elementary.log(Double(rank) / steps))
                return lowShare + (highShare - lowShare) * t
            }
        }
        func sum(_ power: Double) -> Double {
            zip(sizes, shares(power)).reduce(0) { $0 + Double($1.0) * $1.1 }
        }
        // The greater the power, the smaller the sum.
        var (low, high) = (0.02, 50.0)
        for _ in 0..<60 {
            let middle = (low * high).squareRoot()
            if sum(middle) > Double(total) { low = middle } else { high = middle }
        }
        var counts = zip(sizes, shares(high)).map { size, share in
            let count = Int((Double(size) * share).rounded())
            return size >= 2 * leastOfAHalf
                ? min(max(count, leastOfAHalf), size - leastOfAHalf) : min(count, size)
        }
        mend(&counts, sizes, total)
        return counts
    }

    /// Moves the counts one by one to the exact sum, each time where there is most room; the least
    /// of each half is given up only where the data have too few.
    private static func mend(_ counts: inout [Int], _ sizes: [Int], _ total: Int) {
        var off = total - counts.reduce(0, +)
        while off != 0 {
            let rooms = counts.indices.map { off > 0 ? sizes[$0] - counts[$0] : counts[$0] }
            var best = 0
            for node in rooms.indices where rooms[node] > rooms[best] { best = node }
            precondition(rooms[best] > 0, "the counts cannot pass the sizes")
            counts[best] += off > 0 ? 1 : -1
            off += off > 0 ? -1 : 1
        }
    }
}
