// Room:  Model (floor 1, pure).
// Task:  a model's tensors as those that are gossiped and those that are a node's own.
// May:   nothing but the standard library.
// Proof: Tests/ModelTests/TensorSplitTests.swift

/// Which entries of a model's flat vector are shared, and which never leave the node.
public struct TensorSplit: Hashable, Sendable {
    public let full: ParameterLayout
    /// What is gossiped: `d` entries.
    public let shared: ParameterLayout
    /// Tensors of the full layout that are the node's own; empty where all is shared.
    public let own: [Tensor]
    /// In the full vector, in order, none touching the next.
    public let sharedRanges: [Range<Int>]

    /// - Throws: `LayoutError.empty` where nothing is left to share.
    public init(_ full: ParameterLayout, private patterns: [TensorPattern]) throws(LayoutError) {
        self.full = full
        let kept = full.tensors.filter { !patterns.match($0.name) }
        own = full.tensors.filter { patterns.match($0.name) }
        shared = try ParameterLayout(
            kept.map { (name: $0.name, shape: $0.shape, kind: $0.kind) })
        var ranges: [Range<Int>] = []
        for tensor in kept {
            if let last = ranges.last, last.upperBound == tensor.offset {
                ranges[ranges.count - 1] = last.lowerBound..<tensor.range.upperBound
            } else {
                ranges.append(tensor.range)
            }
        }
        sharedRanges = ranges
    }

    public var sharesAll: Bool { own.isEmpty }
    public var ownCount: Int { full.count - shared.count }

    /// The shared entries of a full vector.
    public func shared(of whole: [Float]) -> [Float] {
        precondition(whole.count == full.count, "one value for each entry of the model")
        guard !sharesAll else { return whole }
        var part: [Float] = []
        part.reserveCapacity(shared.count)
        for range in sharedRanges { part += whole[range] }
        return part
    }

    /// The node's own entries of a full vector.
    public func own(of whole: [Float]) -> [Float] {
        precondition(whole.count == full.count, "one value for each entry of the model")
        var part: [Float] = []
        part.reserveCapacity(ownCount)
        for tensor in own { part += whole[tensor.range] }
        return part
    }

    /// A full vector of both parts.
    public func joined(shared part: [Float], own rest: [Float]) -> [Float] {
        precondition(part.count == shared.count && rest.count == ownCount, "both parts, whole")
        guard !sharesAll else { return part }
        var whole = [Float](repeating: 0, count: full.count)
        var from = 0
        for range in sharedRanges {
            whole.replaceSubrange(range, with: part[from..<from + range.count])
            from += range.count
        }
        from = 0
        for tensor in own {
            whole.replaceSubrange(tensor.range, with: rest[from..<from + tensor.count])
            from += tensor.count
        }
        return whole
    }
}
