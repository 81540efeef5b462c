// Room:  Membership (floor 3, pure).
// Task:  what people see: what is decided and by whom, what is open, what it lacks.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterBookTests.swift

/// An action that has its quorum.
public struct RosterDecision: Sendable {
    public let action: RosterAction
    /// Where its quorum was found; nil where an invitation's word stands for it still.
    public let ballot: UInt8?
    /// At that ballot, ascending.
    public let endorsers: [NodeID]
    public let needed: Int
    /// Never to change again.
    public let isFinal: Bool
}

/// An action that has no quorum, or whose rival holds.
public struct RosterProposal: Sendable {
    public let action: RosterAction
    /// Where most have endorsed it.
    public let ballot: UInt8
    /// At that ballot, ascending.
    public let endorsers: [NodeID]
    public let needed: Int
    /// Whether an endorsement can still help it.
    public let isOpen: Bool
}

extension RosterBook {
    /// What is decided, generation 1 first.
    public var history: [RosterDecision] {
        let decided = final.map { decision($0, isFinal: true) }
        return decided + (tip.flatMap { tallies[$0] }.map { [decision($0, isFinal: false)] } ?? [])
    }

    private func decision(_ tally: RosterTally, isFinal: Bool) -> RosterDecision {
        let ballot = tally.effectiveBallot
        return RosterDecision(
            action: tally.action, ballot: ballot,
            endorsers: ballot.map(tally.endorsers) ?? [], needed: tally.needed, isFinal: isFinal)
    }

    /// Open ones first; of these, those with the most endorsers; then by hash.
    public var proposals: [RosterProposal] {
        tallies.values.filter { $0.action.hash != tip }.map { tally in
            let ballot = tally.busiestBallot(upTo: Endorsement.highestBallot) ?? 0
            return RosterProposal(
                action: tally.action, ballot: ballot, endorsers: tally.endorsers(at: ballot),
                needed: tally.needed, isOpen: tally.action.parent == hash)
        }.sorted { left, right in
            if left.isOpen != right.isOpen { return left.isOpen }
            if left.endorsers.count != right.endorsers.count {
                return left.endorsers.count > right.endorsers.count
            }
            return left.action.hash < right.action.hash
        }
    }
}
