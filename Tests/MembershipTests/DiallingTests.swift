// Room:  tests of Membership.
// Task:  whom a machine dials and when.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct DiallingTests {
    @Test func atMostFourDialsAtOnce() throws {
        var steps = try Steps(own: 0, of: 8)
        _ = steps.start()
        let first = steps.run(until: 1)
        #expect(dialled(first).count == 4)
        let freed = steps.connected(
            try #require((1...7).first { node($0) == dialled(first)[0] }), 1, outgoing: true, 1.1)
        #expect(dialled(freed).count == 1)
    }

    @Test func everyMemberOfASmallFederationIsDialled() throws {
        var steps = try Steps(own: 3, of: 8)
        _ = steps.start()
        var seen: Set<NodeID> = []
        var raw: UInt64 = 0
        var effects = steps.run(until: 1)
        while !dialled(effects).isEmpty {
            var next: [MembershipEffect] = []
            for id in dialled(effects) {
                seen.insert(id)
                raw += 1
                let peer = try #require((0..<8).first { node($0) == id })
                next += steps.connected(peer, raw, outgoing: true, 1)
            }
            effects = next
        }
        #expect(seen.count == 7)
        #expect(steps.machine.links.count == 7)
    }

    @Test func aLargeFederationIsDialledUntilTheViewIsFilled_differentlyForEachSeed() throws {
        var views: Set<[NodeID]> = []
        for seed in 1...5 as ClosedRange<UInt64> {
            var steps = try Steps(own: 0, of: 40, seed: seed)
            _ = steps.start()
            var raw: UInt64 = 0
            var pending = dialled(steps.run(until: 1))
            while let id = pending.popLast() {
                raw += 1
                let peer = try #require((0..<40).first { node($0) == id })
                pending += dialled(steps.connected(peer, raw, outgoing: true, 1))
            }
            #expect(steps.machine.links.count == 7, "seed \(seed)")
            views.insert(steps.machine.links)
        }
        #expect(views.count == 5)
    }

    @Test func theSameSeedGivesTheSameEffects() throws {
        func trace(_ seed: UInt64) throws -> [MembershipEffect] {
            var steps = try Steps(own: 2, of: 20, seed: seed)
            return steps.start() + steps.run(until: 100)
        }
        #expect(try trace(5) == trace(5))
        #expect(try trace(5) != trace(6))
    }

    @Test func nobodyWithoutAnAddressIsDialled_norOneThatSaysItDoesNotListen() throws {
        var steps = try Steps(own: 0, of: 4, silent: [1])
        _ = steps.start()
        _ = steps.connected(2, 5, outgoing: false, listens: false, 0.1)
        _ = steps.disconnected(5, nil, 0.2)
        let effects = steps.run(until: 200)
        #expect(Set(dialled(effects)) == [node(3)])
        #expect(steps.row(1)?.listens == false && steps.row(2)?.listens == false)
        #expect(
            steps.connected(1, 6, outgoing: false, listens: false, 201)
                .contains(.linkUp(node(1), connection(6))))
    }

    @Test func failuresDoubleTheBoundOfTheWaitUpToTheCap_forEver() throws {
        var longest = Duration.zero
        for seed in 1...20 as ClosedRange<UInt64> {
            var steps = try Steps(own: 0, of: 2, seed: seed)
            _ = steps.start()
            var at = time(0)
            var bound = Duration.milliseconds(250)
            for failure in 1...60 {
                var attempt: UInt64?
                while attempt == nil {
                    at = try #require(steps.wake)
                    var out: [MembershipEffect] = []
                    steps.machine.tick(at: at, into: &out)
                    for case .wake(let next) in out { steps.wake = next }
                    for case .dial(_, _, let number) in out { attempt = number }
                }
                var out: [MembershipEffect] = []
                steps.machine.dialFailed(
                    node(1), attempt: try #require(attempt), at: at, into: &out)
                for case .wake(let next) in out { steps.wake = next }
                let next = try #require(steps.row(1)?.nextDial)
                #expect(next - at <= bound, "seed \(seed), failure \(failure)")
                longest = max(longest, next - at)
                bound = min(bound * 2, .seconds(30))
            }
            #expect(steps.machine.liveness(of: node(1)) == .down)
        }
        #expect(longest > .seconds(25), "jitter reaches up to the cap: \(longest)")
    }

    @Test func aDialWithoutNewsFailsByItself() throws {
        var steps = try Steps(own: 0, of: 2)
        _ = steps.start()
        #expect(dialled(steps.run(until: 0.25)).count == 1)
        _ = steps.run(until: 5.25)
        #expect(steps.row(1)?.failures == 1)
        #expect(dialled(steps.run(until: 6)).count == 1)
    }

    @Test func aLostLinkIsDialledAgainBeforeOthers_andReplacedOnceItIsDown() throws {
        var settings = MembershipSettings()
        settings.view = 1
        settings.viewSlack = 0
        var steps = try Steps(own: 0, of: 5, settings: settings)
        _ = steps.start()
        let first = try #require(dialled(steps.run(until: 0.25)).first)
        let peer = try #require((1...4).first { node($0) == first })
        _ = steps.connected(peer, 1, outgoing: true, 0.3)
        steps.heard(1, 8)
        let lost = steps.disconnected(1, nil, 10)
        #expect(lost == [.linkDown(first, reason: .lost)])
        var others: [(Double, NodeID)] = []
        var down: Double?
        var at = 10.0
        while at < 60, others.isEmpty {
            at += 0.1
            for effect in steps.tick(at) {
                if case .linkDown(first, reason: .down) = effect { down = at }
                if case .dial(let id, _, let attempt) = effect {
                    if id == first {
                        _ = steps.dialFailed(peer, attempt, nil, at)
                    } else {
                        others.append((at, id))
                    }
                }
            }
        }
        let when = try #require(down)
        #expect(when > 29.9 && when < 30.3)
        #expect(try #require(others.first).0 >= when)
        #expect(try #require(steps.row(peer)).attempts > 5)
    }

    @Test func aMemberThatRefusedBecauseOfItsFullViewStandsBehindOthers() throws {
        var settings = MembershipSettings()
        settings.view = 1
        settings.viewSlack = 0
        settings.dialsInFlight = 1
        for seed in 1...20 as ClosedRange<UInt64> {
            var steps = try Steps(own: 0, of: 5, seed: seed, settings: settings)
            _ = steps.start()
            var order: [NodeID] = []
            // All four are due; each refusal makes room for the next dial.
            var effects = steps.tick(0.25)
            while order.count < 4, case .dial(let id, _, let attempt)? = effects.last {
                order.append(id)
                let peer = try #require((1...4).first { node($0) == id })
                effects = steps.dialFailed(peer, attempt, .viewFull, 0.25)
            }
            #expect(Set(order).count == 4, "seed \(seed)")
        }
    }

    @Test func whoIsRefusedForGoodIsNotHurried() throws {
        for refusal in [Refusal.otherFederation, .version, .notAMember, .expelled] {
            var steps = try Steps(own: 0, of: 2, seed: 3)
            _ = steps.start()
            var dials = 0
            var at = 0.0
            while at < 600 {
                at += 0.25
                for case .dial(_, _, let attempt) in steps.tick(at) {
                    dials += 1
                    _ = steps.dialFailed(1, attempt, refusal, at)
                }
            }
            #expect(dials > 15 && dials < 80, "every 15 s on average: \(dials)")
        }
    }

    @Test func aLinkThatBreaksAtOnceEachTimeIsDialledEverMoreSeldom() throws {
        var steps = try Steps(own: 0, of: 2, seed: 9)
        _ = steps.start()
        var dials = 0
        var at = 0.0
        while at < 300 {
            at += 0.05
            if !dialled(steps.tick(at)).isEmpty {
                dials += 1
                _ = steps.connected(1, UInt64(dials), outgoing: true, at)
                _ = steps.disconnected(UInt64(dials), .protocolError, at)
            }
        }
        #expect(dials > 10 && dials < 45, "\(dials)")
    }
}
