// Room:  Membership (floor 3, pure).
// Task:  what the directory says of members: where they are, that they are down, that they left.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/NewsTests.swift

extension Membership {
    /// A newer record of this member has come: where it is now, and that it was alive of late.
    ///
    /// An address that has changed is tried at once, and so is a member that was taken for down.
    /// A member that is merely not reached from here gains nothing by its records: else each of
    /// them would start its back-off anew.
    ///
    /// - parameter addresses: `host:port`; at most 8 of at most 255 bytes are kept. Those of the
    ///   roster are always tried after them.
    /// - parameter listens: whether it can be dialled at all.
    public mutating func learn(
        _ peer: NodeID, addresses news: [String], listens: Bool, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        guard phase != .left, let place = place(of: peer) else { return }
        let before = addresses(of: place)
        let kept = Array(
            news.lazy.filter { 1...Member.longestAddress ~= $0.utf8.count }.prefix(
                Member.mostAddresses))
        learnt[place] = kept.isEmpty || kept == roster.members[place].addresses ? nil : kept
        let hasMoved = addresses(of: place) != before
        let due = now + jitter.duration(below: settings.backoffBase)
        members.setListens(place, listens && !addresses(of: place).isEmpty, dueAt: due)
        vouchedFor(place, at: now)
        if members.hasMet(place) {
            comeBack(place, hasMoved: hasMoved, dueAt: due, at: now, into: &out)
        }
        settle(at: now, into: &out)
    }

    private mutating func comeBack(
        _ place: Int, hasMoved: Bool, dueAt due: Instant, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        let state = members[place]
        if state.claimedHere { health.worsen(at: now) }
        members[place].claimedHere = false
        members[place].isClaimedDown = false
        guard state.link == nil, hasMoved || state.isClaimedDown else { return }
        members[place].startAnew(notBefore: due)
        if state.isGone {
            become(.unknown, place, at: now, into: &out)
            members[place].isReturning = true
        }
    }

    /// The directory says that somebody could not reach this member, and no newer word of its own.
    ///
    /// A link that is up knows better, but is put to the test. The place of a link that was lost is
    /// free at once. Others stand back behind members that are not known to be down.
    public mutating func claimedDown(
        _ peer: NodeID, at now: Instant, into out: inout [MembershipEffect]
    ) {
        guard phase != .left, let place = place(of: peer) else { return }
        let state = members[place]
        if let link = state.link {
            if link.question == nil { ask(place, contested: false, at: now, into: &out) }
        } else if !state.isClaimedDown {
            members[place].isClaimedDown = true
            members[place].isReturning = false
            if state.heldSince != nil {
                release(place, reason: .down, into: &out)
                become(.down, place, at: now, into: &out)
            } else if state.dial == nil {
                let rested = now + backoff(step: Int.max)
                members[place].notBefore = max(state.notBefore, rested)
            }
        }
        settle(at: now, into: &out)
    }

    /// The directory has this member's own word that it left.
    public mutating func departed(
        _ peer: NodeID, at now: Instant, into out: inout [MembershipEffect]
    ) {
        guard phase != .left, let place = place(of: peer) else { return }
        let state = members[place]
        guard state.link == nil, state.liveness != .left else { return }
        release(place, reason: .left, into: &out)
        become(.left, place, at: now, into: &out)
        wait(place, after: .leaving, at: now)
        vouchedFor(place, at: now)
        settle(at: now, into: &out)
    }

    /// This node takes the member for down, and says so, unless it has no link at all: then the
    /// fault is more likely here, and there is nobody to tell.
    mutating func declareDown(
        _ place: Int, at now: Instant, into out: inout [MembershipEffect]
    ) {
        become(.down, place, at: now, into: &out)
        guard members.states.contains(where: { $0.link != nil && $0.liveness == .alive }),
            !members[place].isClaimedDown
        else { return }
        members[place].isClaimedDown = true
        members[place].claimedHere = true
        out.append(.claimDown(id(place)))
    }

    /// The first link after none: the fault was most likely here, so whoever could not be reached
    /// is tried again at once. Not so the one that is linked: it may break at once, each time.
    mutating func tryAllAgain(besides linked: Int, at now: Instant) {
        for place in members.met where place != linked {
            let state = members[place]
            guard state.link == nil, state.failures > 0, state.liveness != .left else { continue }
            let due = now + jitter.duration(below: settings.backoffBase * 4)
            members[place].failures = 0
            members[place].troubledSince = nil
            members[place].notBefore = min(state.notBefore, due)
        }
    }

    /// What the directory says first: it is newer. The roster's stay for ever: where all others
    /// have moved, one that has not is how they find each other.
    func addresses(of place: Int) -> [String] {
        let named = roster.members[place].addresses
        guard let learnt = learnt[place] else { return named }
        return learnt + named.filter { !learnt.contains($0) }
    }
}
