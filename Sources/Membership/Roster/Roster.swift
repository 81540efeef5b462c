// Room:  Membership (floor 3, pure).
// Task:  who may take part in one generation, in places that never shift.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterTests.swift

import Identity

/// The members of one generation. Generation 0 are the founders.
///
/// Everybody who ever was a member keeps a place, so that links can be named by places. Copies
/// share their storage until one is changed.
public struct Roster: Sendable, Equatable {
    /// Founders ascending by ID, then the others in the order of their admission; those that were
    /// expelled too. Whether one is a member now, `isMember` says.
    public private(set) var members: [Member]
    public private(set) var generation: UInt64
    /// Members now.
    public private(set) var count: Int
    /// Those that were expelled and not readmitted, with the generation that did it. For looking
    /// up: its order means nothing.
    public private(set) var expelled: [NodeID: UInt64]

    private var places: [NodeID: Int]
    /// By place: a member now.
    private var present: [Bool]

    /// - Throws: `RosterError` where there is no founder, or one ID stands there twice.
    public init(founders: [Member]) throws(RosterError) {
        let sorted = founders.sorted { $0.id < $1.id }
        guard !sorted.isEmpty else { throw .empty }
        var places: [NodeID: Int] = [:]
        for (place, member) in sorted.enumerated() {
            guard places.updateValue(place, forKey: member.id) == nil else {
                throw .repeated(member.id)
            }
        }
        members = sorted
        generation = 0
        count = sorted.count
        expelled = [:]
        self.places = places
        present = [Bool](repeating: true, count: sorted.count)
    }

    /// Whether the one at this place is a member now. O(1).
    public func isMember(_ place: Int) -> Bool { present[place] }

    /// Whether this one is a member now. O(1).
    public func contains(_ id: NodeID) -> Bool { places[id].map { present[$0] } ?? false }

    /// Only members now. O(1).
    public subscript(id: NodeID) -> Member? {
        places[id].flatMap { present[$0] ? members[$0] : nil }
    }

    /// Where this one stands in `members`; also of those that were expelled. O(1).
    public func place(of id: NodeID) -> Int? { places[id] }

    /// The members now, in the order of their places. O(members).
    public var current: [Member] {
        count == members.count
            ? members : members.indices.filter { present[$0] }.map { members[$0] }
    }

    /// The roster after one change.
    ///
    /// - Returns: nil where the change does not fit: see `objection`.
    /// - Complexity: O(members).
    func applying(_ change: RosterChange) -> Roster? {
        guard objection(to: change) == nil else { return nil }
        var next = self
        next.generation += 1
        switch change {
        case .admit(let member):
            next.put(member)
            next.expelled[member.id] = nil
        case .expel(let id):
            next.remove(id)
            next.expelled[id] = next.generation
        }
        return next
    }

    /// What `newer` says, at the places that this one gave: new members come behind. One that
    /// `newer` does not know, since its admission was superseded, keeps its place and is no member.
    ///
    /// A process names links by places, so it takes up every roster through this.
    ///
    /// - Complexity: O(members); no copy where the places agree.
    public func following(_ newer: Roster) -> Roster {
        if members.count <= newer.members.count,
            zip(members, newer.members).allSatisfy({ $0.id == $1.id })
        {
            return newer
        }
        var next = self
        for member in members where !newer.contains(member.id) { next.remove(member.id) }
        for member in newer.members {
            next.put(member)
            if !newer.contains(member.id) { next.remove(member.id) }
        }
        next.generation = newer.generation
        next.expelled = newer.expelled
        return next
    }

    /// With others taken for members, for the time being: a newcomer knows itself, and whom it was
    /// told to dial, before it has the roster that says so.
    public func including(_ others: [Member]) -> Roster {
        var next = self
        for member in others where next.places[member.id] == nil { next.put(member) }
        return next
    }

    private mutating func put(_ member: Member) {
        if let place = places[member.id] {
            members[place] = member
            if !present[place] { count += 1 }
            present[place] = true
        } else {
            places[member.id] = members.count
            members.append(member)
            present.append(true)
            count += 1
        }
    }

    private mutating func remove(_ id: NodeID) {
        guard let place = places[id], present[place] else { return }
        present[place] = false
        count -= 1
    }
}
