// Room:  Membership (floor 3, pure).
// Task:  who may take part: the founders of the federation file, generation 0.
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

/// The members of one generation. Generation 0 are the founders.
public struct Roster: Sendable, Equatable {
    /// Ascending by ID: an order that every node shares.
    public let members: [Member]
    public let generation: UInt64

    private let places: [NodeID: Int]

    /// - Throws: `RosterError` where there is no founder, or one ID stands there twice.
    public init(founders: [Member]) throws(RosterError) {
        let sorted = founders.sorted { $0.id < $1.id }
        guard !sorted.isEmpty else { throw .empty }
        var places: [NodeID: Int] = [:]
        for (place, member) in sorted.enumerated() {
            guard places.updateValue(place, forKey: member.id) == nil else {
                throw .repeated(member.id)
            }
        }
        members = sorted
        generation = 0
        self.places = places
    }

    public var count: Int { members.count }

    public func contains(_ id: NodeID) -> Bool { places[id] != nil }

    /// O(1).
    public subscript(id: NodeID) -> Member? { place(of: id).map { members[$0] } }

    /// Where the member stands in `members`.
    public func place(of id: NodeID) -> Int? { places[id] }
}

/// Why a list of founders is no roster. Has the four properties of `Fault`, which lives in a room
/// that this one may not import.
public enum RosterError: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case repeated(NodeID)

    public var code: String {
        switch self {
        case .empty: "membership.no-founders"
        case .repeated: "membership.founder-repeated"
        }
    }
    public var what: String {
        switch self {
        case .empty: "the federation has no founders"
        case .repeated(let id): "founder \(id) stands there twice"
        }
    }
    public var hint: String? { "mend the founders of the federation file" }
    public var exitStatus: Int32 { 78 }
    public var description: String { "\(what) (\(code))" }
}
