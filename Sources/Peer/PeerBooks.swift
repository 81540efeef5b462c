// Room:  Peer (pure core).
// Task:  what a node knows of the whole federation: roster and directory.
// May:   Membership.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/RosterNewsTests.swift, Tests/PeerTests/DirectoryNewsTests.swift

import Membership

/// The books that a node keeps in step with everybody's.
///
/// A node without books has the roster that it was given, for good: simulations of learning, where
/// nobody joins or moves.
public struct PeerBooks: Sendable {
    public var roster: RosterBook
    public var directory: Directory
    /// Where this node can be dialled, as its record says.
    public var addresses: [String]
    /// Whether loss and accuracy may stand in the record.
    public var sharesMetrics: Bool
    /// The book holds all that this node has ever endorsed. Else it signs nothing before its book
    /// has been found equal to a linked peer's: it could break its own word.
    public var holdsOwnWord: Bool

    /// - addresses: `host:port`, at most 8, as a record can say them; empty: it only dials out.
    public init(
        roster: RosterBook, directory: Directory, addresses: [String], sharesMetrics: Bool = true,
        holdsOwnWord: Bool = true
    ) {
        self.holdsOwnWord = holdsOwnWord
        self.roster = roster
        self.directory = directory
        self.addresses = addresses
        self.sharesMetrics = sharesMetrics
    }
}

/// What keeps the books of one node in step with its peers'.
struct BookKeeping: Sendable {
    /// Of the roster's endorsements; kept, since it costs a pass over them.
    var rosterDigest: UInt64 = 0
    /// This node was a member once: to be out of the roster means to be expelled.
    var hasBeenMember = false
    /// No summary of the roster to the same peer before this; only looked up in.
    var askedAt: [NodeID: Instant] = [:]
    /// Where the next summary to that peer begins; only looked up in.
    var summaryAfter: [NodeID: UInt64] = [:]
    /// When the directory is next looked after.
    var directoryWake: Instant?
    /// When the peers are told that the books have changed, where nothing is said before.
    var beatAt: Instant?
}

/// What one end of a connection has said of its books, or heard of the other's. 0: nothing yet.
struct BookDigests: Equatable, Sendable {
    var directory: UInt64 = 0
    var roster: UInt64 = 0
}
