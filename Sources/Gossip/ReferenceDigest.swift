// Room:  Gossip (pure core).
// Task:  a digest of a reference vector that an exchange updates in O(k).
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/ReferenceDigestTests.swift

import Model

/// The sum modulo 2^64 of a mixed hash of (index, bits of the value).
///
/// Changing one entry takes its old hash out and puts its new one in. It guards against our own
/// mistakes and lost state, not against forgery: peers are authenticated.
public struct ReferenceDigest: Equatable, Sendable {
    public private(set) var value: UInt64 = 0

    /// - start: the index of the first entry, where it is a run of a longer vector.
    /// - Complexity: O(d).
    public init(of reference: [Float], from start: Int = 0) {
        reference.withUnsafeBufferPointer { reference in
            var sum: UInt64 = 0
            for i in 0..<reference.count {
                sum &+= Self.hash(start + i, reference[i])
            }
            value = sum
        }
    }

    public init(value: UInt64) { self.value = value }

    @inline(__always)
    mutating func replace(at index: Int, _ old: Float, by new: Float) {
        value = value &- Self.hash(index, old) &+ Self.hash(index, new)
    }

    @inline(__always)
    private static func hash(_ index: Int, _ entry: Float) -> UInt64 {
        SplitMix64.mix((UInt64(truncatingIfNeeded: index) << 32) | UInt64(entry.bitPattern))
    }
}
