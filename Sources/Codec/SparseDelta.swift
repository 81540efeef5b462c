// Room:  Codec (floor 2, pure).
// Task:  a sparse difference, and what an encoder says of the one it has written.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/RoundTripTests.swift

/// Values at some coordinates of a vector of `dimension` entries; zero everywhere else.
///
/// Ascending coordinates below `dimension`, as many values, all finite.
public struct SparseDelta: Equatable, Sendable {
    public let dimension: Int
    public let indices: [UInt32]
    /// Exactly as the peer decodes them.
    public let values: [Float]

    /// - Precondition: as many indices as values. Order and range are the caller's word.
    public init(dimension: Int, indices: [UInt32], values: [Float]) {
        precondition(indices.count == values.count, "a delta needs one value a coordinate")
        precondition(indices.last.map { Int($0) < dimension } ?? true, "coordinate out of range")
        self.dimension = dimension
        self.indices = indices
        self.values = values
    }

    /// Says nothing.
    public static func empty(dimension: Int) -> SparseDelta {
        SparseDelta(dimension: dimension, indices: [], values: [])
    }

    public var isEmpty: Bool { indices.isEmpty }
    public var count: Int { indices.count }
}

/// A delta, its bytes, and how far the sender was from the reference.
public struct EncodedDelta: Sendable, Equatable {
    /// Empty when there is nothing to say.
    public let payload: [UInt8]
    /// What the payload decodes to, bit for bit.
    public let delta: SparseDelta
    /// R = |x - s|².
    public let before: Double
    /// E = |x - s - q|²: what stays behind.
    public let after: Double

    public init(payload: [UInt8], delta: SparseDelta, before: Double, after: Double) {
        self.payload = payload
        self.delta = delta
        self.before = before
        self.after = after
    }
}
