// Room:  Codec (floor 2, pure).
// Task:  the k coordinates where two vectors differ most, without sorting or copying them.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/SelectionTests.swift

/// The largest differences of two vectors, and how much they all and the others weigh.
///
/// A Float's magnitude orders as its bits do, so the k-th largest is found by counting bits
/// (`Radix`). In short vectors that is all. In long ones a strided sample is counted, which says
/// above which magnitude somewhat more than k lie; one pass gathers those and adds up the squares
/// of the rest; the exact threshold is found among the gathered. Where the sample was wrong (fewer
/// than k gathered, or far more than it said) everything is counted after all. The result is the
/// same on either way: exactly the k largest.
struct Selection {
    /// Ascending.
    private(set) var indices: [UInt32]
    /// x - s there, in Float, none zero.
    private(set) var differences: [Float]
    /// |x - s|² over the coordinates not picked. Squares and sums in Double, in an order that the
    /// data alone decides.
    private(set) var left: Double

    /// |x - s|² over all coordinates.
    var total: Double { differences.reduce(left) { $0 + Double($1) * Double($1) } }

    /// From how many entries on a sample is counted first.
    static let sampledFrom = 2048

    /// Odd, so that a sample does not run down one column of an even-sized matrix.
    static func stride(_ count: Int) -> Int {
        let sample = count < 65_536 ? 2048 : 16_384
        return count < sampledFrom ? 1 : (count / sample) | 1
    }

    /// - k: at least 1. Both vectors of the same length, below 2^32.
    static func largest(
        _ k: Int, of x: [Float], minus s: [Float]
    ) throws(CodecError) -> Selection {
        let selection = x.withUnsafeBufferPointer { x in
            s.withUnsafeBufferPointer { s in largest(k, of: Differences(x: x, s: s)) }
        }
        // What is not finite has no finite square, and finite squares of Floats add up to a
        // finite Double: fewer than 2^32 of less than 2^256 each.
        guard selection.total.isFinite else { throw .nonFinite }
        return selection
    }

    private static func largest(_ k: Int, of r: Differences) -> Selection {
        let stride = stride(r.count)
        if stride > 1 {
            // The share of k in the sample, some more, and three deviations of its count.
            let share = Double(k) / Double(stride)
            let rank = Int(1.15 * share + 3 * share.squareRoot()) + 4
            let sample = r.sample(stride)
            let guess = sample.withUnsafeBufferPointer {
                Radix.threshold(ofRank: rank, in: Gathered(values: $0))
            }
            let room = min(r.count, rank * stride * 3 / 2 + 1024)
            let floor = max(guess.threshold, 1)
            if var gathered = gather(r, floor: floor, room: room),
                gathered.indices.count >= k || floor == 1
            {
                gathered.cut(to: k)
                return gathered
            }
        }
        let exact = Radix.threshold(ofRank: k, in: r)
        return pick(r, above: exact.threshold, ties: k - exact.above, room: k)
    }

    /// Drops all but the k largest; of equals the later ones.
    mutating func cut(to k: Int) {
        guard indices.count > k else { return }
        let exact = differences.withUnsafeBufferPointer {
            Radix.threshold(ofRank: k, in: Gathered(values: $0))
        }
        var ties = k - exact.above
        var kept = 0
        for at in indices.indices {
            let value = differences[at]
            let bits = value.magnitude.bitPattern
            if bits > exact.threshold || (bits == exact.threshold && ties > 0) {
                if bits == exact.threshold { ties -= 1 }
                indices[kept] = indices[at]
                differences[kept] = value
                kept += 1
            } else {
                left += Double(value) * Double(value)
            }
        }
        indices.removeSubrange(kept...)
        differences.removeSubrange(kept...)
    }

    /// Picks what lies above a magnitude and the first `ties` that equal it, but no zeros.
    private static func pick(
        _ r: Differences, above: UInt32, ties: Int, room: Int
    ) -> Selection {
        var picked = Selection(indices: [], differences: [], left: 0)
        picked.indices.reserveCapacity(room)
        picked.differences.reserveCapacity(room)
        var ties = above > 0 ? ties : 0
        for at in 0..<r.count {
            let value = r.x[at] - r.s[at]
            let bits = value.magnitude.bitPattern
            if bits > above || (bits == above && ties > 0) {
                if bits == above { ties -= 1 }
                picked.indices.append(UInt32(truncatingIfNeeded: at))
                picked.differences.append(value)
            } else {
                picked.left += Double(value) * Double(value)
            }
        }
        return picked
    }

