// Room:  tests of Membership.
// Task:  what the directory says steers whom a machine dials, and where.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct NewsTests {
    private func addresses(_ effects: [MembershipEffect]) -> [[String]] {
        effects.compactMap { if case .dial(_, let addresses, _) = $0 { addresses } else { nil } }
    }

    @Test func learntAddressesAreTriedFirst_theRostersAfterThemForEver() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.learn(1, ["moved:1", "n1.example:7447"], 0)
        _ = steps.start()
        #expect(addresses(steps.run(until: 0.25)) == [["moved:1", "n1.example:7447"]])
        #expect(steps.row(1)?.addresses == ["moved:1", "n1.example:7447"])
        _ = steps.learn(1, ["moved:2"], 1)
        #expect(steps.row(1)?.addresses == ["moved:2", "n1.example:7447"])
    }

    @Test func whatAPeerSaysOfItselfIsBounded() throws {
        var steps = try Steps(own: 0, of: 2)
        let flood = (0..<100).map { "h\($0):1" } + [String(repeating: "x", count: 256)]
        _ = steps.learn(1, flood.reversed() + [""], 0)
        #expect(steps.row(1)?.addresses.count == 9)
        #expect(steps.row(1)?.addresses.contains { $0.utf8.count > 255 || $0.isEmpty } == false)
    }

    @Test func aNewAddressOfAMemberInTroubleIsTriedAtOnce_theSameAgainIsNot() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        var at = 0.0
        while at < 200 {
            at += 0.25
            for case .dial(_, _, let attempt) in steps.tick(at) {
                _ = steps.dialFailed(1, attempt, nil, at)
            }
        }
        let row = try #require(steps.row(1))
        #expect(row.liveness == .down && row.failures > 10)
        for _ in 0..<20 { #expect(steps.learn(1, ["n1.example:7447"], at).isEmpty) }
        #expect(steps.row(1)?.failures == row.failures)
        let news = steps.learn(1, ["moved:1"], at)
        #expect(news.contains(.changed(node(1), .unknown)))
        #expect(addresses(news + steps.run(until: at + 0.25)) == [["moved:1", "n1.example:7447"]])
        #expect(steps.row(1)?.failures == 0)
    }

    @Test func whoHasNoAddressInTheRosterCanBeDialledOnceOneIsLearnt_andTheOtherWayRound() throws {
        var steps = try Steps(own: 0, of: 3, silent: [1])
        _ = steps.start()
        _ = steps.learn(2, [], listens: false, 0)
        #expect(steps.run(until: 5).isEmpty)
        let effects = steps.learn(1, ["found:1"], 5)
        #expect(addresses(effects + steps.run(until: 5.25)) == [["found:1"]])
    }

    @Test func thePlaceOfALostLinkIsFreeAtOnceWhenThePeerIsKnownToBeDown() throws {
        var settings = MembershipSettings()
        settings.view = 1
        settings.viewSlack = 0
        var steps = try Steps(own: 0, of: 4, settings: settings)
        _ = steps.start()
        _ = steps.connected(1, 10, outgoing: false, 0.01)
        _ = steps.disconnected(10, nil, 10)
        let effects = steps.claimedDown(1, 10.1)
        #expect(effects.contains(.linkDown(node(1), reason: .down)))
        #expect(effects.contains(.changed(node(1), .down)))
        let next = dialled(effects + steps.run(until: 10.4))
        #expect(next.count == 1 && next != [node(1)])
        #expect(steps.row(1)?.isClaimedDown == true)
        #expect(steps.claimedDown(1, 10.5).isEmpty, "said twice")
    }

    @Test func aClaimAboutALinkThatIsUpOnlyPutsItToTheTest() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        _ = steps.connected(1, 10, outgoing: true, 1)
        let effects = steps.claimedDown(1, 1.5)
        #expect(probes(effects).count == 1 && effects.count == 1)
        #expect(steps.claimedDown(1, 1.6).isEmpty, "it is asked already")
        #expect(steps.row(1)?.liveness == .alive && steps.row(1)?.isClaimedDown == false)
    }

    @Test func whoIsClaimedDownStandsBehindAllOthers_untilItSpeaksAgain() throws {
        var settings = MembershipSettings()
        settings.view = 1
        settings.viewSlack = 0
        settings.dialsInFlight = 1
        for seed in 1...20 as ClosedRange<UInt64> {
            var steps = try Steps(own: 0, of: 4, seed: seed, settings: settings)
            _ = steps.claimedDown(1, 0)
            _ = steps.claimedDown(2, 0)
            _ = steps.start()
            #expect(dialled(steps.run(until: 0.25)) == [node(3)], "seed \(seed)")
            _ = steps.learn(2, ["n2.example:7447"], 1)
            #expect(steps.row(2)?.isClaimedDown == false)
            let refused = steps.dialFailed(3, 1, .viewFull, 1.3)
            #expect(dialled(refused) == [node(2)], "seed \(seed)")
        }
    }

    @Test func aLostLinkThatIsGivenUpIsClaimedDown_whereAnotherLinkIsLeft() throws {
        for isAlone in [true, false] {
            var steps = try Steps(own: 0, of: 3)
            _ = steps.start()
            _ = steps.connected(1, 10, outgoing: true, 1)
            if !isAlone { _ = steps.connected(2, 20, outgoing: true, 1) }
            _ = steps.disconnected(10, nil, 10)
            var effects: [MembershipEffect] = []
            for second in stride(from: 10.5, to: 40, by: 0.5) {
                steps.heard(20, second)
                effects += steps.run(until: second)
            }
            #expect(steps.row(1)?.liveness == .down)
            #expect(effects.filter { $0 == .claimDown(node(1)) }.count == (isAlone ? 0 : 1))
        }
    }

    @Test func theFirstLinkAfterNoneMeansThatTheFaultWasHere_soAllAreTriedAgain() throws {
        var steps = try Steps(own: 0, of: 4)
        _ = steps.start()
        var at = 0.0
        while at < 200 {
            at += 0.25
            for case .dial(let id, _, let attempt) in steps.tick(at) {
                let peer = try #require((1...3).first { node($0) == id })
                _ = steps.dialFailed(peer, attempt, nil, at)
            }
        }
        let effects = steps.connected(1, 10, outgoing: false, at)
        #expect(Set(dialled(effects + steps.run(until: at + 1))) == [node(2), node(3)])
    }

    @Test func whoSaidThatItLeftIsNotDialledForAWhile() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        let effects = steps.step { $0.departed(node(1), at: time(0.01), into: &$1) }
        #expect(effects == [.changed(node(1), .left)])
        #expect(dialled(steps.run(until: 29)).isEmpty)
        #expect(!dialled(steps.run(until: 121)).isEmpty)
    }
}
