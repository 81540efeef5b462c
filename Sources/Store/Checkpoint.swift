// Room:  Store (floor 2).
// Task:  what a checkpoint holds, and the bounds of it.
// May:   nothing but the standard library.
// Proof: Tests/StoreTests/CheckpointTests.swift

/// A vector with the name under which it is found again.
public struct NamedVector: Sendable, Equatable {
    /// 1 to 255 bytes of UTF-8; once in a checkpoint.
    public var name: String
    public var values: [Float]

    public init(name: String, values: [Float]) {
        self.name = name
        self.values = values
    }
}

/// A node's whole state at one instant.
public struct Checkpoint: Sendable, Equatable {
    /// Everything that is not a vector, in a form that its owner knows.
    public var header: [UInt8]
    public var vectors: [NamedVector]

    public init(header: [UInt8], vectors: [NamedVector]) {
        self.header = header
        self.vectors = vectors
    }

    /// The first vector of that name.
    public subscript(name: String) -> [Float]? {
        vectors.first { $0.name == name }?.values
    }
}

/// A checkpoint read back.
public struct LoadedCheckpoint: Sendable, Equatable {
    public let checkpoint: Checkpoint
    /// The number in its file's name: one higher at each save.
    public let generation: UInt64
    /// Newer files that were passed over, newest first, and why.
    public let skipped: [SkippedCheckpoint]
}

/// Bounds that are checked before memory is taken, on reading and on writing.
enum CheckpointBounds {
    /// Our guess: x, s and b of seven links at a thousand million parameters are 60 GB.
    static let file = 1 << 37
    static let header = 1 << 28
    static let vectors = 1 << 16
    static let name = 255
    static let generation: UInt64 = 999_999_999_999
}
