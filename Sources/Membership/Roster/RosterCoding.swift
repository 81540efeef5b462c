// Room:  Membership (floor 3, pure).
// Task:  actions and endorsements as bytes and back; decoding trusts nothing.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterActionTests.swift

import Identity

/// The one encoding of actions and endorsements. Integers are big-endian, texts and lists are
/// prefixed by their length in one byte, an action by two.
///
/// ```
/// action       1 (version) | generation, 8 | parent, 32 | kind, 1 | ID, 32 | admit only:
///              name | number of addresses, 1 | addresses
/// endorsement  1 (version) | action, length 2 | ballot, 1 | public key, 32 | signature, 64
/// ```
///
/// Kind 1 admits, 2 expels. Each value has exactly one encoding, so its hash is its name.
enum RosterCoding {
    static let version: UInt8 = 1
    private static let admit: UInt8 = 1
    private static let expel: UInt8 = 2

    /// Lengths were checked by `RosterAction`; one that does not fit would be cut, and is then
    /// too long altogether.
    static func canonical(
        generation: UInt64, parent: RosterHash, change: RosterChange
    ) -> [UInt8] {
        var bytes = [version]
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: generation >> UInt64(shift)))
        }
        bytes += parent.bytes
        switch change {
        case .admit(let member):
            bytes.append(admit)
            bytes += member.id.bytes
            append(member.name, to: &bytes)
            bytes.append(UInt8(truncatingIfNeeded: member.addresses.count))
            for address in member.addresses { append(address, to: &bytes) }
        case .expel(let id):
            bytes.append(expel)
            bytes += id.bytes
        }
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
        bytes += text.utf8
    }

    /// - Returns: nil unless the bytes are exactly what `canonical` makes of a valid action.
    static func action(_ bytes: [UInt8]) -> RosterAction? {
        guard bytes.count <= RosterAction.mostBytes else { return nil }
        var reader = RosterReader(bytes)
        guard reader.byte() == version, let generation = reader.word(), generation >= 1,
            let parent = reader.take(32).flatMap(RosterHash.init(bytes:)),
            let change = change(from: &reader), reader.isAtEnd,
            let action = try? RosterAction(
                generation: generation, parent: parent, change: change)
        else { return nil }
        return action
    }

    private static func change(from reader: inout RosterReader) -> RosterChange? {
        let kind = reader.byte()
        guard let id = reader.take(NodeID.byteCount).flatMap(NodeID.init(bytes:)) else {
            return nil
        }
        switch kind {
        case expel: return .expel(id)
        case admit:
            guard let name = reader.text(), let count = reader.byte(),
                count <= Member.mostAddresses
            else { return nil }
            var addresses: [String] = []
            for _ in 0..<count {
                guard let address = reader.text() else { return nil }
                addresses.append(address)
            }
            return .admit(Member(id: id, name: name, addresses: addresses))
        default: return nil
        }
    }
}

/// Reads a bounded array from its beginning; nil where it is too short.
struct RosterReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    mutating func byte() -> UInt8? { take(1)?.first }

    mutating func word() -> UInt64? { take(8)?.reduce(0) { $0 << 8 | UInt64($1) } }

    /// Valid UTF-8 only: repaired text would have two encodings.
    mutating func text() -> String? {
        byte().flatMap { take(Int($0)) }.flatMap { String(validating: $0, as: UTF8.self) }
    }
}
