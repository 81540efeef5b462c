// Room:  Membership (floor 3, pure).
// Task:  what others may know of the state, and the laws that it keeps.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests

/// Which end opened a connection.
public enum Direction: String, Sendable { case dialled, accepted }

/// One member as `starling peers` shows it.
public struct MemberStatus: Sendable, Equatable {
    public let member: Member
    public let liveness: Liveness
    /// When `liveness` last changed.
    public let since: Instant
    public let connection: ConnectionID?
    public let direction: Direction?
    /// Of the last answered question on this link.
    public let roundTrip: Duration?
    public let listens: Bool
    /// Dials so far.
    public let attempts: UInt64
    /// Failures in a row.
    public let failures: Int
    /// The earliest time of the next dial; nil where none is wanted or one is under way.
    public let nextDial: Instant?
}

extension Membership {
    /// Peers with a link, ascending.
    public var links: [NodeID] {
        zip(members.met, members.states).filter { $1.link != nil }.map { id($0.0) }
    }

    /// The connection that is the link to this peer.
    public func connection(to peer: NodeID) -> ConnectionID? {
        place(of: peer).flatMap { members[$0].link?.connection }
    }

    /// The peer whose link this connection is.
    public func peer(of connection: ConnectionID) -> NodeID? {
        connections[connection].map(id)
    }

    /// `unknown` for this node itself and for strangers.
    public func liveness(of peer: NodeID) -> Liveness {
        place(of: peer).map { members[$0].liveness } ?? .unknown
    }

    /// All other members, ascending by ID.
    public var status: [MemberStatus] {
        let census = census
        let fill = wantsMore(census)
        let heal = mayHeal(census)
        return roster.members.indices.filter { $0 != ownPlace }.map { place in
            let state = members[place]
            let isWanted = phase == .running && isWanted(state, fill: fill, heal: heal)
            return MemberStatus(
                member: roster.members[place], liveness: state.liveness, since: state.since,
                connection: state.link?.connection,
                direction: state.link.map { $0.outgoing ? .dialled : .accepted },
                roundTrip: state.link?.roundTrip, listens: state.listens,
                attempts: state.attempts, failures: state.failures,
                nextDial: isWanted ? state.notBefore : nil)
        }
    }

    /// Stops the process where the state contradicts itself. O(members).
    public func checkInvariants() {
        let census = census
        precondition(census.placed <= max(settings.limit, isFullMesh ? roster.count - 1 : 0))
        precondition(census.dials <= settings.dialsInFlight)
        members.checkInvariants()
        var linked = 0
        for (place, state) in zip(members.met, members.states) {
            precondition(place != ownPlace, "this node has met itself")
            precondition(state.link == nil || state.heldSince == nil, "a link and a kept place")
            if let link = state.link {
                linked += 1
                precondition(connections[link.connection] == place, "a link that is not found")
                precondition(state.liveness == .alive || state.liveness == .suspect)
            } else {
                precondition(state.liveness != .alive || state.heldSince != nil)
            }
        }
        precondition(connections.count == linked, "connections that are no links")
        precondition(phase != .left || (linked == 0 && census.dials == 0), "left, but busy")
    }

    /// In debug builds, after every event.
    func assertInvariants() {
        assert({ checkInvariants() }() == ())
    }
}
