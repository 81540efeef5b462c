// Room:  Membership (floor 3, pure).
// Task:  one change of the roster, and the generation that it makes.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterActionTests.swift

import Identity

/// What an action does. One member an action: then majorities before and after it intersect.
///
/// - Source: Ongaro 2014, "Consensus: Bridging Theory and Practice", section 4.1.
public enum RosterChange: Sendable, Hashable {
    case admit(Member)
    case expel(NodeID)

    /// Whom it is about.
    public var subject: NodeID {
        switch self {
        case .admit(let member): member.id
        case .expel(let id): id
        }
    }
}

/// One change, made on top of one history. Two actions are the same if their hashes are.
public struct RosterAction: Sendable {
    /// At least 1.
    public let generation: UInt64
    /// Of the generation before.
    public let parent: RosterHash
    public let change: RosterChange
    /// The only encoding; see `RosterCoding`.
    public let canonical: [UInt8]
    /// Of the generation that this action makes.
    public let hash: RosterHash

    /// Bounds: our guess, but for the name's, which is the federation file's in bytes.
    public static let longestName = 64
    /// Of the canonical bytes, so that an endorsement stays within 2 KiB.
    public static let mostBytes = 1900

    /// - Throws: `RosterRefusal.name`, `.address` or `.tooManyAddresses`.
    public init(
        generation: UInt64, parent: RosterHash, change: RosterChange
    ) throws(RosterRefusal) {
        if case .admit(let member) = change { try Self.check(member) }
        let canonical = RosterCoding.canonical(
            generation: generation, parent: parent, change: change)
        guard canonical.count <= Self.mostBytes else { throw .tooManyAddresses }
        self.generation = generation
        self.parent = parent
        self.change = change
        self.canonical = canonical
        hash = RosterHash(parent: parent, action: canonical)
    }

    private static func check(_ member: Member) throws(RosterRefusal) {
        guard isName(member.name) else { throw .name }
        guard member.addresses.count <= Member.mostAddresses else { throw .tooManyAddresses }
        for address in member.addresses {
            guard Member.isAddress(address) else {
                throw .address(String(address.prefix(80)))
            }
        }
    }

    /// 1 to 64 bytes of UTF-8, no blank at either end, nothing that controls a terminal or cannot
    /// be seen. By fixed ranges and not by Unicode's tables, which differ between versions: all
    /// nodes must take the same actions.
    static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        let blank = UInt8(ascii: " ")
        guard (1...longestName).contains(bytes.count), bytes.first != blank, bytes.last != blank
        else { return false }
        return name.unicodeScalars.allSatisfy { scalar in
            !unseen.contains { $0.contains(scalar.value) }
        }
    }

    /// Control characters, marks of direction, joiners and separators, tags.
    private static let unseen: [ClosedRange<UInt32>] = [
        0x00...0x1F, 0x7F...0xA0, 0xAD...0xAD, 0x061C...0x061C, 0x200B...0x200F, 0x2028...0x202E,
        0x2060...0x206F, 0xFEFF...0xFEFF, 0xFFF0...0xFFFF, 0xE0000...0xE0FFF,
    ]
}

extension Roster {
    /// Why a change does not fit this roster; nil where it does. Decided by the roster's content
    /// alone, and so everywhere alike.
    func objection(to change: RosterChange) -> RosterRefusal? {
        switch change {
        case .admit(let member):
            if contains(member.id) { return .alreadyMember(member.id) }
            // By bytes: Swift compares texts by Unicode's tables.
            let name = Array(member.name.utf8)
            let taken = current.contains { $0.name.utf8.elementsEqual(name) }
            return taken ? .nameTaken(member.name) : nil
        case .expel(let id):
            if !contains(id) { return .noMember(id) }
            return count == 1 ? .lastMember : nil
        }
    }
}
