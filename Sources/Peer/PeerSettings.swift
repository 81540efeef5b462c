// Room:  Peer (pure core).
// Task:  what one node's protocol core must be told before it starts.
// May:   Gossip, Membership.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests

import Gossip
import Membership

public struct PeerSettings: Sendable {
    public var own: NodeID
    /// 32 bytes; nodes with different ones refuse each other.
    public var federationID: [UInt8]
    /// For people, at most 128 bytes.
    public var software: String
    /// `d`.
    public var parameters: Int
    public var gossip: GossipSettings
    public var membership: MembershipSettings
    /// A connection whose Hello does not come within this time is closed (our guess).
    public var helloTimeout = Duration.seconds(10)
    /// Connections of one peer that may be without a Hello at once (our guess).
    public var greetingsPerPeer = 4

    /// This node's wall clock at instant 0, in Unix milliseconds, to be compared with the peers' for
    /// people: nothing depends on clocks. nil: it is not said.
    public var clock: Int64?

    public init(
        own: NodeID, federationID: [UInt8], software: String, parameters: Int,
        gossip: GossipSettings, membership: MembershipSettings
    ) {
        self.own = own
        self.federationID = federationID
        self.software = software
        self.parameters = parameters
        self.gossip = gossip
        self.membership = membership
    }

    /// The protocol versions that this software speaks.
    public static let versions: ClosedRange<UInt32> = 1...1
}
