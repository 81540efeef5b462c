// Room:  Peer (pure core).
// Task:  single facts of the gossip's half, without a copy of it: for whoever asks often.
// May:   Gossip, Membership.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/ResumeTests.swift

import Gossip
import Membership

extension Peer {
    public var phase: GossipControl.Phase { gossip.phase }
    public var round: UInt64 { gossip.round }

    /// Where this end of a link stands; nil where there never was a connection.
    public func standing(of link: LinkID) -> LinkStanding? { gossip.standing(of: link) }

    /// Whether no work on the link is under way.
    public func isSteady(_ link: LinkID) -> Bool { gossip.isSteady(link) }

    /// Whether exchanges can go over the link now.
    public func isOpen(_ link: LinkID) -> Bool { gossip.isOpen(link) }
}
