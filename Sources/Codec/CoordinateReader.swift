// Room:  Codec (floor 2, pure).
// Task:  coordinates from bytes that may be anything.
// May:   Model.
// Proof: Tests/CodecTests/HostilePayloadTests.swift

import Model

/// Reads `count` ascending coordinates below the layout's `d`.
///
/// Memory grows with what has been read, never with what is announced: each coordinate costs a
/// bit of the payload at least, but where deflate or the range coder makes it less, and there it
/// is bounded by `d`.
struct CoordinateReader {
    let layout: ParameterLayout
    /// 1...d.
    let count: Int

    private var dimension: UInt64 { UInt64(layout.count) }

    /// - coding: not `.range`.
    /// - Returns: the coordinates, and the place behind them.
    func read(
        _ coding: CoordinateCoding, from bytes: [UInt8], at start: Int
    ) throws(CodecError) -> (indices: [UInt32], end: Int) {
        switch coding {
        case .all, .range:
            return (Array(0..<UInt32(layout.count)), start)
        case .riceByTensor:
            return try readRice(bytes, start, byTensor: true)
        case .riceByBlock:
            return try readRice(bytes, start, byTensor: false)
        case .varint:
            let (plain, end) = try Deflate.expand(
                bytes, from: start, size: Varint.longest * count, exact: false)
            return (try readVarints(plain), end)
        case .bitmap:
            let size = (layout.count + 7) / 8
            guard bytes.count - start >= size else { throw .truncated }
            return (try readBitmap(bytes[start..<(start + size)]), start + size)
        case .deflatedBitmap:
            let size = (layout.count + 7) / 8
            let (plain, end) = try Deflate.expand(bytes, from: start, size: size, exact: true)
            return (try readBitmap(plain[...]), end)
        }
    }

    private func readRice(
        _ bytes: [UInt8], _ start: Int, byTensor: Bool
    ) throws(CodecError) -> (indices: [UInt32], end: Int) {
        // Each takes a bit of the payload at least.
        guard count <= 8 * (bytes.count - start) else { throw .truncated }
        var reader = BitReader(bytes, from: start)
        var tensor = TensorCursor(layout)
        var indices: [UInt32] = []
        indices.reserveCapacity(count)
        var next: UInt64 = 0
        var parameter: UInt32 = 0
        for place in 0..<count {
            guard next < dimension else { throw .coordinate }
            let moved = tensor.move(to: UInt32(next))
            if byTensor ? moved : place % 64 == 0 { parameter = try reader.read(5) }
            let most = UInt32((dimension - 1 - next) >> UInt64(parameter))
            let quotient = try reader.readUnary(limit: most)
            let rest = try reader.read(UInt64(parameter))
            let index = next + UInt64(quotient) << UInt64(parameter) + UInt64(rest)
            guard index < dimension else { throw .coordinate }
            indices.append(UInt32(index))
            next = index + 1
        }
        return (indices, try reader.finish())
    }

    private func readVarints(_ bytes: [UInt8]) throws(CodecError) -> [UInt32] {
        guard bytes.count >= count else { throw .deflate }
        var indices: [UInt32] = []
        indices.reserveCapacity(count)
        var at = 0
        var next: UInt64 = 0
        for _ in 0..<count {
            let index = next + UInt64(try Varint.read(bytes, &at))
            guard index < dimension else { throw .coordinate }
            indices.append(UInt32(index))
            next = index + 1
        }
        guard at == bytes.count else { throw .trailing }
        return indices
    }

    private func readBitmap(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> [UInt32] {
        var indices: [UInt32] = []
        indices.reserveCapacity(count)
        var base: UInt32 = 0
        for byte in bytes {
            var left = byte
            while left != 0 {
                indices.append(base &+ UInt32(left.trailingZeroBitCount))
                left &= left &- 1
            }
            guard indices.count <= count else { throw .count }
            base &+= 8
        }
        guard indices.count == count else { throw .count }
        // Ones behind the last parameter; with d near 2^32 `base` may have wrapped, no index has.
        guard let last = indices.last, UInt64(last) < dimension else { throw .coordinate }
        return indices
    }
}

/// Unsigned numbers below 2^32, seven bits a byte, the lowest first (LEB128).
enum Varint {
    static let longest = 5

    static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        var value = value
        while value > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    /// - Throws: also where a shorter form would have done.
    static func read(_ bytes: [UInt8], _ at: inout Int) throws(CodecError) -> UInt32 {
        var value: UInt64 = 0
        for place in 0..<UInt64(longest) {
            guard at < bytes.count else { throw .truncated }
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << (7 * place)
            if byte < 0x80 {
                guard byte != 0 || place == 0, value <= UInt64(UInt32.max) else { throw .count }
                return UInt32(value)
            }
        }
        throw .count
    }
}
