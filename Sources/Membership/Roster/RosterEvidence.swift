// Room:  Membership (floor 3, pure).
// Task:  proofs that a member signed what excludes each other; shown to people, changing nothing.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterBookTests.swift

/// Two actions that one member has endorsed at one ballot of one generation, which no honest
/// software does. A proof for everybody: both are signed.
///
/// It is the only proof there is. Who broke a lock across ballots cannot be told from statements
/// alone: a quorum that was raised to a higher ballot, and not seen here, may excuse it (found by
/// RosterSafetyTests, where an honest node stood accused).
public struct RosterEvidence: Sendable {
    public let first: Endorsement
    public let second: Endorsement

    public var endorser: NodeID { first.endorser }
}

extension RosterBook {
    mutating func note(_ found: RosterEvidence) {
        guard evidence.count < Self.mostEvidence,
            !evidence.contains(where: { $0.endorser == found.endorser })
        else { return }
        evidence.append(found)
    }

    /// An endorsement for a final generation. It changes nothing; it may complete the proof of a
    /// generation that was taken on an invitation's word, or be evidence.
    mutating func addLate(_ vote: Endorsement) -> RosterOutcome {
        let at = Int(vote.action.generation) - 1
        guard final[at].action.hash == vote.action.hash else { return addRival(vote, at) }
        if final[at].contains(vote) { return .known }
        // Enough is enough: the proof is complete, and more of it would have no bound in time.
        guard final[at].effectiveBallot == nil else { return .dropped(.decided) }
        let parent = at == 0 ? founders : final[at - 1].roster
        guard parent.contains(vote.endorser) else { return .dropped(.notAMember) }
        guard let proven = vote.proven(for: federation) else { return .dropped(.forged) }
        final[at].insert(proven)
        return .new([proven])
    }

    private mutating func addRival(_ vote: Endorsement, _ at: Int) -> RosterOutcome {
        guard vote.action.parent == finalHash(vote.action.generation - 1) else {
            return .dropped(.otherHistory)
        }
        guard evidence.count < Self.mostEvidence,
            !evidence.contains(where: { $0.endorser == vote.endorser }),
            let other = final[at].votes.first(where: {
                $0.endorser == vote.endorser && $0.ballot == vote.ballot
            })
        else { return .dropped(.decided) }
        guard let proven = vote.proven(for: federation) else { return .dropped(.forged) }
        note(RosterEvidence(first: other, second: proven))
        return .dropped(.decided)
    }
}
