// Room:  Membership (floor 3, pure).
// Task:  why this node's own software does not sign, said to the person who asked.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterLockTests.swift

/// Why an action is not proposed or endorsed here. Nothing has changed then. Has the four
/// properties of `Fault`, which lives in a room that this one may not import.
public enum RosterRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    // What is asked for is no action.
    case name
    case nameTaken(String)
    case address(String)
    case tooManyAddresses
    case alreadyMember(NodeID)
    case noMember(NodeID)
    case lastMember
    case oneself

    // It is not found, or not this node's to sign.
    case prefix(String)
    case unknown(String)
    case ambiguous(String, count: Int)
    case notAMember
    case ballotRange(UInt8)
    case awaitingPin(generation: UInt64)
    case foreignPin
    case bookLost

    // It comes too late, or too early.
    case oldGeneration(UInt64, current: UInt64)
    case decided(String, generation: UInt64)
    case passedOver(String)
    case early(String)

    // The locks: what this node has signed before.
    case signedAnother(ballot: UInt8, least: UInt8)
    case noBallotLeft(generation: UInt64)
    case pledged(String, ballot: UInt8)
    case signedLater(UInt64)
    case notTaken(RosterDrop)
}

extension RosterRefusal {
    /// Stable, for scripts.
    public var code: String {
        switch self {
        case .name: "roster.name"
        case .nameTaken: "roster.name-taken"
        case .address: "roster.address"
        case .tooManyAddresses: "roster.too-many-addresses"
        case .alreadyMember: "roster.already-member"
        case .noMember: "roster.no-member"
        case .lastMember: "roster.last-member"
        case .oneself: "roster.oneself"
        case .prefix: "roster.prefix"
        case .unknown: "roster.unknown-action"
        case .ambiguous: "roster.ambiguous-action"
        case .notAMember: "roster.not-a-member"
        case .ballotRange: "roster.ballot"
        case .awaitingPin: "roster.awaiting-pin"
        case .foreignPin: "roster.foreign-pin"
        case .bookLost: "roster.book-lost"
        case .oldGeneration: "roster.old-generation"
        case .decided: "roster.decided"
        case .passedOver: "roster.passed-over"
        case .early: "roster.early"
        case .signedAnother: "roster.signed-another"
        case .noBallotLeft: "roster.no-ballot-left"
        case .pledged: "roster.pledged"
        case .signedLater: "roster.signed-later"
        case .notTaken: "roster.not-taken"
        }
    }

    public var what: String {
        switch self {
        case .name: "a member's name has 1 to 64 bytes that can be seen, no blank at either end"
        case .nameTaken(let name): "a member is called '\(name)' already"
        case .address(let text): "'\(text)' is no address"
        case .tooManyAddresses: "the addresses are more than 8, or too long together"
        case .alreadyMember(let id): "\(id.short) is a member already"
        case .noMember(let id): "\(id.short) is no member"
        case .lastMember: "the last member cannot be expelled"
        case .oneself: "this would expel the node that proposes it"
        case .prefix(let text): "'\(text.prefix(64))' is not the beginning of an action's hash"
        case .unknown(let text): "no action begins with '\(text.prefix(64))'"
        case .ambiguous(let text, let count): "\(count) actions begin with '\(text.prefix(64))'"
        case .notAMember: "this node is no member of the generation that decides"
        case .ballotRange(let ballot): "there is no ballot \(ballot): the last is 63"
        case .awaitingPin(let generation):
            "the history up to generation \(generation) of the invitation is not here yet"
        case .foreignPin: "the invitation's history does not begin with this federation's founders"
        case .bookLost:
            "this node has no roster.log from before, and no peer has told yet what it endorsed"
        case .oldGeneration(let named, let current):
            "the action was made for generation \(named), the roster is at \(current)"
        case .decided(let hash, let generation):
            "generation \(generation) is decided: action \(hash) has its quorum"
        case .passedOver(let hash): "action \(hash) is built on a generation that did not hold"
        case .early(let hash): "action \(hash) is built on a generation not decided here"
        case .signedAnother(let ballot, _):
            "this node has endorsed another action of this generation, at ballot \(ballot)"
        case .noBallotLeft(let generation):
            "this node has used the last ballot of generation \(generation) for another action"
        case .pledged(let hash, let ballot):
            "this node endorsed a rival of \(hash) at ballot \(ballot), higher than its quorum's"
        case .signedLater(let generation):
            "this node has endorsed an action of generation \(generation) already"
        case .notTaken(let drop): "the endorsement was not taken: \(drop.what)"
        }
    }

    public var hint: String? {
        switch self {
        case .name, .nameTaken: "choose another name"
        case .address: "write host:port in lower case, or [IPv6]:port"
        case .tooManyAddresses: "name those that others can dial, at most 8"
        case .alreadyMember, .noMember: "see `starling members`"
        case .lastMember: "end the run instead"
        case .oneself: "use `starling leave`; or let another member propose it"
        case .prefix: "write at least 4 hexadecimal digits, as `starling actions` shows them"
        case .unknown: "see `starling actions`; what a peer has proposed may still be on its way"
        case .ambiguous: "write more digits of the hash"
        case .notAMember: "only members endorse; see `starling members`"
        case .ballotRange: "use a ballot from 0 to 63"
        case .awaitingPin: "wait until a peer has sent it; see `starling peers`"
        case .foreignPin: "ask for an invitation to this federation; compare the federation IDs"
        case .bookLost: "wait for the first link (`starling peers`), then say it again"
        case .oldGeneration: "propose it anew, on top of the present generation"
        case .decided(_, let generation): "act in generation \(generation + 1): propose it anew"
        case .passedOver: "propose it anew, on top of the present generation"
        case .early: "wait until the endorsements of the generation before have come"
        case .signedAnother(_, let least):
            "wait for the quorum; if there will be none, agree with the other members on one "
                + "action and endorse it with --ballot \(least) or higher"
        case .noBallotLeft: "wait for the others' quorum"
        case .pledged(let hash, let ballot):
            "let a quorum endorse \(hash) again with --ballot \(min(ballot, 62) + 1) or higher"
        case .signedLater: "wait for the endorsements of the generations before"
        case .notTaken: nil
        }
    }

    /// By sysexits: 64 for what was asked wrongly, 77 for who may not, 78 for the invitation, 1 for
    /// what may be right later.
    public var exitStatus: Int32 {
        switch self {
        case .name, .nameTaken, .address, .tooManyAddresses, .alreadyMember, .noMember,
            .lastMember, .oneself, .prefix, .unknown, .ambiguous, .ballotRange:
            64
        case .notAMember: 77
        case .foreignPin: 78
        case .awaitingPin, .bookLost, .oldGeneration, .decided, .passedOver, .early, .signedAnother,
            .noBallotLeft, .pledged, .signedLater, .notTaken:
            1
        }
    }

    public var description: String { "\(what) (\(code))" }
}
