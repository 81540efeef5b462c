// Room:  Model (floor 1, pure).
// Task:  where each named tensor lies in the flat parameter vector.
// May:   nothing but the standard library.
// Proof: Tests/ModelTests/ParameterLayoutTests.swift

/// One named tensor and its place in the flat vector.
public struct Tensor: Hashable, Sendable {
    public let name: String
    /// Row-major; an empty shape is a scalar.
    public let shape: [Int]
    /// First entry in the flat vector.
    public let offset: Int
    /// Number of entries, the product of `shape`.
    public let count: Int
    /// How the model keeps it; the flat vector is Float32 whatever this says.
    public let kind: ElementKind

    public var range: Range<Int> { offset..<(offset + count) }
}

/// Names, shapes and offsets of the tensors that make up the flat vector `x` of `d` entries.
///
/// Tensors lie one behind the other in the order given, without gaps.
public struct ParameterLayout: Hashable, Sendable {
    public let tensors: [Tensor]
    /// `d`: the number of entries of the flat vector.
    public let count: Int

    /// The most entries that a layout may have: coordinates are 32 bits wide.
    public static let maximumCount = Int(UInt32.max)

    /// Not a tensor's name in a safetensors file, in which every model must be expressible.
    public static let reservedName = "__metadata__"

    /// - tensors: name and shape of each; names not empty, distinct and not `reservedName`,
    ///   dimensions at least 1.
    /// - Throws: `LayoutError`, naming the tensor at fault.
    public init(_ tensors: [(name: String, shape: [Int])]) throws(LayoutError) {
        try self.init(tensors.map { (name: $0.name, shape: $0.shape, kind: ElementKind.float32) })
    }

    /// - tensors: as above, each with the kind of its values, which must fit Float32.
    public init(
        _ tensors: [(name: String, shape: [Int], kind: ElementKind)]
    ) throws(LayoutError) {
        var placed: [Tensor] = []
        var names: Set<String> = []
        var offset = 0
        for (name, shape, kind) in tensors {
            guard kind.fitsFloat32 else { throw .notGossiped(name, kind) }
            guard !name.isEmpty else { throw .emptyName(position: placed.count) }
            guard name != Self.reservedName else { throw .reservedName(name) }
            guard names.insert(name).inserted else { throw .duplicateName(name) }
            var count = 1
            for dimension in shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
                guard dimension > 0, !overflow else { throw .badShape(name, shape) }
                count = product
            }
            guard count <= Self.maximumCount - offset else { throw .tooLarge(name) }
            placed.append(
                Tensor(name: name, shape: shape, offset: offset, count: count, kind: kind))
            offset += count
        }
        guard offset > 0 else { throw .empty }
        self.tensors = placed
        self.count = offset
    }

    /// The same tensors in the same order, whatever their kinds.
    func hasSameShapes(as other: ParameterLayout) -> Bool {
        tensors.count == other.tensors.count
            && zip(tensors, other.tensors).allSatisfy { $0.name == $1.name && $0.shape == $1.shape }
    }

    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }
}

public enum LayoutError: Error, Equatable {
    case empty
    case emptyName(position: Int)
    case reservedName(String)
    case duplicateName(String)
    case badShape(String, [Int])
    case tooLarge(String)
    /// Of a kind that single precision does not hold.
    case notGossiped(String, ElementKind)
}

extension LayoutError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "a model needs at least one tensor"
        case .emptyName(let position): "tensor \(position) has no name"
        case .reservedName(let name): "no tensor may be called '\(name)'"
        case .duplicateName(let name): "two tensors are called '\(name)'"
        case .badShape(let name, let shape):
            "tensor '\(name)' has shape \(shape); every dimension must be at least 1"
        case .tooLarge(let name):
            "with tensor '\(name)' the model passes \(ParameterLayout.maximumCount) parameters"
        case .notGossiped(let name, let kind):
            "tensor '\(name)' is of kind \(kind.rawValue); only F32, F16 and BF16 are gossiped"
        }
    }
}
