// Room:  Membership (floor 3, pure).
// Task:  whom to dial and when: the view, back-off with full jitter, healing.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DiallingTests.swift

extension Membership {
    /// How many times `backoffCap` a member that left is let alone at most (our guess).
    static let leftPatience = 4

    /// A dial came to nothing. An attempt that is not under way any more falls through.
    public mutating func dialFailed(
        _ peer: NodeID, attempt: UInt64, refusal: Refusal? = nil, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        guard phase == .running, let place = place(of: peer),
            members[place].dial?.attempt == attempt
        else { return }
        members[place].dial = nil
        tryAgain(place, after: refusal, at: now, into: &out)
        settle(at: now, into: &out)
    }

    /// - Complexity: O(met).
    var census: Census { Census(members.states) }

    /// Whether the view has room for members that were never tried or may be tried again.
    func wantsMore(_ census: Census) -> Bool {
        isFullMesh || census.placed + census.hopeful < settings.view
    }

    /// Whether a member that was gone would find a place, were it back. Such members are dialled
    /// even when the view is full: else the halves of a parted network, each with views full of
    /// its own, would never find each other again.
    ///
    /// Above a full mesh they may take half of the dials only: each of them waits for its time-out,
    /// and after many have failed at once the view is to be filled meanwhile.
    func mayHeal(_ census: Census) -> Bool {
        census.placed + census.pending < settings.limit
            && (isFullMesh || census.late < max(1, settings.dialsInFlight / 2))
    }

    /// Whether this member is to be dialled as soon as its time has come.
    func isWanted(_ state: MemberState, fill: Bool, heal: Bool) -> Bool {
        guard state.listens, state.link == nil, state.dial == nil else { return false }
        if state.heldSince != nil || state.isDoubted { return true }
        return state.isGone ? heal : fill || (state.isReturning && heal)
    }

    /// Starts dials while there is somebody due and a slot free.
    ///
    /// - Returns: how the members stand then.
    mutating func dialDue(at now: Instant, into out: inout [MembershipEffect]) -> Census {
        var census = census
        while census.dials < settings.dialsInFlight, let place = nextToDial(census, at: now) {
            let attempt = members[place].attempts + 1
            members[place].attempts = attempt
            members[place].dial = Dial(attempt: attempt, deadline: now + settings.dialTimeout)
            out.append(.dial(id(place), addresses: addresses(of: place), attempt: attempt))
            census = self.census
        }
        return census
    }

    /// Lost links first; then, at random, members that never failed; then those that did or whose
    /// view was full; members that are gone last.
    private mutating func nextToDial(_ census: Census, at now: Instant) -> Int? {
        let fill = wantsMore(census)
        let heal = mayHeal(census)
        var best = Int.max
        var candidates: [Int] = []
        for (place, state) in zip(members.met, members.states)
        where state.notBefore <= now && isWanted(state, fill: fill, heal: heal) {
            let rank =
                state.heldSince != nil
                ? 0 : state.isDoubted ? 1 : state.isGone ? 3 : state.isTroubled ? 2 : 1
            if rank > best { continue }
            if rank < best {
                best = rank
                candidates.removeAll(keepingCapacity: true)
            }
            candidates.append(place)
        }
        if fill, best > 0 {
            var untried: [Int] = []
            members.appendUntried(dueAt: now, to: &untried)
            if best == 1, !untried.isEmpty {
                // In the order of the roster, so that the draw does not hang on who was met.
                candidates = (candidates + untried).sorted()
            } else if !untried.isEmpty {
                candidates = untried
            }
        }
        return candidates.isEmpty ? nil : candidates[jitter.below(candidates.count)]
    }

    /// Dials that neither succeeded nor failed in time.
    mutating func giveUpDials(at now: Instant, into out: inout [MembershipEffect]) {
        for place in members.met {
            guard let dial = members[place].dial, dial.deadline <= now else { continue }
            members[place].dial = nil
            tryAgain(place, after: nil, at: now, into: &out)
        }
    }

    /// A try did not lead to a link, or the link is lost: when to try again, and whether the place
    /// is kept until then. There is no link now, except where another connection brought one while
    /// a dial was under way.
    mutating func tryAgain(
        _ place: Int, after refusal: Refusal?, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        let hasLink = members[place].link != nil
        if refusal == nil { notReached(place) } else { vouchedFor(place, at: now) }
        switch refusal {
        case .leaving:
            release(place, reason: .left, into: &out)
            if !hasLink { become(.left, place, at: now, into: &out) }
        case .viewFull:
            release(place, reason: .redrawn, into: &out)
            if !hasLink { become(.unknown, place, at: now, into: &out) }
        case .otherFederation, .version, .notAMember, .expelled:
            release(place, reason: .redrawn, into: &out)
            if !hasLink, !members[place].isGone { become(.unknown, place, at: now, into: &out) }
        case .duplicate, .protocolError, .overloaded, nil:
            break
        }
        wait(place, after: refusal, at: now)
    }

    /// Puts off the next dial.
    mutating func wait(_ place: Int, after refusal: Refusal?, at now: Instant) {
        var wait: Duration
        switch refusal {
        case .duplicate:
            // The peer has another connection with us, or thinks so. Nothing is wrong with either;
            // the wait leaves time for that one to show up here or to be found dead there.
            members[place].failures = 0
            members[place].troubledSince = nil
            wait = settings.backoffBase + jitter.duration(below: settings.backoffBase * 3)
        case .viewFull:
            // It is there: what failed before is over. Others first.
            members[place].failures = 0
            members[place].troubledSince = nil
            members[place].isReturning = false
            members[place].refusals += 1
            wait = backoff(step: members[place].refusals + 2)
        case .leaving:
            wait = .zero
        case .otherFederation, .version, .notAMember, .expelled:
            // Somebody has to mend that: no use in hurrying.
            noteFailure(place, at: now)
            wait = backoff(step: Int.max)
        case .protocolError, .overloaded, nil:
            noteFailure(place, at: now)
            wait = backoff(step: members[place].failures)
        }
        if members[place].liveness == .left {
            let cap = settings.backoffCap
            wait = cap + jitter.duration(below: stretched(cap * (Self.leftPatience - 1)))
        }
        members[place].notBefore = now + wait
    }

    private mutating func noteFailure(_ place: Int, at now: Instant) {
        members[place].failures += 1
        if members[place].troubledSince == nil { members[place].troubledSince = now }
    }

    /// A wait drawn from [0, min(cap, base · 2^(step-1))): exponential back-off with full jitter.
    mutating func backoff(step: Int) -> Duration {
        var bound = settings.backoffBase
        var doublings = step - 1
        while doublings > 0, bound < settings.backoffCap {
            bound *= 2
            doublings -= 1
        }
        return jitter.duration(below: stretched(min(bound, settings.backoffCap)))
    }

    /// Where more members than a view's worth are in trouble, waits grow with their number, so that
    /// all of them together are dialled about as often as one view.
    private func stretched(_ bound: Duration) -> Duration {
        let troubled = census.troubled
        return troubled > settings.view ? bound * troubled / settings.view : bound
    }
}
