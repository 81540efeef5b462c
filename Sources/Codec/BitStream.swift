// Room:  Codec (floor 2, pure).
// Task:  bits in bytes, the lowest bit of a byte first.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/GoldenTests.swift

/// Appends bits, the lowest first, and fills the last byte with zeros.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var filled: UInt64 = 0

    /// - count: at most 32.
    mutating func write(_ value: UInt32, count: UInt64) {
        pending |= UInt64(value) << filled
        filled &+= count
        while filled >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            filled &-= 8
        }
    }

    /// `zeros` zeros and a one.
    mutating func write(unary zeros: UInt32) {
        var zeros = zeros
        while zeros >= 32 {
            write(0, count: 32)
            zeros -= 32
        }
        write(1 << zeros, count: UInt64(zeros) + 1)
    }

    consuming func finish() -> [UInt8] {
        if filled > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
        return bytes
    }
}

/// Reads what `BitWriter` wrote, and throws where the bytes end too early.
struct BitReader {
    private let bytes: [UInt8]
    private var position: Int
    private var pending: UInt64 = 0
    private var filled: UInt64 = 0

    init(_ bytes: [UInt8], from start: Int) {
        self.bytes = bytes
        position = start
    }

    /// - count: at most 32.
    mutating func read(_ count: UInt64) throws(CodecError) -> UInt32 {
        while filled < count {
            guard position < bytes.count else { throw .truncated }
            pending |= UInt64(bytes[position]) << filled
            position &+= 1
            filled &+= 8
        }
        let value = pending & ((1 << count) &- 1)
        pending >>= count
        filled &-= count
        return UInt32(truncatingIfNeeded: value)
    }

    /// Zeros up to the next one, which is taken too; an error beyond `limit`.
    mutating func readUnary(limit: UInt32) throws(CodecError) -> UInt32 {
        var zeros: UInt64 = 0
        while pending == 0 {
            zeros &+= filled
            filled = 0
            guard zeros <= UInt64(limit) else { throw .coordinate }
            guard position < bytes.count else { throw .truncated }
            pending = UInt64(bytes[position])
            position &+= 1
            filled = 8
        }
        let more = UInt64(pending.trailingZeroBitCount)
        pending >>= more &+ 1
        filled &-= more &+ 1
        zeros &+= more
        guard zeros <= UInt64(limit) else { throw .coordinate }
        return UInt32(truncatingIfNeeded: zeros)
    }

    /// The place of the next whole byte; the bits before it must be zero.
    func finish() throws(CodecError) -> Int {
        guard pending == 0, filled < 8 else { throw .trailing }
        return position
    }
}
