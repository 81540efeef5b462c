// Room:  Model (floor 1, pure).
// Task:  the parameters as a safetensors file, in and out.
// May:   nothing but the standard library (bytes come in and go out).
// Proof: Tests/ModelTests/SafetensorsTests.swift

/// Files of named tensors as other frameworks read and write them.
///
/// A file is the length of the header (8 bytes, little-endian), the header (JSON), and the tensors'
/// bytes, little-endian and row-major, without gaps.
///
/// - Source: huggingface/safetensors, format section of its README.
public enum Safetensors {
    /// The longest header that is read, as in the reference implementation.
    public static let maximumHeader = 100_000_000

    /// Writes a file of Float32 tensors in the layout's order. The same input gives the same bytes.
    ///
    /// - parameters: `[layout.count]`.
    /// - metadata: written sorted by key.
    public static func encode(
        layout: ParameterLayout, parameters: [Float], metadata: [String: String] = [:]
    ) -> [UInt8] {
        precondition(parameters.count == layout.count, "one value for each entry of the layout")
        var header: [UInt8] = [UInt8(ascii: "{")]
        if !metadata.isEmpty {
            header += "\"__metadata__\":{".utf8
            for (place, key) in metadata.keys.sorted().enumerated() {
                if place > 0 { header.append(UInt8(ascii: ",")) }
                JSONText.append(key, to: &header)
                header.append(UInt8(ascii: ":"))
                JSONText.append(metadata[key] ?? "", to: &header)
            }
            header += "},".utf8
        }
        for (place, tensor) in layout.tensors.enumerated() {
            if place > 0 { header.append(UInt8(ascii: ",")) }
            JSONText.append(tensor.name, to: &header)
            let shape = tensor.shape.map { "\($0)" }.joined(separator: ",")
            let (from, to) = (4 * tensor.range.lowerBound, 4 * tensor.range.upperBound)
            header += ":{\"dtype\":\"F32\",\"shape\":[\(shape)],".utf8
            header += "\"data_offsets\":[\(from),\(to)]}".utf8
        }
        header.append(UInt8(ascii: "}"))
        // Blanks, so that the tensors begin at a multiple of eight bytes.
        while header.count % 8 != 0 { header.append(0x20) }

        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + 4 * parameters.count)
        let length = UInt64(header.count)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(shift)))
        }
        bytes += header
        for value in parameters {
            let bits = value.bitPattern
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
        }
        return bytes
    }

    /// Reads a file of F32, F16 and BF16 tensors; the smaller kinds are widened exactly.
    ///
    /// The layout is in the order of the bytes, which another writer chooses for itself: use
    /// `arranged` to bring the values into an order of one's own. Values may be NaN or infinite.
    ///
    /// - Throws: `SafetensorsError`: anything but one header and tensors that fill the rest
    ///   exactly, one behind the other.
    /// - Complexity: O(bytes); allocates no more than the bytes that are there account for.
    public static func decode(
        _ bytes: [UInt8]
    ) throws(SafetensorsError) -> (
        layout: ParameterLayout, parameters: [Float], metadata: [String: String]
    ) {
        guard bytes.count >= 8 else { throw .tooShort(bytes.count) }
        var length: UInt64 = 0
        for i in (0..<8).reversed() { length = length << 8 | UInt64(bytes[i]) }
        guard length <= UInt64(maximumHeader), length <= UInt64(bytes.count - 8) else {
            throw .headerLength(length)
        }
        let start = 8 + Int(length)
        let header = try SafetensorsHeader(bytes[8..<start])
        let body = bytes.count - start

        var end = 0
        var shapes: [(name: String, shape: [Int])] = []
        for entry in header.entries {
            guard entry.from == end, entry.to >= entry.from, entry.to <= body else {
                throw .badOffsets(entry.name)
            }
            end = entry.to
            shapes.append((entry.name, entry.shape))
        }
        guard end == body else { throw .trailingBytes(body - end) }
        let layout: ParameterLayout
        do {
            layout = try ParameterLayout(shapes)
        } catch {
            throw .layout(error)
        }
        for (entry, tensor) in zip(header.entries, layout.tensors) {
            guard entry.to - entry.from == tensor.count * entry.kind.bytes else {
                throw .badOffsets(entry.name)
            }
        }
        var parameters: [Float] = []
        parameters.reserveCapacity(layout.count)
        for entry in header.entries {
            let (from, to) = (start + entry.from, start + entry.to)
            switch entry.kind {
            case .float32:
                for at in stride(from: from, to: to, by: 4) {
                    let low = UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8
                    let high = UInt32(bytes[at + 2]) | UInt32(bytes[at + 3]) << 8
                    parameters.append(Float(bitPattern: low | high << 16))
                }
            case .bfloat16:
                for at in stride(from: from, to: to, by: 2) {
                    let bits = UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8
                    parameters.append(Float(bitPattern: bits << 16))
                }
            case .float16:
                for at in stride(from: from, to: to, by: 2) {
                    parameters.append(widened(UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8))
                }
            }
        }
        return (layout, parameters, header.metadata)
    }

    /// Brings values from one layout's order into another's, tensor by tensor by name.
    ///
    /// - Throws: `SafetensorsError` where a tensor is missing, too much, or has another shape.
    public static func arranged(
        _ parameters: [Float], from source: ParameterLayout, to target: ParameterLayout
    ) throws(SafetensorsError) -> [Float] {
        precondition(parameters.count == source.count, "one value for each entry of the layout")
        var found: [String: Tensor] = [:]
        for tensor in source.tensors { found[tensor.name] = tensor }
        var arranged: [Float] = []
        arranged.reserveCapacity(target.count)
        for tensor in target.tensors {
            guard let origin = found.removeValue(forKey: tensor.name) else {
                throw .missingTensor(tensor.name)
            }
            guard origin.shape == tensor.shape else {
                throw .otherShape(tensor.name, found: origin.shape, expected: tensor.shape)
            }
            arranged += parameters[origin.range]
        }
        for tensor in source.tensors where found[tensor.name] != nil {
            throw .unknownTensor(tensor.name)
        }
        return arranged
    }

    /// IEEE half precision to single, exactly.
    static func widened(_ half: UInt16) -> Float {
        let sign = UInt32(half & 0x8000) << 16
        let exponent = UInt32(half >> 10 & 0x1F)
        let fraction = UInt32(half & 0x3FF)
        if exponent == 0x1F { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
        if exponent != 0 {
            return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
        // Subnormal or zero: fraction · 2^-24, exact in single precision.
        let magnitude = Float(fraction) * 0x1p-24
        return sign == 0 ? magnitude : -magnitude
    }
}

/// What is wrong with a safetensors file.
public enum SafetensorsError: Error, Equatable {
    case tooShort(Int)
    case headerLength(UInt64)
    /// Not the JSON that the format asks for; `offset` in the header's bytes.
    case badHeader(offset: Int)
    case badEntry(String)
    case unknownKind(String, String)
    /// Out of the file, overlapping, with a gap, or not as long as the shape says.
    case badOffsets(String)
    case trailingBytes(Int)
    case layout(LayoutError)
    case missingTensor(String)
    case unknownTensor(String)
    case otherShape(String, found: [Int], expected: [Int])
}

extension SafetensorsError: Fault {
    public var code: String { "model.safetensors" }
    public var exitStatus: Int32 { 65 }

    public var what: String {
        switch self {
        case .tooShort(let count): "\(count) bytes are too few for a safetensors file"
        case .headerLength(let length): "the file says its header has \(length) bytes"
        case .badHeader(let offset): "the header is not a safetensors header at its byte \(offset)"
        case .badEntry(let name): "tensor '\(name)' lacks its kind, shape or offsets"
        case .unknownKind(let name, let kind): "tensor '\(name)' is of kind \(kind)"
        case .badOffsets(let name): "the offsets of tensor '\(name)' do not fit"
        case .trailingBytes(let count): "\(count) bytes belong to no tensor"
        case .layout(let error): error.what
        case .missingTensor(let name): "tensor '\(name)' is missing"
        case .unknownTensor(let name): "tensor '\(name)' is not in the model"
        case .otherShape(let name, let found, let expected):
            "tensor '\(name)' has shape \(found), the model has \(expected)"
        }
    }

    public var hint: String? {
        switch self {
        case .tooShort, .headerLength, .badHeader, .trailingBytes:
            "is the file complete, and is it a .safetensors file?"
        case .unknownKind: "F32, F16 and BF16 are read; convert the tensor"
        case .missingTensor, .unknownTensor, .otherShape:
            "names and shapes must be those of the federation's model"
        case .badEntry, .badOffsets, .layout: nil
        }
    }
}
