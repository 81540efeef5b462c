// Room:  tests of Membership.
// Task:  the roster of founders.
// May:   anything.
// Proof: itself

import Federation
import Membership
import Testing

@Suite struct RosterTests {
    @Test func membersStandInTheOrderOfTheirIDs() throws {
        let members = [3, 1, 2].map { Member(id: node($0), name: "n\($0)", addresses: []) }
        let roster = try Roster(founders: members)
        #expect(roster.members.map(\.id) == [node(1), node(2), node(3)])
        #expect(roster[node(2)]?.name == "n2")
        #expect(roster[node(4)] == nil)
        #expect(roster.contains(node(3)) && !roster.contains(node(4)))
        #expect(roster.generation == 0)
    }

    @Test func aFounderTwiceIsRefusedByName() {
        let twice = Member(id: node(7), name: "a", addresses: [])
        #expect(throws: RosterError.repeated(node(7))) { try Roster(founders: [twice, twice]) }
        #expect(throws: RosterError.empty) { try Roster(founders: []) }
        #expect(RosterError.repeated(node(7)).what.contains(node(7).description))
    }

    @Test func theFoundersOfAFederationFileAreItsGenerationZero() throws {
        let file = try FederationFile.make(
            name: "three", founders: ["b=\(node(2))@b.example:7447", "a=\(node(1))"],
            sizes: [4, 2])
        let roster = try Roster(file)
        #expect(
            roster.members == [
                Member(id: node(1), name: "a", addresses: []),
                Member(id: node(2), name: "b", addresses: ["b.example:7447"]),
            ])
    }
}
