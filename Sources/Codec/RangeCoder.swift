// Room:  Codec (floor 2, pure).
// Task:  an adaptive binary range coder: likely bits cost a fraction of a bit.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/RangeCoderTests.swift

/// How likely a bit is 1, as learnt from the bits seen so far in its place.
///
/// The n-th bit moves the estimate by 1 / (n + 1.5) of the way, until `limit` bits have been seen:
/// a mean at first (Krichevsky, Trofimov 1981, nearly), then a fading one.
struct Chance {
    /// Of 65,536; between `least` and 65,536 - `least`.
    private(set) var ofOne: UInt16
    private var seen: UInt8
    private let limit: UInt8
    /// What 1 / (seen + 1.5) is of 65,536: kept, since a division takes longer than all the rest.
    private var rate: UInt32

    static let least: Int32 = 64

    /// - ofOne: a first guess, of 65,536.
    /// - seen: how many bits the guess counts for.
    init(ofOne: Int = 32_768, seen: UInt8 = 0, limit: UInt8) {
        self.ofOne = UInt16(min(max(ofOne, Int(Self.least)), 65_536 - Int(Self.least)))
        self.seen = seen
        self.limit = limit
        rate = Self.rate(seen)
    }

    private static func rate(_ seen: UInt8) -> UInt32 { 131_072 / (2 * UInt32(seen) + 3) }

    @inline(__always)
    mutating func learn(_ bit: Bool) {
        let goal: Int32 = bit ? 65_536 : 0
        let move = Int32(truncatingIfNeeded: (Int64(goal &- Int32(ofOne)) &* Int64(rate)) >> 16)
        let moved = Int32(ofOne) &+ move
        ofOne = UInt16(truncatingIfNeeded: min(max(moved, Self.least), 65_536 - Self.least))
        if seen < limit {
            seen &+= 1
            rate = Self.rate(seen)
        }
    }
}

/// Writes bits into one number in [0, 1), given as bytes, most significant first.
///
/// - Source: Martin 1979, "Range encoding"; carries run back into the bytes already written.
struct RangeEncoder {
    private(set) var bytes: [UInt8] = []
    private var low: UInt32 = 0
    private var range: UInt32 = .max

    /// - capacity: bytes that the stream will have, about.
    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    @inline(__always)
    mutating func encode(_ bit: Bool, _ chance: inout Chance) {
        let bound = (range >> 12) &* UInt32(chance.ofOne >> 4)
        if bit { range = bound } else { advance(bound); range &-= bound }
        chance.learn(bit)
        normalise()
    }

    /// The lowest `count` bits of `value`, each as likely 0 as 1. `count` at most 16.
    @inline(__always)
    mutating func encode(plain value: UInt32, count: UInt32) {
        range >>= count
        advance(range &* value)
        normalise()
    }

    /// The stream so far, ended by the fewest bytes, none to four, that lie in the interval; the
    /// last of them is not zero, since the decoder thinks zeros behind the end.
    consuming func finish() -> [UInt8] {
        let last = UInt64(low) + UInt64(range) - 1
        for shift in stride(from: 32, through: 0, by: -8) as StrideThrough<Int> {
            let step = UInt64(1) << UInt64(shift)
            let end = (UInt64(low) + step - 1) & ~(step - 1)
            guard end <= last else { continue }
            if end > UInt64(UInt32.max) { carry() }
            for at in stride(from: 24, through: shift, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: end >> UInt64(at)))
            }
            break
        }
        return bytes
    }

    @inline(__always)
    private mutating func advance(_ by: UInt32) {
        let (sum, overflow) = low.addingReportingOverflow(by)
        low = sum
        if overflow { carry() }
    }

    private mutating func carry() {
        var at = bytes.count - 1
        while at >= 0, bytes[at] == 0xFF {
            bytes[at] = 0
            at -= 1
        }
        if at >= 0 { bytes[at] += 1 }
    }

    @inline(__always)
    private mutating func normalise() {
        while range < 0x0100_0000 {
            bytes.append(UInt8(truncatingIfNeeded: low >> 24))
            low <<= 8
            range <<= 8
        }
    }
}

/// Reads what `RangeEncoder` wrote; whatever the bytes are, it never traps and never stops early.
///
/// Bytes behind the end count as zero; who reads asks `isExhausted` now and then.
struct RangeDecoder {
    private let bytes: [UInt8]
    private var position: Int
    private var code: UInt32 = 0
    private var range: UInt32 = .max
    /// Some number was none that an encoder writes.
    private var isDamaged = false

    init(_ bytes: [UInt8], from start: Int) {
        self.bytes = bytes
        position = start
        for _ in 0..<4 { code = code << 8 | next() }
        isDamaged = code == .max
    }

    /// Of the bytes that have not been read.
    var bitsLeft: Int { 8 * max(0, bytes.count - position) }

    /// More has been read than any ending of the encoder's lets be read.
    var isExhausted: Bool { position > bytes.count + 4 }

    @inline(__always)
    mutating func decode(_ chance: inout Chance) -> Bool {
        let bound = (range >> 12) &* UInt32(chance.ofOne >> 4)
        let bit = code < bound
        if bit { range = bound } else { code &-= bound; range &-= bound }
        chance.learn(bit)
        normalise()
        return bit
    }

    /// `count` bits, each as likely 0 as 1; at most 16.
    @inline(__always)
    mutating func decode(plain count: UInt32) -> UInt32 {
        range >>= count
        var value = code / range
        if value >> count != 0 {
            isDamaged = true
            value = (1 << count) - 1
        }
        code &-= value &* range
        normalise()
        return value
    }

    /// - Throws: unless the bytes end where an encoder would have ended them.
    func finish() throws(CodecError) {
        guard !isExhausted else { throw .truncated }
        guard !isDamaged else { throw .rangeCode }
        let settled = position - 4
        guard bytes.count <= position, bytes.count <= settled || bytes[bytes.count - 1] != 0 else {
            throw .trailing
        }
    }

    @inline(__always)
    private mutating func next() -> UInt32 {
        let byte = position < bytes.count ? bytes[position] : 0
        position &+= 1
        return UInt32(byte)
    }

    @inline(__always)
    private mutating func normalise() {
        while range < 0x0100_0000 {
            code = code << 8 | next()
            range <<= 8
        }
    }
}
