// Room:  Membership (floor 3, pure).
// Task:  the endorsements of one action, ballot by ballot.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterBookTests.swift

/// One action with its endorsements, all by members of the generation before.
struct RosterTally: Sendable {
    let action: RosterAction
    /// Endorsements at one ballot that make it effective.
    let needed: Int
    /// The roster that it makes.
    let roster: Roster
    /// By ballot, then by endorser.
    private(set) var votes: [Endorsement] = []
    /// By ballot.
    private var counts: [UInt8: Int] = [:]
    /// The highest ballot at which enough have endorsed it; nil where there is none.
    private(set) var effectiveBallot: UInt8?

    init(action: RosterAction, needed: Int, roster: Roster) {
        self.action = action
        self.needed = needed
        self.roster = roster
    }

    func count(at ballot: UInt8) -> Int { counts[ballot] ?? 0 }

    func contains(_ vote: Endorsement) -> Bool {
        let at = position(of: vote)
        return at < votes.count && votes[at].saysSame(as: vote)
    }

    /// - Complexity: O(votes).
    mutating func insert(_ vote: Endorsement) {
        let at = position(of: vote)
        guard at == votes.count || !votes[at].saysSame(as: vote) else { return }
        votes.insert(vote, at: at)
        counts[vote.ballot, default: 0] += 1
        if count(at: vote.ballot) >= needed {
            effectiveBallot = max(effectiveBallot ?? 0, vote.ballot)
        }
    }

    mutating func remove(endorser: NodeID, ballot: UInt8) {
        guard
            let at = votes.firstIndex(where: { $0.endorser == endorser && $0.ballot == ballot })
        else { return }
        votes.remove(at: at)
        counts[ballot, default: 1] -= 1
        effectiveBallot = (0...Endorsement.highestBallot).last { count(at: $0) >= needed }
    }

    /// The ballot where its quorum is being gathered: that of most endorsers, the lowest of such.
    func busiestBallot(upTo limit: UInt8) -> UInt8? {
        let most = (0...limit).map(count).max() ?? 0
        return most == 0 ? nil : (0...limit).first { count(at: $0) == most }
    }

    /// Those who endorsed it at this ballot, ascending.
    func endorsers(at ballot: UInt8) -> [NodeID] {
        votes.filter { $0.ballot == ballot }.map(\.endorser)
    }

    private func position(of vote: Endorsement) -> Int {
        votes.firstPlace { Endorsement.inOrder($0, vote) }
    }
}

/// At one (generation, ballot) an endorser may sign one action.
struct RosterVoteKey: Hashable, Sendable {
    let endorser: NodeID
    let generation: UInt64
    let ballot: UInt8

    init(_ vote: Endorsement) {
        endorser = vote.endorser
        generation = vote.action.generation
        ballot = vote.ballot
    }
}
