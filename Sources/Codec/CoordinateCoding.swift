// Room:  Codec (floor 2, pure).
// Task:  the ways to write which coordinates a delta speaks of, all but the range-coded one.
// May:   Model.
// Proof: Tests/CodecTests/GoldenTests.swift

import Model

/// How the coordinates are written: three bits of the payload's first byte.
enum CoordinateCoding: UInt8, CaseIterable, Sendable {
    /// All of them, in order: nothing to write.
    case all = 0
    /// Golomb-Rice gaps; a parameter for each tensor that a gap begins in.
    case riceByTensor = 1
    /// Golomb-Rice gaps; a parameter for each 64 of them.
    case riceByBlock = 2
    /// Gaps as LEB128, deflated.
    case varint = 3
    /// One bit a parameter.
    case bitmap = 4
    /// One bit a parameter, deflated.
    case deflatedBitmap = 5
    /// Gaps through the adaptive range coder.
    case range = 6
}

/// Coordinates to bytes and back.
struct CoordinateWriter {
    let layout: ParameterLayout
    let indices: [UInt32]

    /// Exact sizes first where they cost little; deflate only where gaps repeat, and it stops as
    /// soon as it has lost.
    ///
    /// - limit: what another coding takes; only what is shorter is of use.
    /// - Returns: the shortest of the codings that stand alone, or nil when none is below `limit`.
    func shortest(below limit: Int) -> (coding: CoordinateCoding, bytes: [UInt8])? {
        if indices.count == layout.count { return (.all, []) }
        var best: CoordinateCoding?
        var deflated: [UInt8] = []
        var size = limit
        for (coding, exact) in [
            (CoordinateCoding.riceByBlock, riceSize(byTensor: false)),
            (.riceByTensor, riceSize(byTensor: true)),
            (.bitmap, (layout.count + 7) / 8),
        ] where exact < size {
            best = coding
            size = exact
        }
        let gaps = gaps()
        guard Repetition.isWorthDeflating(gaps) else { return best.map { ($0, write($0)) } }
        if let bytes = Deflate.compress(varints(gaps), below: size) {
            best = .varint
            size = bytes.count
            deflated = bytes
        }
        // A bitmap many times larger than the best so far is not worth its own making.
        if layout.count / 8 / 16 < size,
            let bytes = Deflate.compress(bitmap(), below: size)
        {
            return (.deflatedBitmap, bytes)
        }
        return best.map { ($0, $0 == .varint ? deflated : write($0)) }
    }

    /// - coding: not `.range`, which shares its stream with the values.
    func write(_ coding: CoordinateCoding) -> [UInt8] {
        switch coding {
        case .all, .range: []
        case .riceByTensor: rice(byTensor: true)
        case .riceByBlock: rice(byTensor: false)
        case .varint: Deflate.compress(varints(gaps()))
        case .bitmap: bitmap()
        case .deflatedBitmap: Deflate.compress(bitmap())
        }
    }

    private func gaps() -> [UInt32] {
        var next: UInt32 = 0
        return indices.map { index in
            defer { next = index &+ 1 }
            return index &- next
        }
    }

    private func varints(_ gaps: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(gaps.count + gaps.count / 4)
        for gap in gaps { Varint.append(gap, to: &bytes) }
        return bytes
    }

    private func bitmap() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (layout.count + 7) / 8)
        for index in indices { bytes[Int(index >> 3)] |= 1 << UInt8(index & 7) }
        return bytes
    }
}

// MARK: - Golomb-Rice

extension CoordinateWriter {
    private func riceSize(byTensor: Bool) -> Int {
        var bits: UInt64 = 0
        forEachGroup(byTensor: byTensor) { gaps, parameter in
            bits += 5 + Self.cost(gaps, parameter)
        }
        return Int((bits + 7) / 8)
    }

    private func rice(byTensor: Bool) -> [UInt8] {
        var writer = BitWriter()
        forEachGroup(byTensor: byTensor) { gaps, parameter in
            writer.write(parameter, count: 5)
            for gap in gaps {
                writer.write(unary: gap >> parameter)
                writer.write(gap & (1 << parameter &- 1), count: UInt64(parameter))
            }
        }
        return writer.finish()
    }

    private static func cost(_ gaps: [UInt32], _ parameter: UInt32) -> UInt64 {
        var bits = UInt64(gaps.count) * UInt64(parameter + 1)
        for gap in gaps { bits &+= UInt64(gap >> parameter) }
        return bits
    }

    /// Gaps that share a parameter, and the parameter that makes them shortest (the least such).
    ///
    /// The cost falls and then rises with the parameter, but not strictly: near the logarithm of
    /// the mean all parameters within three are tried.
    private func forEachGroup(byTensor: Bool, _ body: ([UInt32], UInt32) -> Void) {
        var gaps: [UInt32] = []
        var sum: UInt64 = 0
        func close() {
            guard !gaps.isEmpty else { return }
            let mean = UInt32(truncatingIfNeeded: sum / UInt64(gaps.count))
            let middle = 31 - min(31, mean.leadingZeroBitCount)
            var best: (cost: UInt64, parameter: UInt32) = (.max, 0)
            for parameter in UInt32(max(middle - 3, 0))...UInt32(min(middle + 3, 31)) {
                let cost = Self.cost(gaps, parameter)
                if cost < best.cost { best = (cost, parameter) }
            }
            body(gaps, best.parameter)
            gaps.removeAll(keepingCapacity: true)
            sum = 0
        }
        var next: UInt32 = 0
        var tensor = TensorCursor(layout)
        for index in indices {
            let moved = tensor.move(to: next)
            if byTensor ? moved : gaps.count == 64 { close() }
            gaps.append(index &- next)
            sum &+= UInt64(index &- next)
            next = index &+ 1
        }
        close()
    }
}

/// The tensor that a place lies in, for places that only go up.
struct TensorCursor {
    private let layout: ParameterLayout
    private var at = -1
    private var end = 0

    init(_ layout: ParameterLayout) { self.layout = layout }

    /// - place: below `d`, not below the last one.
    /// - Returns: whether it lies in another tensor than the last one, or is the first.
    mutating func move(to place: UInt32) -> Bool {
        guard Int(place) >= end else { return false }
        repeat {
            at += 1
            end = layout.tensors[at].range.upperBound
        } while Int(place) >= end
        return true
    }
}
