// Room:  Membership (floor 3, pure).
// Task:  which action of a generation holds, and when a generation is final.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterProperties.swift, RosterSafetyTests.swift

extension RosterBook {
    /// Draws all conclusions from what is counted: lets in what had waited, makes final what has
    /// an effective successor, chooses the tip.
    ///
    /// - Returns: those that had waited and count now.
    mutating func settle() -> [Endorsement] {
        var entered: [Endorsement] = []
        repeat { entered += admitWaiting() } while makeFinal()
        chooseTip()
        return entered
    }

    /// The effective actions on top of the last final generation; the one that holds comes first:
    /// of the higher ballot, then of the lower hash.
    private var effective: [RosterTally] {
        let next = pin.generation + 1
        return tallies.values.filter { $0.action.generation == next && $0.effectiveBallot != nil }
            .sorted(by: Self.holdsBefore)
    }

    private static func holdsBefore(_ left: RosterTally, _ right: RosterTally) -> Bool {
        let ballots = (left.effectiveBallot ?? 0, right.effectiveBallot ?? 0)
        if ballots.0 != ballots.1 { return ballots.0 > ballots.1 }
        return left.action.hash < right.action.hash
    }

    private mutating func admitWaiting() -> [Endorsement] {
        guard !waiting.entries.isEmpty else { return [] }
        var admitted: [Endorsement] = []
        for parent in effective {
            for vote in waiting.take(builtOn: parent.action.hash)
            where vote.action.generation == parent.action.generation + 1 {
                if count(vote, on: parent.roster) == nil { admitted.append(vote) }
            }
        }
        return admitted
    }

    /// Makes the next generation final if one of its effective actions has an effective successor.
    private mutating func makeFinal() -> Bool {
        let effective = effective
        guard !effective.isEmpty else { return false }
        let parents = Set(
            tallies.values.filter { $0.effectiveBallot != nil }.map(\.action.parent))
        guard let chosen = effective.first(where: { parents.contains($0.action.hash) }) else {
            return false
        }
        advance(to: chosen)
        return true
    }

    private mutating func advance(to chosen: RosterTally) {
        final.append(chosen)
        let generation = chosen.action.generation
        for (hash, tally) in tallies
        where tally.action.generation <= generation || tally.action.parent != chosen.action.hash {
            tallies[hash] = nil
            for vote in tally.votes { signed[RosterVoteKey(vote)]?.removeAll { $0 == hash } }
        }
        signed = signed.filter { !$0.value.isEmpty }
        waiting.removeAll(upTo: generation + 1)
        ownVotes.removeAll { $0.action.generation <= generation }
    }

    mutating func chooseTip() {
        let chosen = effective.first
        tip = chosen?.action.hash
        roster = chosen?.roster ?? base
    }
}