    /// Gathers what is not below a magnitude; sixteen at a time are only added up where all are.
    ///
    /// - floor: bits of the magnitude, at least 1.
    /// - Returns: nil when there are more than `room`.
    static func gather(_ r: Differences, floor: UInt32, room: Int) -> Selection? {
        var count = 0
        var left = 0.0
        var differences: [Float] = []
        // Entries are written before it is known whether they stay: sixteen more than there is
        // room for, so that a group never writes beyond the end.
        let indices = [UInt32](unsafeUninitializedCapacity: room + 16) { indices, used in
            differences = [Float](unsafeUninitializedCapacity: room + 16) { values, filled in
                var low = SIMD8<Double>.zero
                var high = SIMD8<Double>.zero
                var at = 0
                /// From memory again: quicker than lanes out of vectors.
                @inline(__always)
                func take(_ below: SIMD4<Int32>, _ start: Int) {
                    guard Differences.isNotAll(below) else { return }
                    for place in start..<(start &+ 4) {
                        let value = r.x[place] - r.s[place]
                        indices[count] = UInt32(truncatingIfNeeded: place)
                        values[count] = value
                        count &+= value.magnitude.bitPattern >= floor ? 1 : 0
                    }
                }
                while at + 16 <= r.count, count <= room {
                    let group = r.group(at)
                    let below = Differences.below(floor, group)
                    if Differences.isNotAll(below) {
                        let (first, last) = (below.lowHalf, below.highHalf)
                        take(first.lowHalf, at)
                        take(first.highHalf, at &+ 4)
                        take(last.lowHalf, at &+ 8)
                        take(last.highHalf, at &+ 12)
                    }
                    let rest = Differences.masked(group, below)
                    let lower = SIMD8<Double>(rest.lowHalf)
                    let upper = SIMD8<Double>(rest.highHalf)
                    low += lower * lower
                    high += upper * upper
                    at += 16
                }
                while at < r.count, count <= room {
                    let value = r.x[at] - r.s[at]
                    if value.magnitude.bitPattern >= floor {
                        indices[count] = UInt32(truncatingIfNeeded: at)
                        values[count] = value
                        count += 1
                    } else {
                        left += Double(value) * Double(value)
                    }
                    at += 1
                }
                left += (low + high).sum()
                filled = min(count, room)
            }
            used = min(count, room)
        }
        guard count <= room else { return nil }
        return Selection(indices: indices, differences: differences, left: left)
    }
}

/// x - s, computed where it is looked at. Both buffers of the same length.
struct Differences: Magnitudes {
    let x: UnsafeBufferPointer<Float>
    let s: UnsafeBufferPointer<Float>

    var count: Int { x.count }

    @inline(__always)
    func magnitude(_ at: Int) -> UInt32 { (x[at] - s[at]).magnitude.bitPattern }

    /// Every so many-th.
    func sample(_ stride: Int) -> [Float] {
        let count = (count + stride - 1) / stride
        return [Float](unsafeUninitializedCapacity: count) { sample, filled in
            for at in 0..<count { sample[at] = x[at &* stride] - s[at &* stride] }
            filled = count
        }
    }

    /// Sixteen entries from `at`, which must exist.
    @inline(__always)
    func group(_ at: Int) -> SIMD16<Float> {
        // The loops above keep at + 16 <= count.
        let x = UnsafeRawPointer(x.baseAddress.unsafelyUnwrapped + at)
        let s = UnsafeRawPointer(s.baseAddress.unsafelyUnwrapped + at)
        return x.loadUnaligned(as: SIMD16<Float>.self) - s.loadUnaligned(as: SIMD16<Float>.self)
    }

    /// -1 in each lane whose magnitude is below one, given by its bits; 0 in the others.
    @inline(__always)
    static func below(_ floor: UInt32, _ group: SIMD16<Float>) -> SIMD16<Int32> {
        // As signed numbers: magnitudes have no sign bit, so their differences do not overflow.
        let bits = unsafeBitCast(group, to: SIMD16<Int32>.self) & 0x7FFF_FFFF
        return (bits &- SIMD16(repeating: Int32(bitPattern: floor))) &>> 31
    }

    @inline(__always)
    static func isNotAll(_ below: SIMD16<Int32>) -> Bool {
        let eight = below.lowHalf & below.highHalf
        return isNotAll(eight.lowHalf & eight.highHalf)
    }

    @inline(__always)
    static func isNotAll(_ below: SIMD4<Int32>) -> Bool {
        let two = below.lowHalf & below.highHalf
        return two.x & two.y == 0
    }

    /// The group with zeros where it is not below.
    @inline(__always)
    static func masked(_ group: SIMD16<Float>, _ below: SIMD16<Int32>) -> SIMD16<Float> {
        let bits = unsafeBitCast(group, to: SIMD16<Int32>.self) & below
        return unsafeBitCast(bits, to: SIMD16<Float>.self)
    }
}
