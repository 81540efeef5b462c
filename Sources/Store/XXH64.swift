// Room:  Store (floor 2).
// Task:  the checksum of what lies on disk: fast, 64 bits, against accidents and not forgers.
// May:   nothing but the standard library.
// Proof: Tests/StoreTests/XXH64Tests.swift

/// XXH64, fed piece by piece.
///
/// - Complexity: O(bytes), 32 bytes a step.
/// - Source: Yann Collet, "xxHash fast digest algorithm", the published specification.
struct XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    private let seed: UInt64
    private var lanes: (UInt64, UInt64, UInt64, UInt64)
    private var length: UInt64 = 0
    /// What does not fill a stripe of 32 bytes yet.
    private var rest: [UInt8] = []

    init(seed: UInt64 = 0) {
        self.seed = seed
        lanes = (
            seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1
        )
        rest.reserveCapacity(32)
    }

    static func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        var hash = XXH64(seed: seed)
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.value
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var offset = 0
        if !rest.isEmpty {
            let taken = min(32 - rest.count, bytes.count)
            rest.append(contentsOf: bytes[..<taken])
            offset = taken
            guard rest.count == 32 else { return }
            rest.withUnsafeBytes { Self.mix($0, 0, into: &lanes) }
            rest.removeAll(keepingCapacity: true)
        }
        while bytes.count - offset >= 32 {
            Self.mix(bytes, offset, into: &lanes)
            offset += 32
        }
        rest.append(contentsOf: bytes[offset...])
    }

    /// The hash of all bytes so far.
    var value: UInt64 {
        var accumulator: UInt64
        if length >= 32 {
            accumulator =
                Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7) &+ Self.rotate(lanes.2, 12)
                &+ Self.rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                accumulator ^= Self.round(0, lane)
                accumulator = accumulator &* Self.prime1 &+ Self.prime4
            }
        } else {
            accumulator = seed &+ Self.prime5
        }
        accumulator &+= length
        rest.withUnsafeBytes { Self.finishTail($0, into: &accumulator) }
        accumulator ^= accumulator >> 33
        accumulator = accumulator &* Self.prime2
        accumulator ^= accumulator >> 29
        accumulator = accumulator &* Self.prime3
        return accumulator ^ (accumulator >> 32)
    }

    private static func finishTail(
        _ tail: UnsafeRawBufferPointer, into accumulator: inout UInt64
    ) {
        var offset = 0
        while tail.count - offset >= 8 {
            accumulator ^= round(0, word(tail, offset))
            accumulator = rotate(accumulator, 27) &* prime1 &+ prime4
            offset += 8
        }
        if tail.count - offset >= 4 {
            let half = tail.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            accumulator ^= UInt64(UInt32(littleEndian: half)) &* prime1
            accumulator = rotate(accumulator, 23) &* prime2 &+ prime3
            offset += 4
        }
        while offset < tail.count {
            accumulator ^= UInt64(tail[offset]) &* prime5
            accumulator = rotate(accumulator, 11) &* prime1
            offset += 1
        }
    }

    @inline(__always)
    private static func mix(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int,
        into lanes: inout (UInt64, UInt64, UInt64, UInt64)
    ) {
        lanes.0 = round(lanes.0, word(bytes, offset))
        lanes.1 = round(lanes.1, word(bytes, offset + 8))
        lanes.2 = round(lanes.2, word(bytes, offset + 16))
        lanes.3 = round(lanes.3, word(bytes, offset + 24))
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func round(_ accumulator: UInt64, _ lane: UInt64) -> UInt64 {
        rotate(accumulator &+ lane &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}
