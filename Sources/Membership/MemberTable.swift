// Room:  Membership (floor 3, pure).
// Task:  what is known of all members, in full only of those with whom something has happened.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/MemberTableTests.swift

/// States by a member's place in the roster.
///
/// A node of a large federation meets few of the others: a link, a dial, a connection refused.
/// Only these, the met, have a state that is kept. Of the rest, the untried, there is nothing to
/// say but when they may be dialled: eight bytes each.
struct MemberTable: Sendable {
    /// Places of those that were met, ascending.
    private(set) var met: [Int] = []
    /// As many, in the same order.
    private(set) var states: [MemberState] = []
    /// For each place of the roster, when it may first be dialled; `never` for the met, for those
    /// that have no address, for the expelled, and for this node.
    private var firstDial: [Instant]
    private(set) var untried = 0
    /// When a member came into the roster, if not with the first.
    private var joined: [Int: Instant] = [:]
    private let since: Instant

    private static let never = Instant(nanoseconds: .max)

    init(roster: Roster, own: Int, now: Instant) {
        since = now
        firstDial = roster.members.map { $0.addresses.isEmpty ? Self.never : now }
        if roster.count < roster.members.count {
            for (place, member) in roster.members.enumerated() where !roster.contains(member.id) {
                firstDial[place] = Self.never
            }
        }
        firstDial[own] = Self.never
        untried = firstDial.count { $0 < Self.never }
    }

    /// A member becomes met when its state is set.
    ///
    /// - Complexity: O(log met), O(met) at first.
    subscript(place: Int) -> MemberState {
        get {
            let at = firstMet(notBelow: place)
            return at < met.count && met[at] == place ? states[at] : fresh(place)
        }
        set {
            let at = firstMet(notBelow: place)
            if at < met.count, met[at] == place {
                states[at] = newValue
                return
            }
            met.insert(place, at: at)
            states.insert(newValue, at: at)
            if firstDial[place] < Self.never { untried -= 1 }
            firstDial[place] = Self.never
        }
    }

    /// Puts off the first dial, or the next one, of a member that can be dialled.
    mutating func rest(_ place: Int, until instant: Instant) {
        let at = firstMet(notBelow: place)
        if at < met.count, met[at] == place {
            states[at].notBefore = instant
        } else if firstDial[place] < Self.never {
            firstDial[place] = instant
        }
    }

    func hasMet(_ place: Int) -> Bool {
        let at = firstMet(notBelow: place)
        return at < met.count && met[at] == place
    }

    /// Whether a member can be dialled is known anew. An untried one that could not be is due at
    /// `instant`.
    mutating func setListens(_ place: Int, _ listens: Bool, dueAt instant: Instant) {
        let at = firstMet(notBelow: place)
        if at < met.count, met[at] == place {
            states[at].listens = listens
        } else if listens, firstDial[place] == Self.never {
            firstDial[place] = instant
            untried += 1
        } else if !listens, firstDial[place] < Self.never {
            firstDial[place] = Self.never
            untried -= 1
        }
    }

    /// A member comes in, or comes in again, with nothing known of it.
    mutating func admit(_ place: Int, listens: Bool, at now: Instant, dueAt instant: Instant) {
        forget(place)
        if place == firstDial.count { firstDial.append(Self.never) }
        joined[place] = now
        setListens(place, listens, dueAt: instant)
    }

    /// A member goes: nothing of it is kept.
    mutating func forget(_ place: Int) {
        guard place < firstDial.count else { return }
        let at = firstMet(notBelow: place)
        if at < met.count, met[at] == place {
            met.remove(at: at)
            states.remove(at: at)
        }
        if firstDial[place] < Self.never { untried -= 1 }
        firstDial[place] = Self.never
        joined[place] = nil
    }

    /// - Complexity: O(members), O(1) where all have been tried.
    func appendUntried(dueAt now: Instant, to places: inout [Int]) {
        guard untried > 0 else { return }
        for place in firstDial.indices where firstDial[place] <= now { places.append(place) }
    }

    /// When the first of the untried may be dialled.
    ///
    /// - Complexity: as above.
    var nextUntried: Instant? {
        guard untried > 0 else { return nil }
        var next = Self.never
        for instant in firstDial where instant < next { next = instant }
        return next < Self.never ? next : nil
    }

    private func fresh(_ place: Int) -> MemberState {
        let first = firstDial[place]
        return MemberState(
            listens: first < Self.never, since: joined[place] ?? since, notBefore: first)
    }

    private func firstMet(notBelow place: Int) -> Int { met.firstPlace { $0 < place } }

    /// Stops the process where the table contradicts itself.
    func checkInvariants() {
        precondition(met.count == states.count)
        precondition(zip(met, met.dropFirst()).allSatisfy(<), "the met are not in order")
        precondition(met.allSatisfy { firstDial[$0] == Self.never }, "met and untried")
        precondition(untried == firstDial.count { $0 < Self.never }, "untried ones miscounted")
    }
}

/// How the members stand, counted in one pass over those that were met.
struct Census: Sendable {
    /// Links, and places kept for links that were lost.
    var placed = 0
    /// Dials under way; of these, those to members that are gone.
    var dials = 0
    var late = 0
    /// Of these, those that may bring a link more; and of these, those to members that are not
    /// gone. The seldom dials to the gone would keep the view from being filled.
    var pending = 0
    var hopeful = 0
    /// Without a place, after tries that did not lead to a link.
    var troubled = 0

    init(_ states: [MemberState]) {
        for at in states.indices {
            let isPlaced = states[at].isPlaced
            if isPlaced { placed += 1 }
            if states[at].dial != nil {
                dials += 1
                if states[at].isGone { late += 1 }
                if !isPlaced {
                    pending += 1
                    if !states[at].isGone { hopeful += 1 }
                }
            }
            if !isPlaced, states[at].isTroubled { troubled += 1 }
        }
    }
}
