// Room:  Membership (floor 3, pure).
// Task:  signs for this node's operator, within the locks that make the rule safe.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterLockTests.swift, RosterSafetyTests.swift

import Identity

extension RosterBook {
    /// Makes an action on top of the newest effective generation and endorses it. Save the
    /// endorsement before it is sent: the locks live in what was saved.
    ///
    /// - ballot: nil for 0, or for where others gather a quorum for the very same action.
    /// - key: this node's own.
    /// - Throws: nothing has changed then.
    public mutating func propose(
        _ change: RosterChange, ballot: UInt8? = nil, with key: KeyPair
    ) throws(RosterRefusal) -> Endorsement {
        try checkReady(key)
        if case .expel(key.nodeID) = change { throw .oneself }
        if let objection = roster.objection(to: change) { throw objection }
        let action = try RosterAction(generation: generation + 1, parent: hash, change: change)
        return try sign(action, ballot: ballot, with: key)
    }

    /// Endorses the action whose hash begins with these hexadecimal digits, in either case, at
    /// least 4. As `propose`. Endorsing the same again gives the same endorsement.
    public mutating func endorse(
        _ prefix: String, ballot: UInt8? = nil, with key: KeyPair
    ) throws(RosterRefusal) -> Endorsement {
        try checkReady(key)
        return try sign(try action(prefix), ballot: ballot, with: key)
    }

    private func checkReady(_ key: KeyPair) throws(RosterRefusal) {
        precondition(key.nodeID == own, "a book keeps the locks of one node")
        if let spine { throw .awaitingPin(generation: spine.pin.generation) }
    }

    /// Among all that is known here.
    private func action(_ prefix: String) throws(RosterRefusal) -> RosterAction {
        let digits = prefix.lowercased()
        guard (4...64).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit) else {
            throw .prefix(prefix)
        }
        var found: [RosterHash: RosterAction] = [:]
        let known =
            final.map(\.action) + tallies.values.map(\.action) + waiting.entries.map(\.action)
        for action in known where action.hash.description.hasPrefix(digits) {
            found[action.hash] = action
        }
        guard let action = found.values.first else { throw .unknown(prefix) }
        guard found.count == 1 else { throw .ambiguous(prefix, count: found.count) }
        return action
    }

    private mutating func sign(
        _ action: RosterAction, ballot: UInt8?, with key: KeyPair
    ) throws(RosterRefusal) -> Endorsement {
        if let ballot, ballot > Endorsement.highestBallot { throw .ballotRange(ballot) }
        let parent = try checkStanding(of: action)
        guard parent.contains(key.nodeID) else { throw .notAMember }
        if let objection = parent.objection(to: action.change) { throw objection }
        let chosen =
            ballot ?? tallies[action.hash]?.busiestBallot(upTo: Self.highestUnaskedBallot) ?? 0
        try checkLocks(action, ballot: chosen)
        let vote = Endorsement(action, ballot: chosen, by: key, federation: federation)
        switch add(vote) {
        case .new, .known: return vote
        case .waiting: throw .early(action.hash.short)
        case .dropped(let drop): throw .notTaken(drop)
        }
    }

    /// Whether the action's generation is open: on top of the tip; or the tip itself, which may be
    /// endorsed again at a higher ballot; or rivals where there is no tip.
    ///
    /// - Returns: the roster that decides.
    private func checkStanding(of action: RosterAction) throws(RosterRefusal) -> Roster {
        let last = pin.generation
        if action.generation <= last {
            throw .oldGeneration(action.generation, current: generation)
        }
        if action.generation == last + 1 {
            guard action.parent == pin.hash else { throw .passedOver(action.hash.short) }
            if let tip, tip != action.hash {
                throw .decided(tip.short, generation: action.generation)
            }
            return base
        }
        guard let tip, action.generation == last + 2 else { throw .early(action.hash.short) }
        guard action.parent == tip else {
            let isRival = tallies[action.parent]?.effectiveBallot != nil
            throw isRival ? .passedOver(action.hash.short) : .early(action.hash.short)
        }
        return roster
    }

    /// What this node has signed before; see the README for what each lock is good for.
    private func checkLocks(_ action: RosterAction, ballot: UInt8) throws(RosterRefusal) {
        let generation = action.generation
        if let later = ownVotes.map(\.action.generation).max(), later > generation {
            throw .signedLater(later)
        }
        let rivals = ownVotes.filter {
            $0.action.generation == generation && $0.action.hash != action.hash
        }
        if let highest = rivals.map(\.ballot).max(), highest >= ballot {
            if highest == Endorsement.highestBallot { throw .noBallotLeft(generation: generation) }
            throw .signedAnother(ballot: highest, least: highest + 1)
        }
        if let tip = tallies[action.parent], let quorumAt = tip.effectiveBallot {
            let against = ownVotes.filter {
                $0.action.generation == tip.action.generation
                    && $0.action.hash != tip.action.hash && $0.ballot > quorumAt
            }
            if let highest = against.map(\.ballot).max() {
                throw .pledged(tip.action.hash.short, ballot: highest)
            }
        }
    }
}
