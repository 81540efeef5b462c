// Room:  Codec (floor 2, pure).
// Task:  a whole payload: its head, and the parts in their order.
// May:   Model.
// Proof: Tests/CodecTests/GoldenTests.swift

import Model

/// How the values are written: two bits of the payload's first byte.
enum ValueCoding: UInt8, CaseIterable, Sendable {
    case plain = 0
    case deflated = 1
    /// Through the adaptive range coder, in one stream with the coordinates if they are too.
    case range = 2
}

/// The first byte: kind (bits 0, 1), coordinate coding (2 to 4), value coding (5, 6), format (7).
struct PayloadHead: Equatable {
    var kind: ValueKind
    var coordinates: CoordinateCoding
    var values: ValueCoding

    static let kinds: [ValueKind] = [.float32, .bfloat16, .int8, .int4]

    var byte: UInt8 {
        let place = Self.kinds.firstIndex(of: kind) ?? 0
        return UInt8(place) | coordinates.rawValue << 2 | values.rawValue << 5
    }

    init(kind: ValueKind, coordinates: CoordinateCoding, values: ValueCoding) {
        self.kind = kind
        self.coordinates = coordinates
        self.values = values
    }

    init(_ byte: UInt8) throws(CodecError) {
        guard byte < 0x80, let coordinates = CoordinateCoding(rawValue: byte >> 2 & 7),
            let values = ValueCoding(rawValue: byte >> 5 & 3)
        else { throw .unknownFormat(byte) }
        self.init(kind: Self.kinds[Int(byte & 3)], coordinates: coordinates, values: values)
    }
}

// MARK: - Writing

struct PayloadWriter {
    let layout: ParameterLayout
    /// Ascending, below the layout's `d`, at least one.
    let indices: [UInt32]
    let values: BlockValues

    /// The shortest by exact size; what does not differ goes to the range coder.
    func shortest() -> [UInt8] {
        // About: two bytes a coordinate and value.
        var shared = RangeEncoder(capacity: 2 * indices.count)
        var coordinates = CoordinateCoding.all
        var coordinateBytes: [UInt8] = []
        if indices.count < layout.count {
            var coder = shared
            encodeCoordinates(to: &coder)
            let alone = coder.finish()
            let writer = CoordinateWriter(layout: layout, indices: indices)
            if let other = writer.shortest(below: alone.count) {
                (coordinates, coordinateBytes) = other
            } else {
                (coordinates, coordinateBytes) = (.range, alone)
                shared = coder
            }
        }
        ValueModel.encode(values, to: &shared)
        let stream = shared.finish()
        // What the values cost: the shared stream less what the coordinates alone would take.
        let alone = coordinates == .range ? coordinateBytes.count : 0
        let plainSize = values.kind.plainSize(indices.count)
        let limit = min(stream.count - alone, plainSize)
        if isWorthDeflating,
            let bytes = Deflate.compress(values.plainBytes(), below: limit)
        {
            return assemble(coordinates, coordinateBytes, .deflated, bytes)
        }
        guard plainSize >= stream.count - alone else {
            return assemble(coordinates, coordinateBytes, .plain, values.plainBytes())
        }
        if coordinates == .range { coordinateBytes = [] }
        return assemble(coordinates, coordinateBytes, .range, stream)
    }

    /// Values that repeat; and Floats whose last byte is often zero, as differences of nearly equal
    /// Floats have it: there a whole plane deflates.
    private var isWorthDeflating: Bool {
        if values.kind == .float32 {
            let even = values.words.reduce(0) { $1 & 0xFF == 0 ? $0 + 1 : $0 }
            if even > values.words.count / 8 { return true }
        }
        return Repetition.isWorthDeflating(values.words)
    }

    /// Any coding that is asked for; nil where there is none (`.all` of not all).
    func write(_ coordinates: CoordinateCoding, _ coding: ValueCoding) -> [UInt8]? {
        guard coordinates != .all || indices.count == layout.count else { return nil }
        var coder = RangeEncoder()
        if coordinates == .range { encodeCoordinates(to: &coder) }
        if coding == .range { ValueModel.encode(values, to: &coder) }
        let stream = coder.finish()
        let plain = CoordinateWriter(layout: layout, indices: indices).write(coordinates)
        switch coding {
        case .plain, .deflated:
            let bytes = values.plainBytes()
            return assemble(
                coordinates, coordinates == .range ? stream : plain, coding,
                coding == .plain ? bytes : Deflate.compress(bytes))
        case .range:
            return assemble(coordinates, plain, .range, stream)
        }
    }

