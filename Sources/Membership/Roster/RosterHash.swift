// Room:  Membership (floor 3, pure).
// Task:  the hash that names a generation, and with it the whole history that led there.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterActionTests.swift

import Identity

/// Names one generation and all that came before it.
///
/// `hash(0) = SHA-256("starling roster 0" | federation ID | IDs of the founders, ascending)` and
/// `hash(g) = SHA-256("starling roster" | hash(g-1) | canonical bytes of the action of g)`.
public struct RosterHash: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Of generation 0.
    init(founders: Roster, federation: [UInt8]) {
        var hash = SHA256()
        hash.update(Array("starling roster 0".utf8))
        hash.update(federation)
        for id in founders.members.map(\.id).sorted() { hash.update(id.bytes) }
        bytes = hash.finish()
    }

    /// Of the generation that an action makes.
    init(parent: RosterHash, action canonical: [UInt8]) {
        var hash = SHA256()
        hash.update(Array("starling roster".utf8))
        hash.update(parent.bytes)
        hash.update(canonical)
        bytes = hash.finish()
    }

    public static func < (left: RosterHash, right: RosterHash) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String { Hexadecimal.text(bytes) }

    /// The first 12 digits: what people type.
    public var short: String { Hexadecimal.text(bytes.prefix(6)) }
}

/// A generation that never changes again, by number and hash: what an invitation carries.
public struct RosterPin: Hashable, Sendable, CustomStringConvertible {
    public let generation: UInt64
    public let hash: RosterHash

    public init(generation: UInt64, hash: RosterHash) {
        self.generation = generation
        self.hash = hash
    }

    /// In one word, for people to copy: `GENERATION-HASH`, the hash in 64 hexadecimal digits.
    public var description: String { "\(generation)-\(hash)" }

    /// - Returns: nil for anything else.
    public init?(text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let generation = UInt64(parts[0]),
            let hash = Hexadecimal.bytes(parts[1].utf8).flatMap(RosterHash.init(bytes:))
        else { return nil }
        self.init(generation: generation, hash: hash)
    }
}
