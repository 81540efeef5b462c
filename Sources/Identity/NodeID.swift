// Room:  Identity (floor 1).
// Task:  the name that cannot be forged: the hash of a node's public key.
// May:   nothing but the standard library.   May not: clock, sockets, files, randomness.
// Proof: Tests/IdentityTests/NodeIDTests.swift

/// Who a node is: SHA-256 of its raw 32-byte Ed25519 public key.
///
/// Ordered as its bytes are. Four machine words, so that comparing and hashing cost next to nothing.
public struct NodeID: Hashable, Comparable, Sendable {
    // Big-endian words: comparing them in order is comparing the bytes.
    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// Bytes of a node ID.
    public static let byteCount = 32

    /// - publicKey: raw, 32 bytes.
    public init(publicKey: [UInt8]) {
        precondition(publicKey.count == 32, "an Ed25519 public key has 32 bytes")
        self.init(trusted: SHA256.hash(publicKey))
    }

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(trusted: bytes)
    }

    init(trusted bytes: [UInt8]) {
        func word(_ index: Int) -> UInt64 {
            bytes[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        word0 = word(0)
        word1 = word(1)
        word2 = word(2)
        word3 = word(3)
    }

    /// The 32 bytes of the hash.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for word in [word0, word1, word2, word3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    public static func < (left: NodeID, right: NodeID) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }
}

extension NodeID: CustomStringConvertible {
    /// 64 characters: 8 groups of 7 joined by dashes, check characters included.
    public var description: String { CheckedText.encode(bytes) }

    /// The first 8 characters of the base32 form, for tables and log lines. Not a proof of anything.
    public var short: String { CheckedText.short(bytes) }

    /// Reads a node ID as people write it: upper or lower case, with dashes, spaces or neither.
    ///
    /// - Throws: `NodeIDError`, naming the group where the mistake sits. Nothing is guessed.
    public init(text: String) throws(NodeIDError) {
        self.init(trusted: try CheckedText.decode(text))
    }
}

/// Why a text is no node ID. Groups count from 1.
public enum NodeIDError: Error, Equatable, Sendable {
    /// Letters and digits found; 56 are needed.
    case length(Int)
    /// A character that base32 does not use.
    case character(Character, group: Int)
    /// The check character at the end of `groups` does not fit what stands before it.
    case mistyped(groups: ClosedRange<Int>, text: String)
}

extension NodeIDError: CustomStringConvertible {
    /// Stable, for scripts.
    public var code: String { "identity.node-id" }

    public var what: String {
        switch self {
        case .length(let count):
            "a node ID has 56 letters and digits, this has \(count)"
        case .character(let character, let group):
            "'\(character)' in group \(group) cannot stand in a node ID"
        case .mistyped(let groups, let text):
            "groups \(groups.lowerBound) and \(groups.upperBound) of the node ID, '\(text)', "
                + "are mistyped: their check character does not fit"
        }
    }

    public var hint: String? {
        switch self {
        case .length: "copy all 8 groups of 7 as `starling id` prints them"
        case .character: "IDs use a-z and 2-7: for 0 write o, for 1 write l or i, for 8 write b"
        case .mistyped: "compare these groups with what `starling id` prints on that node"
        }
    }

    public var exitStatus: Int32 { 64 }
    public var description: String { "\(what) (\(code))" }
}
