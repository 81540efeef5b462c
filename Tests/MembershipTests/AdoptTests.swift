// Room:  tests of Membership.
// Task:  a roster that changes: the expelled are out at once, the admitted are in.
// May:   anything.
// Proof: itself

@testable import Membership
import Testing

@Suite struct AdoptTests {
    @Test func anExpelledMemberIsDisconnectedForgotten_andNotTakenAgain() throws {
        var steps = try Steps(own: 0, of: 4)
        _ = steps.start()
        _ = steps.connected(1, 10, outgoing: false, 1)
        _ = steps.connected(2, 20, outgoing: true, 1)
        let next = changed(steps.machine.roster, expelling: [1])
        let effects = steps.adopt(next, 2)
        #expect(
            Array(effects.prefix(2)) == [
                .close(connection(10), .expelled), .linkDown(node(1), reason: .expelled),
            ])
        #expect(steps.machine.links == [node(2)])
        #expect(steps.row(1) == nil && steps.machine.status.count == 2)
        #expect(steps.machine.objection(to: node(1), outgoing: false) == .notAMember(node(1)))
        #expect(
            steps.connected(1, 11, outgoing: false, 3)
                == [.close(connection(11), .notAMember(node(1)))])
        #expect(steps.learn(1, ["elsewhere:1"], 4).isEmpty)
        #expect(steps.claimedDown(1, 4).isEmpty && steps.doubt(1, 4).isEmpty)
        #expect(steps.disconnected(10, nil, 4).isEmpty)
        #expect(!dialled(steps.run(until: 300)).contains(node(1)))
    }

    @Test func placesAreKept_whoIsAdmittedIsDialledAtOnce() throws {
        var steps = try Steps(own: 5, of: 6)
        _ = steps.start()
        for peer in 0..<5 { _ = steps.connected(peer, UInt64(peer + 1), outgoing: true, 1) }
        // Its ID sorts first; its place comes last.
        let newcomer = Member(
            id: try #require(NodeID(bytes: [UInt8](repeating: 0, count: 31) + [1])), name: "late",
            addresses: ["late:1"])
        let old = steps.machine.roster
        let next = try #require(old.applying(.admit(newcomer)))
        #expect(dialled(steps.adopt(next, 2) + steps.run(until: 2.25)) == [newcomer.id])
        let row = try #require(steps.machine.status.last)
        #expect(row.member == newcomer && row.since == time(2))
        #expect(steps.machine.links.count == 5)
    }

    @Test func whoIsReadmittedIsDialledAgain_asIfItHadNeverFailed() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        for case .dial(_, _, let attempt) in steps.run(until: 0.25) {
            _ = steps.dialFailed(1, attempt, .otherFederation, 0.3)
        }
        #expect(steps.row(1)?.failures == 1)
        _ = steps.adopt(changed(steps.machine.roster, expelling: [1]), 1)
        #expect(steps.run(until: 60).isEmpty)
        _ = steps.adopt(changed(steps.machine.roster, admitting: [1]), 61)
        #expect(dialled(steps.run(until: 61.25)) == [node(1)])
        #expect(steps.row(1)?.failures == 0 && steps.row(1)?.attempts == 1)
    }

    @Test func aNodeThatIsOutClosesEverythingAndDialsNobody_untilItIsInAgain() throws {
        var steps = try Steps(own: 0, of: 4)
        _ = steps.start()
        _ = steps.connected(1, 10, outgoing: false, 1)
        let effects = steps.adopt(changed(steps.machine.roster, expelling: [0]), 2)
        #expect(
            effects == [
                .close(connection(10), .leaving), .linkDown(node(1), reason: .expelled),
                .changed(node(1), .unknown),
            ])
        #expect(steps.machine.isExpelled)
        #expect(steps.run(until: 300).isEmpty)
        #expect(
            steps.connected(2, 20, outgoing: false, 301) == [.close(connection(20), .leaving)])
        let back = steps.adopt(changed(steps.machine.roster, admitting: [0]), 302)
        #expect(!dialled(back + steps.run(until: 303)).isEmpty && !steps.machine.isExpelled)
    }

    @Test func aFederationThatGrowsBeyondAFullMeshKeepsItsLinksAndDialsNoMore() throws {
        var steps = try Steps(own: 0, of: 8)
        _ = steps.start()
        for peer in 1...7 { _ = steps.connected(peer, UInt64(peer), outgoing: true, 1) }
        let effects = steps.adopt(changed(steps.machine.roster, admitting: [8, 9]), 2)
        #expect(effects.isEmpty && steps.machine.links.count == 7)
        #expect(dialled(steps.run(until: 4)).isEmpty)
    }
}
