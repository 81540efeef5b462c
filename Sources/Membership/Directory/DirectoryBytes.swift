// Room:  Membership (floor 3, pure).
// Task:  numbers, texts and byte strings of the directory, to bytes and back.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/DirectoryRecordTests.swift

/// Appends. Whole numbers as LEB128: 7 bits a byte, lowest first.
struct DirectoryWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func raw(_ content: [UInt8]) { bytes += content }

    /// With its length before it.
    mutating func block(_ content: [UInt8]) {
        number(UInt64(content.count))
        bytes += content
    }

    mutating func text(_ content: String) {
        number(UInt64(content.utf8.count))
        bytes += content.utf8
    }

    /// Big-endian bits.
    mutating func float(_ value: Float) {
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
        }
    }

    /// The lower 48 bits, big-endian, so that prefixes order as their bytes do.
    mutating func prefix(_ value: UInt64) {
        for shift in stride(from: 40, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}

/// Reads what a writer wrote, and trusts none of it.
struct DirectoryReader {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    var left: Int { bytes.endIndex - at }
    var isAtEnd: Bool { left == 0 }

    mutating func byte() throws(DirectoryDrop) -> UInt8 {
        guard at < bytes.endIndex else { throw .malformed }
        defer { at += 1 }
        return bytes[at]
    }

    /// Only the shortest spelling of a number is one.
    mutating func number() throws(DirectoryDrop) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let next = try byte()
            let part = UInt64(next & 0x7F)
            if shift == 63, part > 1 { throw .malformed }
            value |= part << shift
            if next < 0x80 {
                if next == 0, shift > 0 { throw .malformed }
                return value
            }
        }
        throw .malformed
    }

    mutating func raw(_ count: Int) throws(DirectoryDrop) -> ArraySlice<UInt8> {
        guard count >= 0, count <= left else { throw .malformed }
        defer { at += count }
        return bytes[at..<(at + count)]
    }

    /// - most: longer ones are refused before anything is allocated.
    mutating func block(most: Int) throws(DirectoryDrop) -> ArraySlice<UInt8> {
        let count = try number()
        guard count <= UInt64(most) else { throw .tooLong }
        return try raw(Int(count))
    }

    /// Printable ASCII alone: it ends up on people's terminals.
    mutating func text(most: Int) throws(DirectoryDrop) -> String {
        let content = try block(most: most)
        guard content.allSatisfy({ (0x20...0x7E).contains($0) }) else { throw .malformed }
        return String(decoding: content, as: UTF8.self)
    }

    mutating func float() throws(DirectoryDrop) -> Float {
        var bits: UInt32 = 0
        for _ in 0..<4 { bits = bits << 8 | UInt32(try byte()) }
        let value = Float(bitPattern: bits)
        guard value.isFinite else { throw .malformed }
        return value
    }

    mutating func prefix() throws(DirectoryDrop) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<6 { value = value << 8 | UInt64(try byte()) }
        return value
    }
}
