// Room:  Membership (floor 3, pure).
// Task:  what became of an endorsement that came in.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/RosterBookTests.swift

/// What became of an endorsement.
public enum RosterOutcome: Sendable {
    /// It counts now, and so do those that had waited for it: save them and pass them on. It
    /// comes first.
    case new([Endorsement])
    /// Nothing is new.
    case known
    /// It may count later; kept in memory, within a bound. Neither save it nor pass it on: its
    /// signer may be anybody.
    case waiting
    case dropped(RosterDrop)
}

/// Why an endorsement counts for nothing. To be counted; the first two are a peer's fault, the
/// others may be mere lateness.
public enum RosterDrop: String, Error, Sendable, Equatable, CaseIterable {
    case forged
    case unsound
    case notAMember = "not-a-member"
    case decided
    case otherHistory = "other-history"
    case equivocated
    case waitingFull = "waiting-full"

    public var code: String { "roster.\(rawValue)" }

    public var what: String {
        switch self {
        case .forged: "the signature is not the endorser's"
        case .unsound: "the action does not fit the roster that it names"
        case .notAMember: "the endorser is no member of the generation that decides"
        case .decided: "that generation is final"
        case .otherHistory: "it is built on a history that contradicts what is final here"
        case .equivocated: "the endorser has signed two other actions at that ballot"
        case .waitingFull: "too many wait that are less far ahead"
        }
    }

    public var hint: String? {
        switch self {
        case .forged, .unsound, .notAMember, .waitingFull: nil
        case .decided: "propose it anew, on top of the present generation"
        case .otherHistory: "compare `starling members` with the others; see the evidence"
        case .equivocated: "see the evidence; think of expelling the endorser"
        }
    }

    /// 65: data that is not acceptable.
    public var exitStatus: Int32 { 65 }
}
