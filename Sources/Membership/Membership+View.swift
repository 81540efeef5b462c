// Room:  Membership (floor 3, pure).
// Task:  the view is redrawn, one link at a time and seldom.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/ViewTests.swift

extension Membership {
    /// Sets the time of the next change, where there is to be one.
    mutating func planRedraw(at now: Instant) {
        guard !isFullMesh, settings.redrawEvery > .zero else {
            nextRedraw = nil
            return
        }
        guard nextRedraw == nil else { return }
        let half = settings.redrawEvery / 2
        nextRedraw = now + half + half / 2 + jitter.duration(below: half)
    }

    /// Closes one link at random that is old enough, so that another member takes its place: here
    /// if the view is then short of one, and in any case at the peer, if its view is.
    ///
    /// Seldom, since the drift correction forgets what it learnt on a link that closes; but a graph
    /// that never changes keeps the cuts that an accident left in it.
    mutating func redraw(at now: Instant, into out: inout [MembershipEffect]) {
        guard let due = nextRedraw, due <= now else { return }
        nextRedraw = nil
        var links = 0
        var old: [Int] = []
        var others = members.untried
        for (place, state) in zip(members.met, members.states) {
            if let link = state.link {
                links += 1
                if link.up + settings.redrawEvery <= now { old.append(place) }
            } else if state.listens, !state.isPlaced, !state.isGone {
                others += 1
            }
        }
        guard links >= settings.view, others > 0, !old.isEmpty else { return }
        let place = old[jitter.below(old.count)]
        guard let link = unlink(place, at: now) else { return }
        out.append(.close(link.connection, .viewFull))
        release(place, reason: .redrawn, into: &out)
        become(.unknown, place, at: now, into: &out)
        // Others first.
        wait(place, after: .viewFull, at: now)
    }
}
