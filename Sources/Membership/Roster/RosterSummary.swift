// Room:  Membership (floor 3, pure).
// Task:  what this node has, in a kilobyte; and what another lacks, from what it said.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterSummaryTests.swift

import Identity

/// What a book holds, for a peer to answer with what is missing.
public struct RosterSummary: Sendable, Hashable {
    /// The last final generation; of a book that awaits a pin, the one that it wants next, on its
    /// way down.
    public var last: RosterPin
    public var isAwaiting: Bool
    /// The first final generation that is believed on an invitation's word only; 0: none.
    public var unproven: UInt64
    /// Endorsements listed are those whose ID is above `after` and not above `through`.
    public var after: UInt64
    public var through: UInt64
    /// Ascending.
    public var ids: [UInt64]

    public init(
        last: RosterPin, isAwaiting: Bool, unproven: UInt64, after: UInt64, through: UInt64,
        ids: [UInt64]
    ) {
        self.last = last
        self.isAwaiting = isAwaiting
        self.unproven = unproven
        self.after = after
        self.through = through
        self.ids = ids
    }

    /// 120 IDs and the rest stay below a kilobyte.
    public static let mostIDs = 120

    /// Where the next summary begins, so that all are listed in turn.
    public var next: UInt64 { through == .max ? 0 : through }
}

extension RosterBook {
    /// Equal in books with the same pin and the same endorsements above it, whatever the order.
    /// Compare it first: at rest this is all that travels.
    ///
    /// - Complexity: O(endorsements above the pin).
    public var digest: UInt64 {
        var digest: UInt64 = 0
        for vote in live { digest &+= vote.id &* (vote.id | 1) }
        var hash = SHA256()
        let state = spine?.frontier ?? pin
        hash.update([spine != nil ? 2 : unproven != nil ? 1 : 0] + state.hash.bytes)
        return hash.finish().prefix(8).reduce(digest) { ($0 << 8 | $0 >> 56) ^ UInt64($1) }
    }

    /// - after: the `next` of the summary before; 0 at first.
    public func summary(after: UInt64 = 0) -> RosterSummary {
        let held = live + (unproven.map { final[$0].votes } ?? [])
        let ids = held.map(\.id).filter { $0 > after }.sorted()
        let listed = Array(ids.prefix(RosterSummary.mostIDs))
        let isCut = listed.count < ids.count
        return RosterSummary(
            last: spine?.frontier ?? pin, isAwaiting: spine != nil,
            unproven: unproven.map { UInt64($0) + 1 } ?? 0, after: after,
            through: isCut ? listed.last ?? .max : .max, ids: listed)
    }

    /// The first final generation of which the invitation's word is all that there is.
    private var unproven: Int? { final.firstIndex { $0.effectiveBallot == nil } }

    /// What the sender of a summary lacks of what is known here, in an order in which it can take
    /// one by one. Trusts nothing of the summary. Empty where the other's history contradicts ours,
    /// and where it knows more.
    public func missing(_ summary: RosterSummary, limit: Int) -> [Endorsement] {
        if summary.isAwaiting { return carriers(down: summary.last, limit: limit) }
        let listed = Set(summary.ids)
        let isLacking = { (vote: Endorsement) in
            vote.id > summary.after && vote.id <= summary.through && !listed.contains(vote.id)
        }
        var votes: [Endorsement] = []
        if let unproven = Int(exactly: summary.unproven), (1...final.count + 1).contains(unproven) {
            votes += final.dropFirst(unproven - 1).prefix(1).flatMap(\.votes).filter(isLacking)
        }
        if finalHash(summary.last.generation) == summary.last.hash {
            votes += entries(from: summary.last.generation + 1).filter(isLacking)
        }
        return Array(votes.prefix(max(0, limit)))
    }

    /// Whether the sender of a summary holds something final that contradicts what is final here:
    /// a lock was broken somewhere, and people must choose whose history to follow.
    public func contradicts(_ summary: RosterSummary) -> Bool {
        guard !summary.isAwaiting, let ours = finalHash(summary.last.generation) else {
            return false
        }
        return ours != summary.last.hash
    }

    /// Everything from a generation on, in an order in which an empty book can take one by one.
    ///
    /// - Complexity: O(endorsements), sorted.
    public func entries(from generation: UInt64 = 1) -> [Endorsement] {
        guard generation < .max else { return [] }
        let past = final.dropFirst(Int(min(UInt64(final.count), max(1, generation) - 1)))
        let present = live.filter { $0.action.generation >= generation }
        return past.flatMap(\.votes) + present.sorted(by: Endorsement.inOrder)
    }

    /// One endorsement of each action from a generation down: each vouches for the next.
    private func carriers(down from: RosterPin, limit: Int) -> [Endorsement] {
        var carriers: [Endorsement] = []
        if let above = tallies[from.hash], let vote = above.votes.first {
            carriers.append(vote)
        } else if finalHash(from.generation) != from.hash {
            return []
        }
        let top = min(Int(exactly: from.generation) ?? .max, final.count)
        for at in (0..<top).reversed() {
            guard carriers.count < limit, let vote = final[at].votes.first else { break }
            carriers.append(vote)
        }
        return carriers
    }

    /// What counts above the last final generation, and is the same in every book that has heard
    /// of it: without the words of equivocators that nobody else supports, of which each book
    /// keeps the first two. Their order means nothing.
    private var live: [Endorsement] {
        tallies.values.flatMap { tally in
            tally.votes.filter { vote in
                let key = RosterVoteKey(vote)
                return signed[key]?.count == 1 || support(of: tally.action.hash, at: key) > 0
            }
        }
    }
}
