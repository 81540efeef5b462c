// Room:  Codec (floor 2, pure).
// Task:  the k-th largest magnitude by counting bits: three histograms instead of a sort.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/SelectionTests.swift

/// Numbers that know the bits of their magnitudes.
protocol Magnitudes {
    var count: Int { get }
    /// Bits of a Float without its sign: ordered as the magnitudes are.
    func magnitude(_ at: Int) -> UInt32
}

/// Numbers as they lie.
struct Gathered: Magnitudes {
    let values: UnsafeBufferPointer<Float>
    var count: Int { values.count }

    @inline(__always)
    func magnitude(_ at: Int) -> UInt32 { values[at].magnitude.bitPattern }
}

enum Radix {
    /// The magnitude of the entry of that rank from above, and how many lie above it.
    ///
    /// Zero, and the number of all that are not, where fewer than `rank` are not zero.
    static func threshold(
        ofRank rank: Int, in r: some Magnitudes
    ) -> (threshold: UInt32, above: Int) {
        var above = 0
        var prefix: UInt32 = 0
        // 31 bits: 12, then 10, then 9.
        for (shift, bits) in [(19, 12), (9, 10), (0, 9)] as [(UInt32, UInt32)] {
            let counts = histogram(of: r, prefix: prefix, shift: shift, bits: bits)
            guard let found = find(rank - above, in: counts) else {
                return (0, counts.reduce(0) { $0 + Int($1) })
            }
            above += found.above
            prefix = prefix << bits | UInt32(found.bucket)
        }
        return (prefix, above)
    }

    /// The highest bucket at or above which `rank` entries lie, and how many lie above it.
    private static func find(
        _ rank: Int, in counts: [UInt32]
    ) -> (bucket: Int, above: Int)? {
        var above = 0
        for bucket in counts.indices.reversed() {
            let count = Int(counts[bucket])
            if above + count >= rank { return (bucket, above) }
            above += count
        }
        return nil
    }

    /// Counts, by their next `bits`, the magnitudes above `shift` whose bits above those are
    /// `prefix`. Zeros are not counted.
    private static func histogram(
        of r: some Magnitudes, prefix: UInt32, shift: UInt32, bits: UInt32
    ) -> [UInt32] {
        [UInt32](unsafeUninitializedCapacity: 1 << Int(bits)) { counts, filled in
            counts.initialize(repeating: 0)
            filled = counts.count
            let mask = UInt32(1) << bits - 1
            for at in 0..<r.count {
                let magnitude = r.magnitude(at)
                if magnitude >> (shift &+ bits) == prefix, magnitude != 0 {
                    counts[Int(magnitude >> shift & mask)] &+= 1
                }
            }
        }
    }
}
