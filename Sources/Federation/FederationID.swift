// Room:  Federation (floor 2, pure).
// Task:  the name of a federation: the hash of what its members agreed on.
// May:   Identity.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationIDTests.swift

import Identity

/// SHA-256 of a federation file's canonical content.
///
/// Two files mean the same if and only if their IDs are equal: comments, the order of keys and
/// founders, the spelling of numbers, and defaults written out or left out do not matter.
public struct FederationID: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    init(ofCanonical content: [UInt8]) { bytes = SHA256.hash(content) }

    /// Reads the text form, as a node ID's is read. Nil where a check character does not fit.
    public init?(text: String) {
        guard let bytes = try? CheckedText.decode(text) else { return nil }
        self.bytes = bytes
    }

    /// 8 groups of 7 characters with check characters, as a node ID's.
    public var description: String { CheckedText.encode(bytes) }

    /// The first 8 characters, for people.
    public var short: String { CheckedText.short(bytes) }
}
