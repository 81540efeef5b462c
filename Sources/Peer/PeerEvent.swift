// Room:  Peer (pure core).
// Task:  the words between the core and the shell that drives it: events in, effects out.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests

import Gossip
import Membership
import Wire

public enum PeerEvent: Sendable {
    /// The node begins to dial.
    case start
    /// The time that the last `wake` asked for has come.
    case tick
    /// TLS is up with this peer.
    ///
    /// - attempt: of the `dial` that led here; nil for a connection that the peer opened.
    case connected(ConnectionID, NodeID, attempt: UInt64?)
    case received(ConnectionID, Message)
    /// The connection is gone, whoever closed it.
    case closed(ConnectionID)
    case dialFailed(NodeID, attempt: UInt64)
    case workDone(WorkResult)
    case trained(TrainingOutcome)
    /// Of a node with a trainer outside: it has come, or has been away for long.
    case trainer(isAway: Bool)
    /// The trainer has done its part, whatever rounds are left.
    case stopTraining
    /// The own parameters were tried on the held-out rows; nil: this figure is not known.
    case evaluated(loss: Double?, accuracy: Double?)
    /// Stop in order. For long: say good-bye to everybody, who then close the books with this node;
    /// else they keep its place for a while, as after a crash.
    case leave(forLong: Bool)
}

public enum PeerEffect: Equatable, Sendable {
    case dial(NodeID, addresses: [String], attempt: UInt64)
    case send(ConnectionID, Message)
    /// The peer's Hello was accepted: larger messages may come now.
    case accept(ConnectionID)
    /// Send the farewell, if there is one, and close. The core has forgotten the connection.
    case close(ConnectionID, WireFarewell?)
    /// Have the data half do this, in order, and bring the result by `workDone`.
    case work(WorkItem)
    case train(round: UInt64, steps: Int, parameters: [Float], correction: [Float])
    /// Write these down, before anything that follows is sent: a node that forgot what it endorsed
    /// could endorse what excludes it. Empty where only `holdsOwnWord` has become true.
    case keep([Endorsement])
    /// A round came out as NaN: the trainer's own state should be thrown away.
    case trainingRefused(inARow: Int)
    /// Give `tick` at this time; takes the place of the time asked for before.
    case wake(at: Instant)
    case note(PeerNote)
}

/// What happened, for logs and counters. Nothing in the protocol hangs on these.
public enum PeerNote: Equatable, Sendable {
    case linkUp(NodeID, outgoing: Bool)
    case linkDown(NodeID, LinkDownReason)
    case liveness(NodeID, Liveness)
    /// We refused a peer's Hello, or it refused ours.
    case refused(NodeID, WireFarewell.Code, reason: String, byPeer: Bool)
    /// A peer broke the protocol; its link was closed.
    case fault(NodeID, reason: String)
    /// The two ends of a link could not go on where they stopped.
    case newEpoch(NodeID, UInt64)
    case phase(GossipControl.Phase)
    /// Somebody was admitted or expelled.
    case roster(generation: UInt64, members: Int)
    case directory(DirectoryChange)
    /// This node has fetched its first parameters, the last of them from this peer.
    case joined(NodeID, round: UInt64)
    /// Nobody gave this node parameters in time: it begins at genesis.
    case joinedNobody
}
