// Room:  Membership (floor 3, pure).
// Task:  one that may take part: who, called what, to be found where.
// May:   Federation, Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterTests.swift

import Federation
import Identity

/// So that Peer, which may import Membership but not Identity, can name it.
public typealias NodeID = Identity.NodeID

/// One that may take part.
public struct Member: Sendable, Hashable {
    public let id: NodeID
    /// For people.
    public let name: String
    /// `host:port`, tried in turn; none: this member cannot be dialled.
    public let addresses: [String]

    public init(id: NodeID, name: String, addresses: [String]) {
        self.id = id
        self.name = name
        self.addresses = addresses
    }
}

extension Member {
    /// Addresses of one member, and bytes of each, in actions, records and the machine (our guess).
    public static let mostAddresses = 8
    public static let longestAddress = 255

    /// Whether a text has the form that the federation file demands, within these bounds.
    static func isAddress(_ text: String) -> Bool {
        text.utf8.count <= longestAddress && Founder.isAddress(text)
    }
}
