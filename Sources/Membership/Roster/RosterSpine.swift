// Room:  Membership (floor 3, pure).
// Task:  from an invitation's hash down to the founders, action by action.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterPinTests.swift

/// The history below an invitation's pin, found from the top: the pin's hash vouches for the action
/// of its generation, that action for the hash below. Nothing else can be taken in, whoever signed
/// it, and what is on its way is bounded.
struct RosterSpine: Sendable {
    static let capacity = 4096

    let pin: RosterPin
    /// The next one that is missing: the highest generation below what was found.
    private(set) var frontier: RosterPin
    /// What was found, the pin's own first.
    private(set) var found: [RosterAction] = []
    /// Came too early. By hash; looked up in, and searched for the lowest generation when full.
    private var early: [RosterHash: RosterAction] = [:]

    init(_ pin: RosterPin) {
        self.pin = pin
        frontier = pin
    }

    var isComplete: Bool { frontier.generation == 0 }

    /// Looks at an action. Its endorsement does not matter: the hash names it.
    mutating func add(_ action: RosterAction) {
        guard !isComplete, action.generation <= frontier.generation else { return }
        if action.generation < frontier.generation { return keep(action) }
        var next: RosterAction? = action
        while let action = next, action.hash == frontier.hash,
            action.generation == frontier.generation
        {
            found.append(action)
            frontier = RosterPin(generation: action.generation - 1, hash: action.parent)
            next = isComplete ? nil : early.removeValue(forKey: frontier.hash)
        }
        if isComplete { early = [:] }
    }

    /// Those nearest to the frontier stay: they are wanted first.
    private mutating func keep(_ action: RosterAction) {
        if early.count == Self.capacity, early[action.hash] == nil {
            guard
                let last = early.values.min(by: { Self.isFarther($0, $1) }),
                Self.isFarther(last, action)
            else { return }
            early[last.hash] = nil
        }
        early[action.hash] = action
    }

    private static func isFarther(_ left: RosterAction, _ right: RosterAction) -> Bool {
        if left.generation != right.generation { return left.generation < right.generation }
        return left.hash > right.hash
    }
}

extension RosterBook {
    /// While the history of the invitation is missing.
    mutating func addAwaiting(_ vote: Endorsement) -> RosterOutcome {
        guard let awaited = spine else { return .waiting }
        // Of the way to the pin only the action is wanted: its endorsements come later.
        if vote.action.generation > awaited.pin.generation { return wait(vote) }
        spine?.add(vote.action)
        guard let spine, spine.isComplete else { return .waiting }
        return adopt(spine)
    }

    private mutating func adopt(_ complete: RosterSpine) -> RosterOutcome {
        var history: [RosterTally] = []
        var roster = founders
        for action in complete.found.reversed() {
            guard complete.frontier.hash == genesis, let next = roster.applying(action.change)
            else {
                // The invitation names a history that this federation cannot have had.
                spine = RosterSpine(complete.pin)
                return .dropped(.otherHistory)
            }
            history.append(
                RosterTally(action: action, needed: needed(of: roster), roster: next))
            roster = next
        }
        spine = nil
        final = history
        ownVotes.removeAll { $0.action.generation <= complete.pin.generation }
        chooseTip()
        var counted: [Endorsement] = []
        for vote in waiting.takeAll() {
            if case .new(let votes) = add(vote) { counted += votes }
        }
        return .new(counted)
    }
}
