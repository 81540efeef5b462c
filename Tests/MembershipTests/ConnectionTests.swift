// Room:  tests of Membership.
// Task:  one connection a pair, whatever the order of events; refusals and good-byes.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct ConnectionTests {
    @Test func crossingDials_bothEndsKeepTheOneOfTheLowerID_inEitherOrder() throws {
        // Connection 10 was opened by node 1, connection 20 by node 2.
        for lowerFirst in [true, false] {
            for own in [1, 2] {
                var steps = try Steps(own: own, of: 3)
                _ = steps.start()
                let peer = 3 - own
                let first: UInt64 = lowerFirst ? 10 : 20
                let second: UInt64 = lowerFirst ? 20 : 10
                let up = steps.connected(peer, first, outgoing: (first == 10) == (own == 1), 1)
                #expect(up.contains(.linkUp(node(peer), connection(first))))
                let next = steps.connected(peer, second, outgoing: (second == 10) == (own == 1), 2)
                #expect(next.contains(.close(connection(20), .duplicate)))
                #expect(steps.machine.connection(to: node(peer)) == connection(10))
                if !lowerFirst {
                    #expect(
                        Array(next.prefix(3)) == [
                            .close(connection(20), .duplicate),
                            .linkDown(node(peer), reason: .lost),
                            .linkUp(node(peer), connection(10)),
                        ])
                }
                #expect(steps.disconnected(20, nil, 3).allSatisfy { dialled([$0]) != [node(peer)] })
                #expect(steps.machine.links == [node(peer)])
            }
        }
    }

    @Test func aNewerConnectionOfTheSameDirectionReplacesTheOlder() throws {
        for outgoing in [true, false] {
            for own in [0, 2] {
                var steps = try Steps(own: own, of: 3)
                _ = steps.start()
                _ = steps.connected(1, 10, outgoing: outgoing, 1)
                let effects = steps.connected(1, 11, outgoing: outgoing, 2)
                #expect(effects.contains(.close(connection(10), .duplicate)))
                #expect(steps.machine.connection(to: node(1)) == connection(11))
                #expect(steps.machine.peer(of: connection(10)) == nil)
            }
        }
    }

    @Test func aRefusedDuplicatePutsTheKeptConnectionToTheTest() throws {
        // Node 0 dialled node 1; node 1 was started anew and dials while node 0 knows nothing.
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        _ = steps.connected(1, 10, outgoing: true, 1)
        let effects = steps.connected(1, 11, outgoing: false, 1.5)
        #expect(effects.contains(.close(connection(11), .duplicate)))
        #expect(probes(effects).count == 1)
        let later = steps.run(until: 7.8)
        #expect(later.contains(.close(connection(10), .silent)))
        #expect(later.contains(.linkDown(node(1), reason: .lost)))
        #expect(dialled(later) == [node(1)])
    }

    @Test func aKeptConnectionThatAnswersStays() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        _ = steps.connected(1, 10, outgoing: true, 1)
        let token = probes(steps.connected(1, 11, outgoing: false, 1.5))
        // As the driver does: the frame is heard, then found to be an answer.
        steps.heard(10, 1.6)
        _ = steps.answered(10, try #require(token.first), 1.6)
        #expect(steps.row(1)?.roundTrip == .milliseconds(100))
        for second in stride(from: 2.0, to: 30.0, by: 0.5) {
            steps.heard(10, second)
            _ = steps.run(until: second)
        }
        #expect(steps.machine.connection(to: node(1)) == connection(10))
    }

    @Test func aDuplicateRefusalIsNoFailureAndIsTriedAgainSoonButNotAtOnce() throws {
        var steps = try Steps(own: 1, of: 2)
        _ = steps.start()
        let first = steps.run(until: 0.25)
        #expect(dialled(first) == [node(0)])
        _ = steps.connected(0, 10, outgoing: true, 0.3)
        let effects = steps.disconnected(10, .duplicate, 0.4)
        #expect(effects.contains(.linkDown(node(0), reason: .lost)))
        let row = try #require(steps.row(0))
        #expect(row.failures == 0)
        let next = try #require(row.nextDial)
        #expect(next >= time(0.65) && next <= time(1.4))
    }

    @Test func aFullViewRefusesStrangersButNotALinkThatIsDialledAgain() throws {
        var settings = MembershipSettings()
        settings.view = 2
        settings.viewSlack = 1
        var steps = try Steps(own: 0, of: 8, settings: settings)
        _ = steps.start()
        for peer in 1...3 {
            _ = steps.connected(peer, UInt64(peer), outgoing: false, 1)
        }
        #expect(steps.machine.links.count == 3)
        #expect(
            steps.connected(4, 4, outgoing: false, 1.1).contains(.close(connection(4), .viewFull)))
        #expect(steps.machine.objection(to: node(4), outgoing: false) == .viewFull)
        _ = steps.disconnected(3, nil, 8)
        #expect(
            steps.connected(5, 5, outgoing: false, 8.1).contains(.close(connection(5), .viewFull)),
            "the place of a lost link is kept")
        #expect(
            steps.connected(3, 6, outgoing: false, 8.2).contains(.linkUp(node(3), connection(6))))
    }

    @Test func aFullViewMakesRoomForANodeWithoutLinks() throws {
        var settings = MembershipSettings()
        settings.view = 2
        settings.viewSlack = 1
        var steps = try Steps(own: 0, of: 8, settings: settings)
        #expect(steps.machine.isIsolated)
        _ = steps.start()
        for peer in 1...3 {
            _ = steps.connected(peer, UInt64(peer), outgoing: false, isolated: true, 1)
        }
        #expect(!steps.machine.isIsolated)
        #expect(steps.machine.objection(to: node(4), outgoing: false) == .viewFull)
        let effects = steps.connected(4, 4, outgoing: false, isolated: true, 2)
        #expect(effects.contains(.linkUp(node(4), connection(4))))
        let left = (1...3).filter { effects.contains(.close(connection(UInt64($0)), .viewFull)) }
        #expect(left.count == 1)
        for peer in left { #expect(effects.contains(.linkDown(node(peer), reason: .redrawn))) }
        #expect(steps.machine.links.count == 3)

        // The place that is kept for a lost link goes first: no link has to be closed.
        _ = steps.disconnected(4, nil, 9)
        let more = steps.connected(5, 5, outgoing: false, isolated: true, 9.1)
        #expect(more.contains(.linkDown(node(4), reason: .redrawn)))
        #expect(!more.contains { if case .close = $0 { true } else { false } })
        #expect(steps.machine.links.count == 3 && !steps.machine.isIsolated)
    }

    @Test func strangersAndOneselfAreNoMembers() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        for stranger in [0, 9] {
            let effects = steps.connected(stranger, UInt64(stranger + 1), outgoing: false, 1)
            #expect(
                effects.contains(
                    .close(connection(UInt64(stranger + 1)), .notAMember(node(stranger)))))
        }
        #expect(steps.machine.links.isEmpty)
    }

    @Test func aPeerThatLeavesIsLeft_seldomDialled_andWelcomeBack() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        _ = steps.connected(1, 10, outgoing: false, 1)
        let effects = steps.disconnected(10, .leaving, 10)
        #expect(
            effects.prefix(2) == [.linkDown(node(1), reason: .left), .changed(node(1), .left)])
        #expect(!effects.contains(.linkDown(node(1), reason: .lost)))
        var dials = 0
        var at = 10.0
        while at < 1000 {
            at += 1
            for case .dial(let id, _, let attempt) in steps.tick(at) {
                dials += 1
                _ = steps.dialFailed(
                    id == node(1) ? 1 : 0, attempt, nil, at)
            }
        }
        #expect(dials >= 5 && dials <= 33, "30 to 120 s apart, in 990 s: \(dials)")
        #expect(steps.machine.liveness(of: node(1)) == .left)
        let back = steps.connected(1, 11, outgoing: false, 1001)
        #expect(back.contains(.linkUp(node(1), connection(11))))
        #expect(steps.machine.liveness(of: node(1)) == .alive)
    }

    @Test func leavingClosesEveryLinkAndDialsNoMore() throws {
        var steps = try Steps(own: 0, of: 4)
        _ = steps.start()
        _ = steps.connected(1, 1, outgoing: false, 1)
        _ = steps.connected(3, 3, outgoing: true, 1)
        let effects = steps.leave(2)
        #expect(effects.contains(.close(connection(1), .leaving)))
        #expect(effects.contains(.close(connection(3), .leaving)))
        #expect(effects.contains(.linkDown(node(3), reason: .left)))
        #expect(steps.machine.links.isEmpty)
        #expect(steps.tick(60).isEmpty)
        #expect(
            steps.connected(2, 5, outgoing: false, 61) == [.close(connection(5), .leaving)])
        #expect(steps.disconnected(1, nil, 62).isEmpty)
    }

    @Test func staleEventsChangeNothing() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        _ = steps.run(until: 0.25)
        #expect(steps.dialFailed(1, 7, nil, 0.3).isEmpty)
        #expect(steps.dialFailed(9, 1, nil, 0.3).isEmpty)
        #expect(steps.disconnected(99, nil, 0.3).isEmpty)
        #expect(steps.answered(99, 1, 0.3).isEmpty)
        #expect(steps.row(1)?.failures == 0)
        _ = steps.dialFailed(1, 1, nil, 0.4)
        #expect(steps.row(1)?.failures == 1)
        #expect(steps.dialFailed(1, 1, nil, 0.5).isEmpty, "told twice")
        #expect(steps.row(1)?.failures == 1)
    }
}
