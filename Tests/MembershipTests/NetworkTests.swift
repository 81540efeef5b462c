// Room:  tests of Membership.
// Task:  laws that hold for many machines on a bad network, seed after seed.
// May:   anything.
// Proof: itself

import Membership
import Model
import Testing

@Suite struct NetworkTests {
    /// What is wrong with a small federation that has come to rest; empty where all is well.
    private func faults(_ net: VirtualNetwork) -> [String] {
        var faults: [String] = []
        for a in net.hosts.indices {
            net.hosts[a].machine.checkInvariants()
            for b in net.hosts.indices where a < b {
                let wanted =
                    net.hosts[a].isUp && net.hosts[b].isUp
                    && (net.hosts[a].listens || net.hosts[b].listens)
                if net.linked(a, b) != wanted { faults.append("\(a)-\(b) linked: \(!wanted)") }
                let open = net.openCables(a, b)
                if open != (wanted ? 1 : 0) { faults.append("\(a)-\(b): \(open) connections") }
            }
        }
        return faults
    }

    @Test func smallFederationsBecomeAFullMesh_oneConnectionAPair() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let count = 2 + random.below(7)
            let silent = Set((1..<count).filter { _ in random.below(4) == 0 })
            var net = try VirtualNetwork(count: count, silent: silent, seed: seed)
            for number in 0..<count {
                net.boot(number)
                if random.below(3) > 0 { net.run(for: UInt64(random.below(1000))) }
            }
            net.run(for: 20_000)
            #expect(faults(net) == [], "seed \(seed), \(count) nodes, silent \(silent)")
            let before = net.dials
            net.run(for: 10_000)
            #expect(net.dials == before, "seed \(seed): dials at rest")
        }
    }

    @Test func nodesThatAllDialEachOtherAtOnceNeedNoSecondDial() throws {
        for seed in 1...100 as ClosedRange<UInt64> {
            let count = 2 + Int(seed % 4)
            var net = try VirtualNetwork(count: count, seed: seed)
            for number in 0..<count { net.boot(number) }
            net.run(for: 1_500)
            #expect(faults(net) == [], "seed \(seed)")
            #expect(net.dials <= count * (count - 1), "seed \(seed): \(net.dials) dials")
        }
    }

    @Test func afterAStormOfFaultsTheMeshIsWholeAgain() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed &+ 1_000_000)
            let count = 2 + random.below(7)
            let silent = Set((1..<count).filter { _ in random.below(5) == 0 })
            var net = try VirtualNetwork(count: count, silent: silent, seed: seed)
            for number in 0..<count { net.boot(number) }
            var story: [String] = []
            for _ in 0..<10 {
                net.run(for: UInt64(random.below(6000)))
                let one = random.below(count)
                let other = random.below(count)
                let kind = random.below(7)
                story.append("\(net.now):\(kind)/\(one)/\(other)")
                switch kind {
                case 0, 1:
                    net.kill(one, power: kind == 1)
                    net.run(for: UInt64(random.below(8000)))
                    net.boot(one)
                case 2, 3: net.breakOne()
                case 4: net.split(Set((0..<count).filter { _ in random.below(2) == 0 }))
                case 5: net.blocked.insert([one, other])
                case 6: net.heal()
                default: break
                }
            }
            net.heal()
            // The worst case: a silent link is found (22.5 s), a wait (30 s), a dial that was
            // lost (5 s) before that.
            net.run(for: 60_000)
            #expect(
                faults(net) == [],
                "seed \(seed), \(count) nodes, silent \(silent), \(story.joined(separator: " "))")
        }
    }

    @Test func aPartitionOfFiveMinutesHealsWithinTheCapOfTheBackOff_withoutAStormOfDials() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 8, seed: seed)
            for number in 0..<8 { net.boot(number) }
            net.run(for: 10_000)
            net.split([0, 1, 2, 3])
            let before = net.dials
            net.run(for: 300_000)
            let during = net.dials - before
            // 32 directed pairs; a dial each 15 s and more on average, and the first doublings.
            #expect(during < 32 * 35, "seed \(seed): \(during) dials")
            #expect(during > 32 * 8, "seed \(seed): they are dialled for ever: \(during)")
            for a in 0..<4 {
                for b in 4..<8 {
                    #expect(net.hosts[a].machine.liveness(of: node(b)) == .down)
                }
            }
            net.heal()
            net.run(for: 36_000)  // The cap, and a dial that was under way.
            #expect(faults(net) == [], "seed \(seed)")
        }
    }

    @Test func aLinkThatCarriesOnlyOneWayIsFoundByQuestionsAndReplaced() throws {
        for seed in 1...50 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 2, seed: seed)
            net.boot(0)
            net.boot(1)
            net.run(for: 5_000)
            let old = net.cable(0, to: 1)
            #expect(old != nil && net.linked(0, 1), "seed \(seed)")
            let direction = seed % 2 == 0 ? [0, 1] : [1, 0]
            net.blocked.insert(direction)
            // Asked after 6.25 s at the latest.
            net.run(for: 12_400)
            let deaf = direction[1]
            #expect(
                net.hosts[deaf].machine.liveness(of: node(direction[0])) == .suspect,
                "seed \(seed)")
            net.run(for: 14_400)
            #expect(net.cable(deaf, to: direction[0]) == nil, "seed \(seed): given up")
            net.heal()
            net.run(for: 36_000)
            #expect(faults(net) == [], "seed \(seed)")
            #expect(net.cable(0, to: 1) != old, "seed \(seed)")
        }
    }

    @Test func aNodeThatLeavesIsLeftEverywhere_andIsLinkedAgainWhenItComesBack() throws {
        for seed in 1...30 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 5, seed: seed)
            for number in 0..<5 { net.boot(number) }
            net.run(for: 10_000)
            net.leave(2)
            net.run(for: 60_000)
            for other in [0, 1, 3, 4] {
                #expect(net.hosts[other].machine.liveness(of: node(2)) == .left, "seed \(seed)")
            }
            #expect(faults(net) == [], "seed \(seed)")
            net.boot(2)
            net.run(for: 5_000)
            #expect(faults(net) == [], "seed \(seed)")
        }
    }

    /// What is wrong with a large federation; empty where all is well.
    private func viewFaults(_ net: VirtualNetwork, view: Int = 7, slack: Int = 3) -> [String] {
        var faults: [String] = []
        var reached: Set<Int> = [0]
        var frontier = [0]
        var filled = 0
        for a in net.hosts.indices {
            net.hosts[a].machine.checkInvariants()
            let links = net.hosts.indices.filter { net.linked(a, $0) }.count
            if links < 1 || links > view + slack { faults.append("\(a): \(links) links") }
            // Where acceptors do not wait, a dialler has a link until the refusal arrives.
            let believed = net.hosts[a].machine.links.count
            if links != believed, net.acceptorWaits { faults.append("\(a): ends disagree") }
            if links >= view - 1 { filled += 1 }
        }
        if filled * 4 < net.hosts.count * 3 { faults.append("only \(filled) views are filled") }
        while let a = frontier.popLast() {
            for b in net.hosts.indices where net.linked(a, b) && reached.insert(b).inserted {
                frontier.append(b)
            }
        }
        if reached.count != net.hosts.count { faults.append("\(reached.count) hang together") }
        return faults
    }

    @Test(arguments: [16, 40])
    func largeFederationsFillTheirViews(count: Int) throws {
        for seed in 1...(count == 16 ? 20 : 6) as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let silent = Set((1..<count).filter { _ in random.below(5) == 0 })
            var net = try VirtualNetwork(count: count, silent: silent, seed: seed)
            for number in 0..<count {
                net.boot(number)
                net.run(for: UInt64(random.below(200)))
            }
            net.run(for: 45_000)
            #expect(viewFaults(net) == [], "seed \(seed), \(silent.count) silent")
            #expect(net.dials < count * 60, "seed \(seed): \(net.dials) dials")
        }
    }

    /// Storm 6744 of the simulator: seven members hung together, each with all the links it takes,
    /// and refused the eighth for ever.
    @Test func aLatecomerAmongFullViewsFindsALink() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 8, view: 3, seed: seed)
            for number in 0..<7 { net.boot(number) }
            net.run(for: 10_000)
            // Fill up what the views left open, so that nobody needs the latecomer.
            for a in 0..<7 {
                for b in 0..<7 where a < b && !net.linked(a, b) { net.connect(a, b) }
            }
            net.run(for: 10_000)
            try #require((0..<7).allSatisfy { net.hosts[$0].machine.links.count == 6 })
            net.boot(7)
            net.run(for: 30_000)
            let links = net.hosts.map(\.machine.links.count)
            #expect(links.allSatisfy { 1 <= $0 && $0 <= 6 }, "seed \(seed): \(links)")
        }
    }

    @Test func halvesOfALargeFederationFindEachOtherAgain() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            var net = try VirtualNetwork(count: 24, seed: seed)
            for number in 0..<24 { net.boot(number) }
            net.run(for: 15_000)
            net.split(Set(0..<12))
            let before = net.dials
            net.run(for: 60_000)
            #expect(net.dials - before < 24 * 60, "seed \(seed): \(net.dials - before) dials")
            for a in 0..<12 {
                for b in 12..<24 { #expect(!net.linked(a, b)) }
            }
            net.heal()
            net.run(for: 36_000)
            #expect(viewFaults(net) == [], "seed \(seed)")
        }
    }

    @Test func theSameSeedGivesTheSameHistory() throws {
        func history(_ seed: UInt64) throws -> [[MemberStatus]] {
            var net = try VirtualNetwork(count: 12, seed: seed)
            for number in 0..<12 { net.boot(number) }
            net.run(for: 6_000)
            net.kill(3, power: true)
            net.run(for: 30_000)
            return net.hosts.map(\.machine.status)
        }
        #expect(try history(1) == history(1))
        #expect(try history(1) != history(2))
    }
}
