// Room:  tests of Membership.
// Task:  a member that nothing has happened with costs nothing, and reads as if it had a state.
// May:   anything.
// Proof: itself

import Testing

@testable import Membership

@Suite struct MemberTableTests {
    private func table() throws -> MemberTable {
        MemberTable(roster: try roster(6, silent: [4]), own: 2, now: time(3))
    }

    @Test("An untried member reads as unknown, since the beginning, and is due at once")
    func untriedMember() throws {
        let table = try table()
        #expect(table.met.isEmpty && table.untried == 4)
        #expect(table[0].liveness == .unknown && table[0].since == time(3) && table[0].listens)
        #expect(table[0].notBefore == time(3) && table[0].attempts == 0)
        #expect(!table[4].listens, "it has no address")
        #expect(table.met.isEmpty, "reading meets nobody")
    }

    @Test("A member whose state is set is met, in the order of the roster, and no longer untried")
    func metMember() throws {
        var table = try table()
        table[5].attempts = 1
        table[1].attempts = 2
        table[4].failures = 1
        #expect(table.met == [1, 4, 5] && table.states.map(\.attempts) == [2, 0, 1])
        #expect(table.untried == 2)
        #expect(table[5].notBefore == time(3))
        var due: [Int] = []
        table.appendUntried(dueAt: time(3), to: &due)
        #expect(due == [0, 3])
        table.checkInvariants()
    }

    @Test("Rest puts off the first dial of the untried and the next one of the met")
    func rest() throws {
        var table = try table()
        table[1].attempts = 1
        for place in [0, 1, 3, 4, 5] { table.rest(place, until: time(10 + Double(place))) }
        #expect(table.nextUntried == time(10))
        #expect(table[1].notBefore == time(11))
        var due: [Int] = []
        table.appendUntried(dueAt: time(13), to: &due)
        #expect(due == [0, 3], "4 has no address, 5 rests longer")
        for place in [0, 3, 5] { table[place].attempts = 1 }
        #expect(table.untried == 0 && table.nextUntried == nil)
        table.checkInvariants()
    }

    @Test("In a large federation a node keeps a state of those only that it has met")
    func keepsFew() throws {
        var steps = try Steps(own: 500, of: 1000)
        var links: UInt64 = 0
        for effect in steps.start() + steps.run(until: 1) {
            guard case .dial(let peer, _, _) = effect else { continue }
            links += 1
            guard let number = (0..<1000).first(where: { node($0) == peer }) else { continue }
            _ = steps.connected(number, links, outgoing: true, 1)
        }
        #expect(links == 4 && steps.machine.links.count == 4)
        #expect(steps.machine.members.met.count <= 8)
        #expect(steps.machine.status.count == 999)
        #expect(MemoryLayout<MemberState>.stride <= 256)
    }
}
