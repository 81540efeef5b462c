// Room:  starling (floor 6).
// Task:  the changes of a storm's roster, one after the other: voted on, invited, severed.
// May:   nothing but the plan.
// Proof: Tests/StarlingTests/RosterCourseTests.swift

/// A queue with one change under way. Asks for steps; is told what came of them.
struct RosterCourse: Sendable {
    enum Deed: Sendable, Equatable { case vote, invite }

    struct Step: Sendable, Equatable {
        let deed: Deed
        let kind: StormPlan.Kind
        /// Whom it is about.
        let node: Int
    }

    private enum Phase: Sendable {
        case idle
        /// `isAsked`: a step is under way.
        case voting(StormPlan.Fault, isAsked: Bool)
        case inviting(StormPlan.Fault, isAsked: Bool)
    }

    private var phase = Phase.idle
    private var queue: [StormPlan.Fault] = []
    private var open: Int
    /// The second of the deciding word.
    private(set) var expelledAt: Double?
    /// Expelled, and links to it may still be there.
    private(set) var isSevering = false

    init(_ storm: StormPlan) { open = storm.faults.filter(\.kind.isChange).count }

    /// All that was planned is done.
    var isOver: Bool { open == 0 && !isSevering }

    mutating func begin(_ change: StormPlan.Fault) { queue.append(change) }

    /// What is to be done now; nil while an answer is awaited, or nothing is to be done.
    mutating func nextStep() -> Step? {
        if case .idle = phase, !queue.isEmpty {
            phase = .voting(queue.removeFirst(), isAsked: false)
        }
        switch phase {
        case .voting(let change, isAsked: false):
            phase = .voting(change, isAsked: true)
            return Step(deed: .vote, kind: change.kind, node: change.nodes[0])
        case .inviting(let change, isAsked: false):
            phase = .inviting(change, isAsked: true)
            return Step(deed: .invite, kind: change.kind, node: change.nodes[0])
        case .idle, .voting, .inviting: return nil
        }
    }

    /// The step was not taken, or came to nothing: it comes again.
    mutating func retry() {
        switch phase {
        case .voting(let change, _): phase = .voting(change, isAsked: false)
        case .inviting(let change, _): phase = .inviting(change, isAsked: false)
        case .idle: break
        }
    }

    /// - Returns: the change, once it is decided.
    mutating func voted(_ isDecided: Bool, at seconds: Double) -> StormPlan.Fault? {
        guard case .voting(let change, _) = phase else { return nil }
        guard isDecided else {
            retry()
            return nil
        }
        if change.kind == .expulsion {
            phase = .idle
            open -= 1
            (expelledAt, isSevering) = (seconds, true)
        } else {
            phase = .inviting(change, isAsked: false)
        }
        return change
    }

    /// - Returns: the admission whose newcomer can be started.
    mutating func invited() -> StormPlan.Fault? {
        guard case .inviting(let change, _) = phase else { return nil }
        phase = .idle
        open -= 1
        return change
    }

    /// Nobody has a link to the expelled any more.
    mutating func severed() { isSevering = false }
}
