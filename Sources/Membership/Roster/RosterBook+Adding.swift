// Room:  Membership (floor 3, pure).
// Task:  takes in one endorsement: checks it, finds its place, keeps within bounds.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterBookTests.swift, RosterFloodTests.swift

extension RosterBook {
    /// Takes in an endorsement from anywhere.
    ///
    /// - Complexity: one check of a signature where it is not known yet, and O(members).
    public mutating func add(_ vote: Endorsement) -> RosterOutcome {
        if spine != nil { return addAwaiting(vote) }
        if vote.action.generation <= pin.generation { return addLate(vote) }
        switch place(of: vote.action) {
        case .elsewhere: return .dropped(.otherHistory)
        case .ahead: return wait(vote)
        case .on(let parent):
            if tallies[vote.action.hash]?.contains(vote) == true { return .known }
            guard let proven = vote.proven(for: federation) else { return .dropped(.forged) }
            if let drop = count(proven, on: parent) { return .dropped(drop) }
            return .new([proven] + settle())
        }
    }

    private enum Place {
        /// On a generation whose roster is known.
        case on(Roster)
        /// On one that is not effective here.
        case ahead
        /// On another history than that which is final here.
        case elsewhere
    }

    private func place(of action: RosterAction) -> Place {
        let last = pin
        if action.generation == last.generation + 1 {
            return action.parent == last.hash ? .on(base) : .elsewhere
        }
        guard let parent = tallies[action.parent],
            parent.action.generation + 1 == action.generation, parent.effectiveBallot != nil
        else { return .ahead }
        return .on(parent.roster)
    }

    mutating func wait(_ vote: Endorsement) -> RosterOutcome {
        if waiting.contains(vote) { return .known }
        guard let proven = vote.proven(for: federation) else { return .dropped(.forged) }
        noteOwn(proven)
        switch waiting.insert(proven) {
        case .new: return .waiting
        case .known: return .known
        case .full: return .dropped(.waitingFull)
        }
    }

    func knowsOwn(_ vote: Endorsement) -> Bool { ownVotes.contains { $0.saysSame(as: vote) } }

    /// The locks hang on these, so they are not evicted with the others. Only this node's key
    /// makes them.
    mutating func noteOwn(_ vote: Endorsement) {
        guard vote.endorser == own, !knowsOwn(vote) else { return }
        ownVotes.append(vote)
    }

    /// Counts a proven endorsement where it stands.
    ///
    /// - parent: the roster that decides.
    /// - Returns: why it does not count; nil where it does, or did already.
    mutating func count(_ vote: Endorsement, on parent: Roster) -> RosterDrop? {
        guard parent.contains(vote.endorser) else { return .notAMember }
        let hash = vote.action.hash
        var tally: RosterTally
        if let known = tallies[hash] {
            tally = known
        } else if let roster = parent.applying(vote.action.change) {
            tally = RosterTally(action: vote.action, needed: needed(of: parent), roster: roster)
        } else {
            return .unsound
        }
        guard makeRoom(for: vote) else { return .equivocated }
        noteOwn(vote)
        tallies[hash] = nil  // So that the tally is not copied.
        tally.insert(vote)
        tallies[hash] = tally
        return nil
    }

    /// At most two actions for each (endorser, generation, ballot): two prove the equivocation.
    /// A third takes the place of one that fewer others support, or as many but some and with a
    /// lower hash; so an equivocator's word counts for an action that can get a quorum, whatever
    /// else he signs, and the others are worth nothing to him.
    private mutating func makeRoom(for vote: Endorsement) -> Bool {
        let key = RosterVoteKey(vote)
        let hash = vote.action.hash
        let kept = signed[key] ?? []
        guard !kept.contains(hash) else { return true }
        if let other = kept.first, let found = endorsement(of: other, by: key) {
            note(RosterEvidence(first: found, second: vote))
        }
        guard kept.count == 2 else {
            signed[key] = kept + [hash]
            return true
        }
        let supports = kept.map { support(of: $0, at: key) }
        let worst: Int
        if supports[0] != supports[1] {
            worst = supports[0] < supports[1] ? 0 : 1
        } else {
            worst = kept[0] < kept[1] ? 1 : 0
        }
        let mine = support(of: hash, at: key)
        let isBetter =
            mine > supports[worst] || (mine == supports[worst] && mine > 0 && hash < kept[worst])
        guard isBetter else { return false }
        remove(kept[worst], key)
        signed[key] = [kept[1 - worst], hash]
        return true
    }

    private mutating func remove(_ hash: RosterHash, _ key: RosterVoteKey) {
        guard var tally = tallies[hash] else { return }
        tally.remove(endorser: key.endorser, ballot: key.ballot)
        tallies[hash] = tally.votes.isEmpty ? nil : tally
    }

    /// How many others endorse this action at this ballot and no other.
    func support(of hash: RosterHash, at key: RosterVoteKey) -> Int {
        guard let tally = tallies[hash] else { return 0 }
        return tally.votes.count { vote in
            vote.ballot == key.ballot && vote.endorser != key.endorser
                && signed[RosterVoteKey(vote)]?.count == 1
        }
    }

    private func endorsement(of hash: RosterHash, by key: RosterVoteKey) -> Endorsement? {
        tallies[hash]?.votes.first { $0.endorser == key.endorser && $0.ballot == key.ballot }
    }
}
