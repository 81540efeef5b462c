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

    /// Writes a file in the layout's order, each tensor in its kind. The same input gives the same
    /// bytes.
    ///
    /// - parameters: `[layout.count]`; rounded to the nearest, ties to even, where a tensor is of a
    ///   smaller kind.
    /// - inFloat32: all tensors as F32, whatever their kinds.
    /// - metadata: written sorted by key.
    public static func encode(
        layout: ParameterLayout, parameters: [Float], inFloat32: Bool = false,
        metadata: [String: String] = [:]
    ) -> [UInt8] {
        precondition(parameters.count == layout.count, "one value for each entry of the layout")
        func kind(_ tensor: Tensor) -> ElementKind { inFloat32 ? .float32 : tensor.kind }
        var bytes = head(
            layout.tensors.map {
                (name: $0.name, kind: kind($0), shape: $0.shape, bytes: $0.count * kind($0).bytes)
            }, metadata: metadata)
        bytes.reserveCapacity(
            bytes.count + layout.tensors.reduce(0) { $0 + $1.count * kind($1).bytes })
        for tensor in layout.tensors {
            parameters.withUnsafeBufferPointer {
                append($0[tensor.range], kind(tensor), to: &bytes)
            }
        }
        return bytes
    }

    /// What stands before the values of a file of Float32 tensors in the layout's order.
    public static func float32Head(_ layout: ParameterLayout) -> [UInt8] {
        head(
            layout.tensors.map {
                (name: $0.name, kind: .float32, shape: $0.shape, bytes: 4 * $0.count)
            }, metadata: [:])
    }

    /// Length and header of a file, padded with blanks so that the tensors begin at a multiple of
    /// eight bytes.
    static func head(
        _ tensors: [(name: String, kind: ElementKind, shape: [Int], bytes: Int)],
        metadata: [String: String]
    ) -> [UInt8] {
        var header: [UInt8] = [UInt8(ascii: "{")]
        if !metadata.isEmpty {
            header += "\"__metadata__\":{".utf8
            for (place, key) in metadata.keys.sorted().enumerated() {
                if place > 0 { header.append(UInt8(ascii: ",")) }
                JSONText.append(key, to: &header)
                header.append(UInt8(ascii: ":"))
                JSONText.append(metadata[key] ?? "", to: &header)
            }
            header += (tensors.isEmpty ? "}" : "},").utf8
        }
        var from = 0
        for (place, tensor) in tensors.enumerated() {
            if place > 0 { header.append(UInt8(ascii: ",")) }
            JSONText.append(tensor.name, to: &header)
            let shape = tensor.shape.map { "\($0)" }.joined(separator: ",")
            header += ":{\"dtype\":\"\(tensor.kind.rawValue)\",\"shape\":[\(shape)],".utf8
            header += "\"data_offsets\":[\(from),\(from + tensor.bytes)]}".utf8
            from += tensor.bytes
        }
        header.append(UInt8(ascii: "}"))
        while header.count % 8 != 0 { header.append(0x20) }
        var bytes: [UInt8] = []
        let length = UInt64(header.count)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(shift)))
        }
        return bytes + header
    }

    private static func append(
        _ values: Slice<UnsafeBufferPointer<Float>>, _ kind: ElementKind, to bytes: inout [UInt8]
    ) {
        switch kind {
        case .float16:
            for value in values { append(ElementKind.half(value), to: &bytes) }
        case .bfloat16:
            for value in values { append(ElementKind.brain(value), to: &bytes) }
        default:
            // Every machine that this runs on is little-endian, as the format is.
            bytes.append(contentsOf: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: values)))
        }
    }

    private static func append(_ word: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: word))
        bytes.append(UInt8(truncatingIfNeeded: word >> 8))
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
        let file = try StoredTensors(bytes)
        for tensor in file.tensors where !tensor.kind.fitsFloat32 {
            throw .unknownKind(tensor.name, tensor.kind.rawValue)
        }
        return try file.gossiped { _ in true }
    }

    /// Brings values from one layout's order into another's, tensor by tensor by name.
    ///
    /// - Throws: `SafetensorsError` where a tensor is missing, too much, or has another shape.
    public static func arranged(
        _ parameters: [Float], from source: ParameterLayout, to target: ParameterLayout
    ) throws(SafetensorsError) -> [Float] {
        precondition(parameters.count == source.count, "one value for each entry of the layout")
        // Most files are in the order already: no copy then.
        if source.hasSameShapes(as: target) { return parameters }
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