    /// Head, coordinates, values; a range-coded part goes last.
    private func assemble(
        _ coordinates: CoordinateCoding, _ coordinateBytes: [UInt8], _ coding: ValueCoding,
        _ valueBytes: [UInt8]
    ) -> [UInt8] {
        let head = PayloadHead(kind: values.kind, coordinates: coordinates, values: coding)
        var bytes = [head.byte]
        bytes.reserveCapacity(6 + coordinateBytes.count + valueBytes.count)
        if coordinates != .all { Varint.append(UInt32(indices.count - 1), to: &bytes) }
        if coordinates == .range {
            return bytes + valueBytes + coordinateBytes
        }
        return bytes + coordinateBytes + valueBytes
    }

    private func encodeCoordinates(to coder: inout RangeEncoder) {
        var model = NumberModel.gaps(indices.count, of: layout.count)
        var next: UInt32 = 0
        for index in indices {
            model.encode(UInt64(index &- next), to: &coder)
            next = index &+ 1
        }
    }
}

extension NumberModel {
    /// Strewn evenly, as worth sixteen gaps seen: measured best of 6, 16 and 30.
    static func gaps(_ count: Int, of dimension: Int) -> NumberModel {
        NumberModel(count: count, of: dimension, weight: 16, limit: 60)
    }
}

// MARK: - Reading

struct PayloadReader {
    let layout: ParameterLayout

    /// - bytes: anything, at least one byte.
    func read(_ bytes: [UInt8]) throws(CodecError) -> (indices: [UInt32], values: BlockValues) {
        let head = try PayloadHead(bytes[0])
        var at = 1
        var count = layout.count
        if head.coordinates != .all {
            let less = Int(try Varint.read(bytes, &at))
            guard less < layout.count else { throw .count }
            count = less + 1
        }
        var indices: [UInt32] = []
        if head.coordinates != .range {
            let reader = CoordinateReader(layout: layout, count: count)
            (indices, at) = try reader.read(head.coordinates, from: bytes, at: at)
        }
        var values: BlockValues?
        if head.values != .range {
            (values, at) = try readPlain(bytes, at, head, count)
        }
        guard head.coordinates == .range || head.values == .range else {
            guard at == bytes.count, let values else { throw .trailing }
            return (indices, values)
        }
        var decoder = RangeDecoder(bytes, from: at)
        if head.coordinates == .range {
            indices = try decodeCoordinates(&decoder, count)
        }
        let decoded: BlockValues
        if let values {
            decoded = values
        } else {
            decoded = try ValueModel.decode(kind: head.kind, count: count, from: &decoder)
        }
        try decoder.finish()
        return (indices, decoded)
    }

    private func readPlain(
        _ bytes: [UInt8], _ start: Int, _ head: PayloadHead, _ count: Int
    ) throws(CodecError) -> (BlockValues, Int) {
        let size = head.kind.plainSize(count)
        guard head.values == .plain else {
            let (plain, end) = try Deflate.expand(bytes, from: start, size: size, exact: true)
            return (try BlockValues(kind: head.kind, count: count, plain: plain[...]), end)
        }
        guard bytes.count - start >= size else { throw .truncated }
        let plain = bytes[start..<(start + size)]
        return (try BlockValues(kind: head.kind, count: count, plain: plain), start + size)
    }

    private func decodeCoordinates(
        _ decoder: inout RangeDecoder, _ count: Int
    ) throws(CodecError) -> [UInt32] {
        var model = NumberModel.gaps(count, of: layout.count)
        var indices: [UInt32] = []
        indices.reserveCapacity(min(count, decoder.bitsLeft))
        let dimension = UInt64(layout.count)
        var next: UInt64 = 0
        for _ in 0..<count {
            let index = next &+ model.decode(from: &decoder)
            guard index < dimension else { throw .coordinate }
            guard !decoder.isExhausted else { throw .truncated }
            indices.append(UInt32(index))
            next = index &+ 1
        }
        return indices
    }
}
