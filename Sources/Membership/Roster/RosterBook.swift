// Room:  Membership (floor 3, pure).
// Task:  all that was endorsed, and the roster that follows from it: state and what may be read.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterBookTests.swift, RosterProperties.swift

import Identity

/// The history of the roster as far as endorsements prove it.
///
/// The roster follows from the pin and the set of endorsements alone, in whatever order they came.
/// Order of use: `init`, with the saved pin if there is one; `add` for what was saved (twice: see
/// `init`), then for what comes; save and pass on what `add` calls new, and save `pin` when it has
/// moved; `propose` and `endorse` when a person asks, saved before they are sent.
public struct RosterBook: Sendable {
    /// 32 bytes.
    public let federation: [UInt8]
    /// More than this share of the members must endorse an action; in [0.5, 1).
    public let quorum: Double
    /// This node, whose own endorsements are never evicted.
    let own: NodeID?

    let founders: Roster
    let genesis: RosterHash
    /// Final generations, 1 first.
    var final: [RosterTally] = []
    /// Actions on top of the last final generation, and actions on top of those of them that are
    /// effective. For looking up; walked through only where the order does not matter.
    var tallies: [RosterHash: RosterTally] = [:]
    /// What each endorser has signed at each ballot: at most two.
    var signed: [RosterVoteKey: [RosterHash]] = [:]
    /// The winner on top of the last final generation.
    var tip: RosterHash?
    var waiting = RosterWaiting()
    /// Own endorsements above the last final generation, wherever else they are kept.
    var ownVotes: [Endorsement] = []
    /// The way down from an invitation's generation, while it is not here.
    var spine: RosterSpine?

    /// The members now, after the newest generation that is effective.
    public internal(set) var roster: Roster
    /// Proofs that somebody signed what excludes each other: at most one for each endorser, at
    /// most `mostEvidence`, the first that were found.
    public internal(set) var evidence: [RosterEvidence] = []

    static let mostEvidence = 256
    /// Up to here a ballot is chosen without being asked for, so that somebody who endorses at the
    /// last ballot cannot draw others there (our guess).
    static let highestUnaskedBallot: UInt8 = 31

    /// With a pin, the whole history that its hash names is awaited first, and nothing else is
    /// taken: a newcomer cannot be led onto a fork. What was saved can then be added in any order,
    /// but all of it twice: the first time the history is found, the second time its endorsements
    /// are.
    ///
    /// - founders: generation 0.
    /// - federation: its ID, 32 bytes.
    /// - pin: of an invitation, or saved.
    /// - own: this node, if it may endorse.
    /// - Throws: `RosterRefusal.foreignPin` where the pin is another generation 0.
    public init(
        founders: Roster, federation: [UInt8], quorum: Double, pin: RosterPin? = nil,
        own: NodeID? = nil
    ) throws(RosterRefusal) {
        precondition(founders.generation == 0, "a book begins with the founders")
        precondition(federation.count == 32, "a federation's ID has 32 bytes")
        precondition(quorum >= 0.5 && quorum < 1, "quorums that need not intersect")
        self.founders = founders
        self.federation = federation
        self.quorum = quorum
        self.own = own
        genesis = RosterHash(founders: founders, federation: federation)
        roster = founders
        guard let pin else { return }
        if pin.generation > 0 {
            spine = RosterSpine(pin)
        } else if pin.hash != genesis {
            throw .foreignPin
        }
    }

    /// Of the newest effective generation.
    public var generation: UInt64 { roster.generation }

    /// Of the newest effective generation.
    public var hash: RosterHash { tip ?? pin.hash }

    /// The last generation that never changes again. Put this into invitations, and save it.
    /// While a pin is awaited: generation 0.
    public var pin: RosterPin {
        RosterPin(generation: UInt64(final.count), hash: final.last?.action.hash ?? genesis)
    }

    /// Whether the history that an invitation names is still missing.
    public var isAwaitingPin: Bool { spine != nil }

    /// Endorsements that the next action needs.
    public var needed: Int { needed(of: roster) }

    /// More than `quorum` of the members; never more than all of them, whatever rounding does.
    func needed(of roster: Roster) -> Int {
        min(roster.count, Int((quorum * Double(roster.count)).rounded(.down)) + 1)
    }

    /// Members of the last final generation.
    var base: Roster { final.last?.roster ?? founders }

    /// Of a final generation; nil for one that is not final.
    func finalHash(_ generation: UInt64) -> RosterHash? {
        if generation == 0 { return genesis }
        guard generation <= UInt64(final.count) else { return nil }
        return final[Int(generation) - 1].action.hash
    }

    /// What somebody is to this federation now.
    public func standing(of id: NodeID) -> RosterStanding {
        if roster.contains(id) { return .member }
        return roster.expelled[id].map(RosterStanding.expelled) ?? .stranger
    }
}

/// What somebody is to a federation.
public enum RosterStanding: Sendable, Equatable {
    case member
    /// By the action of this generation.
    case expelled(UInt64)
    case stranger
}
