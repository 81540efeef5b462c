// Room:  tests of Membership.
// Task:  keys made once, books, and endorsements that keep no lock.
// May:   anything.
// Proof: itself

import Identity
import Model

@testable import Membership

enum RosterKeys {
    /// Sixteen nodes, ascending by ID.
    static let all: [KeyPair] = (1...16).map { number in
        KeyPair(seed: [UInt8](repeating: UInt8(number), count: 32))
    }.sorted { $0.nodeID < $1.nodeID }

    static let federation = [UInt8](repeating: 0xFE, count: 32)

    static func member(_ number: Int) -> Member {
        Member(
            id: all[number].nodeID, name: "site \(number)",
            addresses: ["site\(number).example:7447"])
    }

    static func founders(_ count: Int) throws -> Roster {
        try Roster(founders: (0..<count).map(member))
    }

    static func book(
        _ count: Int, own: Int? = nil, quorum: Double = 0.5, pin: RosterPin? = nil
    ) throws -> RosterBook {
        try RosterBook(
            founders: founders(count), federation: federation, quorum: quorum, pin: pin,
            own: own.map { all[$0].nodeID })
    }

    static func endorse(_ action: RosterAction, by number: Int, ballot: UInt8 = 0) -> Endorsement {
        Endorsement(action, ballot: ballot, by: all[number], federation: federation)
    }

    static func vote(
        _ action: RosterAction, by numbers: some Sequence<Int>, ballot: UInt8 = 0
    ) -> [Endorsement] {
        numbers.map { endorse(action, by: $0, ballot: ballot) }
    }

    static func admit(
        _ number: Int, named name: String? = nil, at generation: UInt64, on parent: RosterHash
    ) throws -> RosterAction {
        let plain = member(number)
        return try RosterAction(
            generation: generation, parent: parent,
            change: .admit(
                Member(id: plain.id, name: name ?? plain.name, addresses: plain.addresses)))
    }

    static func expel(
        _ number: Int, at generation: UInt64, on parent: RosterHash
    ) throws -> RosterAction {
        try RosterAction(
            generation: generation, parent: parent, change: .expel(all[number].nodeID))
    }

    /// Generations 1...count, which admit nodes from `first` on, each endorsed by all members.
    static func growth(
        _ count: Int, founders: Int, from first: Int, on parent: RosterHash
    ) throws -> (actions: [RosterAction], votes: [Endorsement]) {
        var actions: [RosterAction] = []
        var votes: [Endorsement] = []
        for step in 0..<count {
            let action = try admit(
                first + step, at: UInt64(step) + 1, on: actions.last?.hash ?? parent)
            actions.append(action)
            votes += vote(action, by: Array(0..<founders) + (0..<step).map { first + $0 })
        }
        return (actions, votes)
    }
}

extension RosterBook {
    /// Adds all, and says how many of them counted at once or by the end.
    mutating func addAll(_ votes: [Endorsement]) -> Int {
        votes.reduce(0) { sum, vote in
            if case .new(let counted) = add(vote) { sum + counted.count } else { sum }
        }
    }

    func drop(of vote: Endorsement) -> RosterDrop? {
        var copy = self
        if case .dropped(let why) = copy.add(vote) { return why }
        return nil
    }

    /// All that must be alike in two books that know the same.
    var picture: [String] {
        [
            hash.description, pin.hash.description, "\(digest)", "\(generation)",
            current, proposed,
        ]
    }
    private var current: String {
        roster.current.map { "\($0.id.short) \($0.name)" }.joined(separator: ",")
    }
    private var proposed: String {
        proposals.map {
            "\($0.action.hash.short)@\($0.ballot) \($0.endorsers.map(\.short)) \($0.isOpen)"
        }.joined(separator: ",")
    }
}
