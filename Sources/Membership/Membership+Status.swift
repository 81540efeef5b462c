// Room:  Membership (floor 3, pure).
// Task:  what others may know of the state, and the laws that it keeps.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests

/// Which end opened a connection.
public enum Direction: String, Sendable { case dialled, accepted }

/// One other member as `starling peers` shows it.
public struct MemberStatus: Sendable, Equatable {
    public let member: Member
    public let liveness: Liveness
    /// When `liveness` last changed.
    public let since: Instant
    public let connection: ConnectionID?
    public let direction: Direction?
    /// Of the last answered question on this link.
    public let roundTrip: Duration?
    /// When the last frame came, on this link or on the one before.
    public let heard: Instant?
    /// Where it is dialled, in this order: what the directory says, then the roster's.
    public let addresses: [String]
    /// The federation takes it for down.
    public let isClaimedDown: Bool
    public let listens: Bool
    /// Dials so far.
    public let attempts: UInt64
    /// Failures in a row.
    public let failures: Int
    /// The earliest time of the next dial; nil where none is wanted or one is under way.
    public let nextDial: Instant?
    let asked: Instant?
    let answers: AnswerTimes

    /// How odd the present silence is: -log10 of the probability that an answer to the question
    /// still comes. Zero where no question is open, nil where too few have been answered.
    public func phi(at now: Instant) -> Double? {
        guard connection != nil else { return nil }
        guard let asked else { return 0 }
        return answers.phi(after: now - asked)
    }
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

    /// 0: this node is well; up to `healthLimit` where it has reason to doubt itself, and suspects
    /// others the later.
    public var selfDoubt: Int { health.score }

    /// All other members of the roster as it is now, in its order.
    public var status: [MemberStatus] {
        let census = census
        let fill = wantsMore(census)
        let heal = mayHeal(census)
        let places = roster.members.indices.filter {
            $0 != ownPlace && roster.contains(roster.members[$0].id)
        }
        return places.map { place in
            let state = members[place]
            let isWanted = phase == .running && isWanted(state, fill: fill, heal: heal)
            return MemberStatus(
                member: roster.members[place], liveness: state.liveness, since: state.since,
                connection: state.link?.connection,
                direction: state.link.map { $0.outgoing ? .dialled : .accepted },
                roundTrip: state.link?.roundTrip, heard: state.link?.heard ?? state.lastHeard,
                addresses: addresses(of: place), isClaimedDown: state.isClaimedDown,
                listens: state.listens, attempts: state.attempts, failures: state.failures,
                nextDial: isWanted ? state.notBefore : nil, asked: state.link?.question?.asked,
                answers: state.answers)
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
            precondition(
                roster.count == roster.members.count || roster.contains(id(place)),
                "a state of one that is no member")
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
        precondition(
            (phase != .left && !isExpelled) || (linked == 0 && census.dials == 0),
            "left or expelled, but busy")
        precondition(inquiries.count <= Self.inquiriesAtOnce, "asks too much")
    }

    /// In debug builds, after every event.
    func assertInvariants() {
        assert({ checkInvariants() }() == ())
    }
}
