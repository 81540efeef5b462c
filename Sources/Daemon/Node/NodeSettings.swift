// Room:  Daemon (floor 5).
// Task:  what the federation's file and the node's configuration say, in the core's words.
// May:   Codec, EventLoop (the time), Federation, Gossip, Membership, Peer.
// Proof: Tests/DaemonTests/NodeSettingsTests.swift

import Codec
import EventLoop
import Federation
import Gossip
import Membership
import Peer

extension FederationGossip {
    /// The codec's own words; Federation may not import Codec.
    var codecOptions: CodecOptions {
        let kind: ValueKind =
            switch values {
            case .q4: .int4
            case .q8: .int8
            case .bf16: .bfloat16
            case .f32: .float32
            }
        return CodecOptions(fraction: fraction, minimum: minimum, values: kind)
    }
}

extension Preparation {
    /// What the core is told of this node.
    public var peerSettings: PeerSettings {
        var gossip = GossipSettings(
            rounds: UInt64(federation.training.rounds), steps: steps,
            exchanges: federation.gossip.exchanges, rate: rate)
        gossip.correction = federation.gossip.correction
        gossip.agreement = federation.gossip.agreement
        gossip.weight = weight
        gossip.keptReferences = configuration.keptReferences / (4 * layout.count)
        gossip.trainerIsOutside = builtIn == nil
        gossip.isAlone = federation.founders.count == 1
        var membership = MembershipSettings(listening: !configuration.listen.isEmpty)
        membership.view = federation.gossip.view
        membership.heartbeatInterval = configuration.heartbeat
        membership.suspectAfter = configuration.suspectAfter
        membership.downAfter = configuration.downAfter
        membership.backoffCap = configuration.backoffCap
        var settings = PeerSettings(
            own: identity.nodeID, federationID: federation.id.bytes, software: Software.name,
            parameters: layout.count, gossip: gossip, membership: membership)
        settings.clock =
            WallClock.milliseconds - Int64(clamping: MonotonicTime.current.nanoseconds / 1_000_000)
        return settings
    }
}
