// Room:  Membership (floor 3, pure).
// Task:  the words between this machine and the one that drives it: effects, causes, states.
// May:   nothing but the standard library (and NodeID).
// Proof: Tests/MembershipTests

/// The shell's name for one connection; it never gives the same twice.
public struct ConnectionID: Hashable, Comparable, Sendable {
    public let raw: UInt64

    public init(raw: UInt64) { self.raw = raw }

    public static func < (a: ConnectionID, b: ConnectionID) -> Bool { a.raw < b.raw }
}

/// What is known of a member.
public enum Liveness: String, Sendable, CaseIterable {
    /// There is a link, and no question on it is long unanswered.
    case alive
    /// Silent for `suspectAfter`, on a link or since it was lost.
    case suspect
    /// Silent for `downAfter`, or not to be reached for so long. Dialled for ever, seldom.
    case down
    /// Said good-bye. Welcome back; dialled more seldom still.
    case left
    /// No link, and nothing bad known.
    case unknown
}

/// Why a connection is closed from here; becomes the code of a Farewell.
public enum CloseCause: Sendable, Equatable {
    /// Another connection of the same two nodes is kept.
    case duplicate
    /// This node has as many links as it takes.
    case viewFull
    /// This node stops.
    case leaving
    /// A question was not answered.
    case silent
    case notAMember(NodeID)
    /// The peer is no longer in the roster.
    case expelled
}

/// Why there is no link any more.
///
/// `lost` may be followed by one of the others without a `linkUp` between: the place that was kept
/// for the peer has then been given up.
public enum LinkDownReason: Sendable, Equatable {
    /// Its place is kept and it is dialled again: gossip keeps reference and ledger.
    case lost
    /// The peer, or this node, stops in order.
    case left
    /// Declared down: gossip closes the ledger.
    case down
    /// The place goes to another: gossip closes the ledger.
    case redrawn
    /// The peer, or this node, is no longer in the roster: gossip closes the ledger and forgets.
    case expelled
}

/// Why the other end did not want a connection: the code of its Farewell.
public enum Refusal: Sendable, Equatable {
    case viewFull, duplicate, leaving
    case protocolError, overloaded
    case otherFederation, version, notAMember, expelled
}

/// What the driver is to do, in this order.
public enum MembershipEffect: Equatable, Sendable {
    /// Connect, and then call `connected` or `dialFailed` with this attempt.
    case dial(NodeID, addresses: [String], attempt: UInt64)
    /// The machine has forgotten this connection already: `disconnected` for it changes nothing.
    case close(ConnectionID, CloseCause)
    /// This connection is now the one link to that peer: gossip may use it.
    ///
    /// Where it takes the place of another, `close` and `linkDown(.lost)` of that one come first.
    case linkUp(NodeID, ConnectionID)
    case linkDown(NodeID, reason: LinkDownReason)
    /// Send a heartbeat that asks for an answer with the same token.
    case probe(NodeID, ConnectionID, token: UInt64)
    /// Call `tick` at this time; takes the place of the time asked for before.
    case wake(at: Instant)
    /// For logs and status.
    case changed(NodeID, Liveness)
    /// Ask this peer whether it has a link with the subject; its answer comes to `answeredAbout`.
    case askAbout(via: ConnectionID, subject: NodeID, token: UInt64)
    /// The answer to such a question.
    case tellAbout(ConnectionID, token: UInt64, alive: Bool)
    /// Tell the federation, by the directory, that this member cannot be reached.
    case claimDown(NodeID)
}
