// Room:  Gossip (pure core).
// Task:  the coordinates that either of two deltas speaks of, put together once for an exchange.
// May:   Codec.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/ExchangeTests.swift

import Codec

/// The union of two deltas' coordinates in ascending order; 0 where one of them is silent.
///
/// Merging two sparse vectors costs a branch that nobody can foretell for each coordinate: done
/// once, the passes that follow are plain loops.
struct DeltaUnion {
    private(set) var indices: [UInt32]
    private(set) var low: [Float]
    private(set) var high: [Float]

    var count: Int { indices.count }

    /// - lower, higher: of the lower and of the higher node ID.
    /// - Complexity: O(k).
    init(lower: SparseDelta, higher: SparseDelta) {
        precondition(
            lower.indices.count == lower.values.count
                && higher.indices.count == higher.values.count)
        let most = lower.indices.count + higher.indices.count
        indices = []
        low = []
        high = []
        indices.reserveCapacity(most)
        low.reserveCapacity(most)
        high.reserveCapacity(most)
        var (i, j) = (0, 0)
        while i < lower.indices.count || j < higher.indices.count {
            let left = i < lower.indices.count ? lower.indices[i] : .max
            let right = j < higher.indices.count ? higher.indices[j] : .max
            indices.append(min(left, right))
            low.append(left <= right ? lower.values[i] : 0)
            high.append(right <= left ? higher.values[j] : 0)
            i += left <= right ? 1 : 0
            j += right <= left ? 1 : 0
        }
    }

    /// `|q_higher - q_lower|^2`, in ascending order of coordinates at both ends.
    var distanceSquared: Double {
        var sum = 0.0
        for (low, high) in zip(low, high) {
            let difference = Double(high - low)
            sum += difference * difference
        }
        return sum
    }

    @inline(__always)
    func forEach(_ body: (_ index: Int, _ low: Float, _ high: Float) -> Void) {
        indices.withUnsafeBufferPointer { indices in
            low.withUnsafeBufferPointer { low in
                high.withUnsafeBufferPointer { high in
                    for at in 0..<indices.count { body(Int(indices[at]), low[at], high[at]) }
                }
            }
        }
    }
}
