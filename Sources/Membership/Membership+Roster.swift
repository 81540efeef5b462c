// Room:  Membership (floor 3, pure).
// Task:  a roster that changes: who is expelled is disconnected, who is admitted is dialled.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/AdoptTests.swift

extension Membership {
    /// The roster has changed.
    ///
    /// A member that is no longer in it is disconnected and forgotten; one that is new, or in
    /// again, is dialled at once where the view has room. A node that is out itself closes all its
    /// links.
    ///
    /// - parameter newer: begins with the members of the present roster in the same order, the
    ///   expelled ones too, so that their places stay what they are.
    /// - Complexity: O(members).
    public mutating func adopt(
        _ newer: Roster, at now: Instant, into out: inout [MembershipEffect]
    ) {
        let older = roster
        precondition(
            newer.members.count >= older.members.count
                && zip(older.members, newer.members).allSatisfy { $0.id == $1.id },
            "members have changed their places")
        if newer.contains(own) == false, !isExpelled {
            // To the others this is a good-bye; that they have expelled it, they know best.
            closeAll(.leaving, reason: .expelled, at: now, into: &out)
        }
        for place in older.members.indices where place != ownPlace {
            let id = older.members[place].id
            guard older.contains(id), !newer.contains(id) else { continue }
            expel(place, into: &out)
        }
        roster = newer
        for place in newer.members.indices where place != ownPlace {
            let id = newer.members[place].id
            let isIn = newer.contains(id)
            if isIn, older.contains(id), older[id]?.addresses == newer[id]?.addresses { continue }
            if isIn, older.contains(id) {
                retarget(place, at: now)
            } else if isIn || place >= older.members.count {
                members.admit(
                    place, listens: isIn && !addresses(of: place).isEmpty, at: now,
                    dueAt: now + jitter.duration(below: settings.backoffBase))
            }
        }
        settle(at: now, into: &out)
        assertInvariants()
    }

    private mutating func expel(_ place: Int, into out: inout [MembershipEffect]) {
        let state = members[place]
        if let link = state.link {
            connections[link.connection] = nil
            out.append(.close(link.connection, .expelled))
        }
        // Gossip may still keep what it shared with one that was lost or down: told in any case.
        if members.hasMet(place) { out.append(.linkDown(id(place), reason: .expelled)) }
        inquiries.removeAll { $0.place == place }
        learnt[place] = nil
        members.forget(place)
    }

    /// Readmitted within one change, with other addresses.
    private mutating func retarget(_ place: Int, at now: Instant) {
        learnt[place] = nil
        members.setListens(
            place, !addresses(of: place).isEmpty,
            dueAt: now + jitter.duration(below: settings.backoffBase))
    }
}
