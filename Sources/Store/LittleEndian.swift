// Room:  Store (floor 2).
// Task:  whole numbers to bytes and back, in the one order that our files use.
// May:   nothing but the standard library.
// Proof: Tests/StoreTests/CheckpointTests.swift

// Vectors go to the file as they lie in memory.
#if _endian(big)
    #error("The store's files are little-endian; this machine is not.")
#endif

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(littleEndian value: Number) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// The number at `offset`; the caller has checked that it lies inside.
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
        return withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
        }
    }
}
