// Room:  tests of Membership.
// Task:  laws of syncs between many directories, seed after seed.
// May:   anything.
// Proof: itself

import Model
import Testing

@testable import Membership

@Suite struct DirectoryProperties {
    /// Hears between random pairs, a second apart for all together; stops when all are equal.
    ///
    /// - Returns: hears a node until then; nil where `most` did not do.
    private func settle(
        _ net: inout DirectoryNetwork, from start: Double, most: Int
    ) -> (hears: Int, end: Double)? {
        let count = net.nodes.count
        for round in 0..<most {
            if net.isEqual { return (round, start + Double(round)) }
            for node in 0..<count {
                let other = (node + 1 + net.random.below(count - 1)) % count
                net.hear(node, from: other, at: time(start + Double(round)))
            }
        }
        return nil
    }

    @Test("After the last change all become equal within a few syncs a node, in any order")
    func converges() throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let count = seed == 1 ? 40 : 5 + Int(seed * 7 % 20)
            var net = DirectoryNetwork(count, seed: seed)
            var clock = 0.0
            for _ in 0..<10 {
                for node in 0..<count where net.random.below(3) == 0 {
                    net.nodes[node].announce(
                        try facts(node, round: net.random.next() >> 40), at: time(clock))
                    let other = net.random.below(count)
                    if net.random.below(9) == 0 {
                        net.nodes[node].claim(down: net.owners[other].id, at: time(clock))
                    }
                    if other != node { net.hear(node, from: other, at: time(clock)) }
                }
                clock += 3
            }
            let done = settle(&net, from: clock, most: 40)
            #expect((done?.hears ?? .max) <= 12, "seed \(seed), \(count) nodes: \(done as Any)")
            for node in net.nodes { node.checkInvariants() }
            let before = net.messages
            _ = settle(&net, from: clock + 100, most: 5)
            #expect(net.messages == before, "seed \(seed): equal nodes exchange digests alone")
        }
    }

    @Test("With messages lost and doubled all become equal all the same")
    func convergesOnBadNetworks() throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let count = 5 + Int(seed * 5 % 16)
            var net = DirectoryNetwork(count, seed: seed)
            net.losses = 0.3
            net.doubles = 0.2
            var clock = 0.0
            for _ in 0..<30 {
                for node in 0..<count where net.random.below(4) == 0 {
                    net.nodes[node].announce(
                        try facts(node, round: net.random.next() >> 40), at: time(clock))
                    let other = (node + 1 + net.random.below(count - 1)) % count
                    net.hear(node, from: other, at: time(clock))
                }
                clock += 2
            }
            let done = settle(&net, from: clock, most: 400)
            // A lost message costs 3 s of waiting and 12 s of rest for that peer.
            #expect((done?.hears ?? .max) <= 120, "seed \(seed), \(count) nodes: \(done as Any)")
            for node in net.nodes { node.checkInvariants() }
        }
    }

    @Test("After one change each node is told once, whoever tells it")
    func aboutOnce() throws {
        for seed in 1...6 as ClosedRange<UInt64> {
            let count = 30
            var net = DirectoryNetwork(count, seed: seed)
            for node in 0..<count { net.nodes[node].announce(try facts(node), at: time(0)) }
            let start = try #require(settle(&net, from: 10, most: 60)).end
            let (stale, bytes) = (net.stale, net.bytes)
            let author = net.random.below(count)
            net.nodes[author].announce(try facts(author, address: "new:1"), at: time(start + 10))
            _ = try #require(settle(&net, from: start + 11, most: 60))
            #expect(net.stale == stale, "seed \(seed): a record came twice")
            let length = try #require(
                net.nodes[0].record(of: net.owners[author].id)?.bytes.count)
            // The rest are summaries and heads; some name a change that the other knows already.
            let cost = (net.bytes - bytes) / (count - 1)
            #expect(cost < length + 350, "seed \(seed): \(cost) bytes a node for \(length)")
        }
    }

    @Test("Two halves that were apart become one")
    func halves() throws {
        var net = DirectoryNetwork(16, seed: 3)
        for node in 0..<16 { net.nodes[node].announce(try facts(node), at: time(0)) }
        let start = try #require(settle(&net, from: 1, most: 40)).end
        for step in 0..<200 {
            let now = start + 10 + Double(step)
            let half = 8 * net.random.below(2)
            let node = half + net.random.below(8)
            net.nodes[node].announce(try facts(node, round: UInt64(step)), at: time(now))
            let other = half + net.random.below(8)
            if other != node { net.hear(node, from: other, at: time(now)) }
        }
        #expect(!net.isEqual)
        #expect((settle(&net, from: start + 300, most: 40)?.hears ?? .max) <= 10)
    }

    @Test("A newcomer to a thousand members is told everything in one go")
    func newcomer() throws {
        let count = 1000
        let owners = (0..<count).map { Owner($0) }
        var node = directory(owners[0], members: count)
        node.announce(try facts(0), at: time(0))
        for start in stride(from: 1, to: count, by: 50) {
            let batch = try (start..<min(count, start + 50)).map {
                record(owners[$0], 1, 1, facts: try facts($0))
            }
            _ = node.receive(
                newsBytes(batch), from: owners[1].id, isMember: { _ in true },
                at: time(Double(start)))
        }
        #expect(node.count == count)
        var new = directory(Owner(2000), members: count)
        new.announce(try facts(2000), at: time(2000))
        var question = new.hear(node.digest, from: owners[0].id, at: time(2000))
        var rounds = 0
        var longest = 0
        while let ask = question {
            rounds += 1
            question = nil
            let answer = node.receive(
                ask, from: new.id, isMember: { _ in true }, at: time(2000))
            for reply in answer.replies {
                longest = max(longest, reply.count)
                let outcome = new.receive(
                    reply, from: owners[0].id, isMember: { _ in true }, at: time(2000))
                for next in outcome.replies {
                    if next.first == 1 {
                        question = next
                    } else {
                        _ = node.receive(
                            next, from: new.id, isMember: { _ in true }, at: time(2000))
                    }
                }
            }
        }
        #expect(new.count == count + 1 && new.digest == node.digest)
        #expect(longest <= DirectoryLimits.message && rounds <= 20, "\(rounds) rounds")
        #expect(new.drops[.stale] == 0)
    }
}
