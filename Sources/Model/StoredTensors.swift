// Room:  Model (floor 1, pure).
// Task:  a safetensors file as it is: tensors of any kind, found and checked, values untouched.
// May:   nothing but the standard library (bytes come in and go out).
// Proof: Tests/ModelTests/StoredTensorsTests.swift

/// The tensors of a safetensors file, where they lie in its bytes.
public struct StoredTensors: Sendable {
    public struct Stored: Equatable, Sendable {
        public let name: String
        public let kind: ElementKind
        public let shape: [Int]
        /// In the file's bytes.
        public let range: Range<Int>
    }

    /// In the order of their bytes.
    public let tensors: [Stored]
    public let metadata: [String: String]
    public let bytes: [UInt8]

    /// - Throws: `SafetensorsError`: anything but one header and tensors that fill the rest
    ///   exactly, one behind the other.
    public init(_ bytes: [UInt8]) throws(SafetensorsError) {
        guard bytes.count >= 8 else { throw .tooShort(bytes.count) }
        var length: UInt64 = 0
        for i in (0..<8).reversed() { length = length << 8 | UInt64(bytes[i]) }
        guard length <= UInt64(Safetensors.maximumHeader), length <= UInt64(bytes.count - 8) else {
            throw .headerLength(length)
        }
        let start = 8 + Int(length)
        let header = try SafetensorsHeader(bytes[8..<start])
        var end = start
        var tensors: [Stored] = []
        for entry in header.entries {
            let (from, overflow) = entry.from.addingReportingOverflow(start)
            guard !overflow, from == end, entry.to >= entry.from, entry.to <= bytes.count - start
            else { throw .badOffsets(entry.name) }
            end = start + entry.to
            tensors.append(
                Stored(name: entry.name, kind: entry.kind, shape: entry.shape, range: from..<end))
        }
        guard end == bytes.count else { throw .trailingBytes(bytes.count - end) }
        for tensor in tensors {
            var count = 1
            for dimension in tensor.shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
                guard !overflow else { throw .layout(.badShape(tensor.name, tensor.shape)) }
                count = product
            }
            let (size, overflow) = count.multipliedReportingOverflow(by: tensor.kind.bytes)
            guard !overflow, size == tensor.range.count else {
                throw .badOffsets(tensor.name)
            }
        }
        self.tensors = tensors
        metadata = header.metadata
        self.bytes = bytes
    }

    /// The tensors that are chosen by name, widened to single precision, in the order of the file.
    ///
    /// - Throws: `SafetensorsError.layout` where one is of a kind that is not gossiped, is empty, or
    ///   none is chosen.
    /// - Complexity: O(bytes).
    public func gossiped(
        _ isChosen: (String) -> Bool
    ) throws(SafetensorsError) -> (
        layout: ParameterLayout, parameters: [Float], metadata: [String: String]
    ) {
        let chosen = tensors.filter { isChosen($0.name) }
        let layout: ParameterLayout
        do {
            layout = try ParameterLayout(
                chosen.map { (name: $0.name, shape: $0.shape, kind: $0.kind) })
        } catch {
            throw .layout(error)
        }
        let parameters = [Float](unsafeUninitializedCapacity: layout.count) { values, count in
            bytes.withUnsafeBytes { raw in
                for (stored, tensor) in zip(chosen, layout.tensors) {
                    Self.widen(
                        UnsafeRawBufferPointer(rebasing: raw[stored.range]), stored.kind,
                        into: UnsafeMutableBufferPointer(rebasing: values[tensor.range]))
                }
            }
            count = layout.count
        }
        return (layout, parameters, metadata)
    }

    /// Every machine that this runs on is little-endian, as the format is.
    private static func widen(
        _ bytes: UnsafeRawBufferPointer, _ kind: ElementKind,
        into values: UnsafeMutableBufferPointer<Float>
    ) {
        func word(_ at: Int) -> UInt16 {
            bytes.loadUnaligned(fromByteOffset: 2 * at, as: UInt16.self)
        }
        switch kind {
        case .float16:
            for i in values.indices {
                values.initializeElement(at: i, to: ElementKind.widened(half: word(i)))
            }
        case .bfloat16:
            for i in values.indices {
                values.initializeElement(at: i, to: ElementKind.widened(brain: word(i)))
            }
        default:
            UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
        }
    }

    /// One file of all the tensors of several, in their order.
    ///
    /// - Throws: `SafetensorsError.layout` where two have the same name.
    public static func joined(
        _ files: [StoredTensors], metadata: [String: String]
    ) throws(SafetensorsError) -> [UInt8] {
        var names: Set<String> = []
        for tensor in files.flatMap(\.tensors) where !names.insert(tensor.name).inserted {
            throw .layout(.duplicateName(tensor.name))
        }
        var bytes = Safetensors.head(
            files.flatMap { file in
                file.tensors.map {
                    (name: $0.name, kind: $0.kind, shape: $0.shape, bytes: $0.range.count)
                }
            }, metadata: metadata)
        for file in files {
            for tensor in file.tensors { bytes += file.bytes[tensor.range] }
        }
        return bytes
    }
}
