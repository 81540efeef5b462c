// Room:  tests of Membership.
// Task:  small IDs, times, and one machine whose effects can be read step by step.
// May:   anything.
// Proof: itself

@testable import Membership

/// A node ID whose order is that of the number.
func node(_ number: Int) -> NodeID {
    var bytes = [UInt8](repeating: 0, count: 32)
    bytes[0] = UInt8(number >> 8)
    bytes[1] = UInt8(number & 255)
    guard let id = NodeID(bytes: bytes) else { fatalError("32 bytes make an ID") }
    return id
}

func time(_ seconds: Double) -> Instant {
    Instant(nanoseconds: UInt64((seconds * 1000).rounded()) * 1_000_000)
}

func connection(_ raw: UInt64) -> ConnectionID { ConnectionID(raw: raw) }

/// Nodes 0..<count; those in `silent` have no address.
func roster(_ count: Int, silent: Set<Int> = []) throws -> Roster {
    try Roster(
        founders: (0..<count).map {
            Member(
                id: node($0), name: "n\($0)",
                addresses: silent.contains($0) ? [] : ["n\($0).example:7447"])
        })
}

/// The next generation: these come in, those go out, all places stay.
func changed(_ old: Roster, admitting: [Int] = [], expelling: [Int] = []) -> Roster {
    let admitted = admitting.map { number in
        let place = old.place(of: node(number))
        return RosterChange.admit(
            place.map { old.members[$0] }
                ?? Member(
                    id: node(number), name: "n\(number)",
                    addresses: ["n\(number).example:7447"]))
    }
    return (admitted + expelling.map { .expel(node($0)) }).reduce(old) { roster, change in
        guard let next = roster.applying(change) else {
            preconditionFailure("a change that does not fit: \(change)")
        }
        return next
    }
}

/// One machine; each call gives the effects of that step.
struct Steps {
    var machine: Membership
    /// The latest time that it asked to be woken at.
    var wake: Instant?

    init(
        own: Int, of count: Int, silent: Set<Int> = [], seed: UInt64 = 1,
        settings: MembershipSettings = MembershipSettings()
    ) throws {
        machine = Membership(
            own: node(own), roster: try roster(count, silent: silent), settings: settings,
            now: time(0), generator: seed)
    }

    mutating func step(
        _ body: (inout Membership, inout [MembershipEffect]) -> Void
    ) -> [MembershipEffect] {
        var out: [MembershipEffect] = []
        body(&machine, &out)
        machine.checkInvariants()
        for case .wake(let at) in out { wake = at }
        return out.filter { if case .wake = $0 { false } else { true } }
    }

    mutating func start(_ at: Double = 0) -> [MembershipEffect] {
        step { $0.start(at: time(at), into: &$1) }
    }
    mutating func tick(_ at: Double) -> [MembershipEffect] {
        step { $0.tick(at: time(at), into: &$1) }
    }
    mutating func connected(
        _ peer: Int, _ raw: UInt64, outgoing: Bool, listens: Bool = true, isolated: Bool = false,
        _ at: Double
    ) -> [MembershipEffect] {
        step {
            $0.connected(
                node(peer), connection: connection(raw), outgoing: outgoing, peerListens: listens,
                peerIsIsolated: isolated, at: time(at), into: &$1)
        }
    }
    mutating func disconnected(
        _ raw: UInt64, _ refusal: Refusal? = nil, _ at: Double
    ) -> [MembershipEffect] {
        step { $0.disconnected(connection(raw), refusal: refusal, at: time(at), into: &$1) }
    }
    mutating func dialFailed(
        _ peer: Int, _ attempt: UInt64, _ refusal: Refusal? = nil, _ at: Double
    ) -> [MembershipEffect] {
        step {
            $0.dialFailed(node(peer), attempt: attempt, refusal: refusal, at: time(at), into: &$1)
        }
    }
    mutating func answered(_ raw: UInt64, _ token: UInt64, _ at: Double) -> [MembershipEffect] {
        step { $0.answered(connection(raw), token: token, at: time(at), into: &$1) }
    }
    mutating func heard(_ raw: UInt64, _ at: Double) {
        machine.heard(connection(raw), at: time(at))
    }
    mutating func adopt(_ roster: Roster, _ at: Double) -> [MembershipEffect] {
        step { $0.adopt(roster, at: time(at), into: &$1) }
    }
    mutating func learn(
        _ peer: Int, _ addresses: [String], listens: Bool = true, _ at: Double
    ) -> [MembershipEffect] {
        step {
            $0.learn(node(peer), addresses: addresses, listens: listens, at: time(at), into: &$1)
        }
    }
    mutating func claimedDown(_ peer: Int, _ at: Double) -> [MembershipEffect] {
        step { $0.claimedDown(node(peer), at: time(at), into: &$1) }
    }
    mutating func doubt(_ peer: Int, _ at: Double) -> [MembershipEffect] {
        step { $0.doubt(node(peer), at: time(at), into: &$1) }
    }
    mutating func answeredAbout(
        _ raw: UInt64, _ token: UInt64, alive: Bool, _ at: Double
    ) -> [MembershipEffect] {
        step {
            $0.answeredAbout(
                by: connection(raw), token: token, alive: alive, at: time(at), into: &$1)
        }
    }
    mutating func leave(_ at: Double) -> [MembershipEffect] {
        step { $0.leave(at: time(at), into: &$1) }
    }

    /// Ticks at every time it asks for, up to `end`.
    mutating func run(until end: Double) -> [MembershipEffect] {
        var all: [MembershipEffect] = []
        while let at = wake, at <= time(end) {
            wake = nil
            all += step { $0.tick(at: at, into: &$1) }
        }
        return all
    }

    func row(_ peer: Int) -> MemberStatus? {
        machine.status.first { $0.member.id == node(peer) }
    }
}

/// Who was dialled, in order.
func dialled(_ effects: [MembershipEffect]) -> [NodeID] {
    effects.compactMap { if case .dial(let id, _, _) = $0 { id } else { nil } }
}

func probes(_ effects: [MembershipEffect]) -> [UInt64] {
    effects.compactMap { if case .probe(_, _, let token) = $0 { token } else { nil } }
}
