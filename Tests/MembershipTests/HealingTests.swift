// Room:  tests of Membership.
// Task:  parts, moves and expulsions with the directory at work: all find each other in seconds.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct HealingTests {
    private func mesh(_ net: VirtualNetwork, without: Set<Int> = []) -> Bool {
        net.hosts.indices.allSatisfy { a in
            net.hosts.indices.allSatisfy { b in
                a >= b || net.linked(a, b) != (without.contains(a) || without.contains(b))
            }
        }
    }

    @Test func halvesFindEachOtherWithinSecondsHoweverLongTheyWereApart() throws {
        var slowest = 0
        for seed in 1...10 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 8, seed: seed, gossips: true)
            for number in 0..<8 { net.boot(number) }
            net.run(for: 10_000)
            net.split([0, 1, 2, 3])
            net.run(for: 60_000 + seed * 6_000)
            #expect(net.hosts[0].machine.liveness(of: node(7)) == .down, "seed \(seed)")
            net.heal()
            var seconds = 0
            while !mesh(net), seconds < 60 {
                net.run(for: 1_000)
                seconds += 1
            }
            slowest = max(slowest, seconds)
        }
        // One dial of the many gets through; then all know. Of those under way while the network
        // was away, each has to fail first (5 s).
        #expect(slowest <= 12, "\(slowest) s")
    }

    @Test func halvesOfALargeFederationAreJoinedByManyLinks() throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 24, seed: seed, gossips: true)
            for number in 0..<24 { net.boot(number) }
            net.run(for: 15_000)
            net.split(Set(0..<12))
            net.run(for: 90_000)
            net.heal()
            net.run(for: 20_000)
            let across = (0..<12).reduce(0) { sum, a in
                sum + (12..<24).filter { net.linked(a, $0) }.count
            }
            #expect(across >= 12, "seed \(seed): \(across) links across")
        }
    }

    @Test func fourOfFiveAreKilledAndEveryOneComesBackAtAnotherPort() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 5, seed: seed, gossips: true)
            for number in 0..<5 { net.boot(number) }
            net.run(for: 10_000)
            for number in 1..<5 { net.kill(number, power: seed % 2 == 0) }
            if seed % 3 == 0 { net.run(for: 120_000) }
            for number in 1..<5 {
                net.move(number, port: 9000 + number)
                net.boot(number)
                net.run(for: 300)
            }
            net.run(for: 12_000)
            #expect(mesh(net), "seed \(seed)")
        }
    }

    @Test func anExpelledMemberIsDisconnectedByAllAtOnce_andStaysOut() throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 6, seed: seed, gossips: true)
            for number in 0..<6 { net.boot(number) }
            net.run(for: 10_000)
            let next = changed(net.roster, expelling: [2])
            // It is the last to hear of it, or never does.
            for number in [0, 1, 3, 4, 5] { net.adopt(next, number) }
            net.run(for: 500)
            #expect(mesh(net, without: [2]), "seed \(seed)")
            net.run(for: 60_000)
            #expect(mesh(net, without: [2]) && net.openCables(2, 0) == 0, "seed \(seed)")
        }
    }

    @Test func aMemberWithoutLinkHereIsDownHereOnlyWhenItIsDown() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 24, seed: seed)
            for number in 0..<24 { net.boot(number) }
            net.run(for: 15_000)
            let others = (1..<24).filter { !net.linked(0, $0) }
            let (dead, living) = (others[0], others[1])
            net.kill(dead, power: false)
            net.run(for: 1_000)
            net.doubt(dead, by: 0)
            net.doubt(living, by: 0)
            net.run(for: 10_000)
            #expect(net.hosts[0].machine.liveness(of: node(dead)) == .down, "seed \(seed)")
            #expect(net.hosts[0].machine.liveness(of: node(living)) != .down, "seed \(seed)")
        }
    }
}
