// Room:  Model (floor 1, pure).
// Task:  patterns of tensor names: which tensors never leave a node.
// May:   nothing but the standard library.
// Proof: Tests/ModelTests/TensorSplitTests.swift

/// `*` stands for any run of characters, `?` for one; everything else for itself.
public struct TensorPattern: Hashable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// - Complexity: O(name · pattern) at worst.
    public func matches(_ name: String) -> Bool {
        let pattern = Array(text.unicodeScalars)
        let name = Array(name.unicodeScalars)
        var (at, place) = (0, 0)
        // Where the last star stands, and how much of the name it has taken so far.
        var star: (at: Int, place: Int)?
        while place < name.count {
            if at < pattern.count, pattern[at] == "*" {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == "?" || pattern[at] == name[place] {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.at, last.place + 1)
                (at, place) = (last.at + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "*" }
    }
}

extension [TensorPattern] {
    public func match(_ name: String) -> Bool { contains { $0.matches(name) } }
}
