// Room:  Membership (floor 3, pure).
// Task:  one that may take part: who, called what, to be found where.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterTests.swift

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
