// Room:  Membership (floor 3, pure).
// Task:  endorsements that came before what they are built on; bounded.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterFloodTests.swift

/// Endorsements of generations that cannot be reached yet.
///
/// Anybody's key can fill it, since who is a member then is not known. When full it keeps those
/// of the lowest generations, then the lowest hashes. What is thrown out is not lost: it stands in
/// no summary, so peers send it again once its generation is reached.
struct RosterWaiting: Sendable {
    static let capacity = 4096
    /// In the order of `Endorsement.inOrder`.
    private(set) var entries: [Endorsement] = []

    enum Kept { case new, known, full }

    /// - Complexity: O(capacity) moves, O(log capacity) comparisons.
    mutating func insert(_ vote: Endorsement) -> Kept {
        let at = position(of: vote)
        if isHeld(vote, at) { return .known }
        guard at < Self.capacity else { return .full }
        if entries.count == Self.capacity { entries.removeLast() }
        entries.insert(vote, at: at)
        return .new
    }

    func contains(_ vote: Endorsement) -> Bool { isHeld(vote, position(of: vote)) }

    private func isHeld(_ vote: Endorsement, _ at: Int) -> Bool {
        at < entries.count && entries[at].saysSame(as: vote)
    }

    private func position(of vote: Endorsement) -> Int {
        entries.firstPlace { Endorsement.inOrder($0, vote) }
    }

    /// Takes out those that are built on this generation.
    mutating func take(builtOn parent: RosterHash) -> [Endorsement] {
        guard entries.contains(where: { $0.action.parent == parent }) else { return [] }
        let taken = entries.filter { $0.action.parent == parent }
        entries.removeAll { $0.action.parent == parent }
        return taken
    }

    mutating func takeAll() -> [Endorsement] {
        defer { entries = [] }
        return entries
    }

    mutating func removeAll(upTo generation: UInt64) {
        entries.removeAll { $0.action.generation <= generation }
    }
}
