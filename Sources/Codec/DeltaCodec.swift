// Room:  Codec (floor 2, pure).
// Task:  the room's door: a difference to bytes and back.
// May:   Model.
// Proof: Tests/CodecTests/RoundTripTests.swift

import Model

/// Writes the part of `x - s` that matters most in few bytes, and reads such bytes again.
///
/// Stateless: the same vectors give the same bytes, whoever asked before.
public struct DeltaCodec: Sendable {
    public let layout: ParameterLayout
    public let options: CodecOptions

    public init(layout: ParameterLayout, options: CodecOptions = CodecOptions()) {
        self.layout = layout
        self.options = options
    }

    /// d: the number of parameters.
    public var dimension: Int { layout.count }

    /// Picks the k coordinates where `x` and `s` differ most, rounds the differences, writes both.
    ///
    /// Exactly the k largest |x - s| (of equals the lower index first); fewer where fewer differ.
    /// The payload is empty when nothing differs, or when all that differs rounds to zero.
    ///
    /// - parameters: x, `[d]`, finite.
    /// - reference: s, `[d]`, finite.
    /// - Throws: `nonFinite` (also where x - s overflows), `length`.
    /// - Complexity: O(d) with one pass over both vectors where a sample predicts the threshold,
    ///   four where it does not; O(k) for the bytes and O(k) memory.
    /// - Source: top-k sparsification with error feedback, Stich et al. 2018; here the reference
    ///   keeps what is left out.
    public func encode(
        parameters x: [Float], reference s: [Float]
    ) throws(CodecError) -> EncodedDelta {
        guard x.count == dimension else { throw .length(expected: dimension, got: x.count) }
        guard s.count == dimension else { throw .length(expected: dimension, got: s.count) }
        let selection = try Selection.largest(options.count(dimension), of: x, minus: s)
        let rounded = BlockValues(rounding: selection.differences, to: options.values)
        guard rounded.words.contains(where: { $0 != 0 }) else {
            return EncodedDelta(
                payload: [], delta: .empty(dimension: dimension), before: selection.total,
                after: selection.total)
        }
        let values = rounded.decoded()
        var after = selection.left
        for (difference, value) in zip(selection.differences, values) {
            let error = Double(difference) - Double(value)
            after += error * error
        }
        let writer = PayloadWriter(layout: layout, indices: selection.indices, values: rounded)
        return EncodedDelta(
            payload: writer.shortest(),
            delta: SparseDelta(
                dimension: dimension, indices: selection.indices, values: values),
            before: selection.total, after: after)
    }

    /// Reads a payload of `encode` or `encodeDense`, or finds out that it is none.
    ///
    /// No bytes say that nothing differs. Values are finite; some may be zero (rounded to it).
    ///
    /// - payload: from anybody. No memory is taken for what it only announces beyond O(d).
    /// - Throws: what is wrong; never traps.
    /// - Complexity: O(k) and the payload's length; O(d) for bitmaps and dense payloads.
    public func decode(_ payload: [UInt8]) throws(CodecError) -> SparseDelta {
        guard !payload.isEmpty else { return .empty(dimension: dimension) }
        let (indices, values) = try PayloadReader(layout: layout).read(payload)
        return SparseDelta(dimension: dimension, indices: indices, values: values.decoded())
    }

    /// Writes all d values, for a new reference.
    ///
    /// - difference: `[d]`. What is not finite is said as zero; the caller keeps such away.
    /// - Returns: no bytes when everything is zero or rounds to it.
    /// - Complexity: O(d).
    public func encodeDense(_ difference: [Float], kind: ValueKind) -> [UInt8] {
        precondition(difference.count == dimension, "a dense delta speaks of every parameter")
        var finite = difference
        for at in finite.indices where !finite[at].isFinite { finite[at] = 0 }
        let values = BlockValues(rounding: finite, to: kind)
        guard values.words.contains(where: { $0 != 0 }) else { return [] }
        let indices = Array(0..<UInt32(dimension))
        return PayloadWriter(layout: layout, indices: indices, values: values).shortest()
    }

    /// No payload is longer, of whatever kind or options: dense Floats and a head of six bytes.
    public var maximumPayload: Int {
        max(maximumDelta, Self.headLimit + ValueKind.float32.plainSize(dimension))
    }

    /// No payload of `encode` with these options is longer.
    ///
    /// Coordinates take at most a bitmap or Golomb-Rice with one parameter b for all: k gaps that
    /// sum to less than d take at most k (1 + b) + d / 2^b bits, and five for each 64 gaps.
    public var maximumDelta: Int {
        let k = options.count(dimension)
        var coordinates = (dimension + 7) / 8
        for parameter in 0..<32 {
            let bits = k * (1 + parameter) + dimension >> parameter + 5 * BlockValues.blocks(k)
            coordinates = min(coordinates, (bits + 7) / 8)
        }
        return Self.headLimit + coordinates + options.values.plainSize(k)
    }

    /// The first byte and the longest count.
    private static let headLimit = 1 + Varint.longest
}
