// Room:  GossipTests.
// Task:  the laws of the gossip under random interleavings, broken connections and restarts.
// May:   Gossip, Codec, Model.
// Proof: itself

import Codec
import Model
import Testing

@testable import Gossip

/// What one run lets happen, drawn by its seed.
private struct Storm {
    var breaks = true
    var crashes = false
    /// Trainers come and go.
    var trainers = false
    var steps = 200
}

@Suite struct GossipProperties {
    @Test func whatever_the_order_every_exchange_is_applied_once_at_both_ends() throws {
        var exchanges = 0
        var corrected = 0
        for seed in UInt64(1)...100 { exchanges += try run(seed, Storm(breaks: false), &corrected) }
        #expect(exchanges > 100 * 6 && corrected > 50)
    }

    @Test func broken_connections_lose_and_repeat_nothing() throws {
        var exchanges = 0
        var corrected = 0
        for seed in UInt64(1001)...1110 { exchanges += try run(seed, Storm(), &corrected) }
        #expect(exchanges > 110 * 5 && corrected > 50)
    }

    @Test func nodes_that_come_back_from_a_checkpoint_break_no_link() throws {
        var exchanges = 0
        var corrected = 0
        for seed in UInt64(2001)...2110 {
            exchanges += try run(seed, Storm(crashes: true), &corrected)
        }
        #expect(exchanges > 110 * 2 && corrected > 20)
    }

    @Test func trainers_that_come_and_go_break_no_link_and_all_end() throws {
        var exchanges = 0
        var corrected = 0
        for seed in UInt64(3001)...3110 {
            exchanges += try run(seed, Storm(trainers: true, steps: 300), &corrected)
        }
        for seed in UInt64(3111)...3160 {
            exchanges += try run(seed, Storm(crashes: true, trainers: true), &corrected)
        }
        #expect(exchanges > 160 * 3 && corrected > 20)
    }

    // MARK: A run

    /// - corrected: counts runs in which a correction was at work.
    /// - Returns: how many exchanges the nodes had applied when the storm was over.
    private func run(_ seed: UInt64, _ storm: Storm, _ corrected: inout Int) throws -> Int {
        let kinds: [ValueKind] = [.int4, .float32, .int8, .bfloat16]
        let weights: [Float] =
            switch seed % 3 {
            case 0: [1, 1]
            case 1: [1, 2, 5]
            default: [3, 1, 0.5]
            }
        var all = try Gathering(
            weights, rounds: 5, values: kinds[Int(seed / 3) % 4], seed: seed)
        for a in all.members.indices {
            for b in all.members.indices where a < b { all.connect(a, b) }
        }
        for step in 0..<storm.steps {
            act(&all, storm)
            guard step % 8 == 0 else { continue }
            for law in brokenLaws(all) { Issue.record("seed \(seed), step \(step): \(law)") }
            try #require(all.broken.isEmpty, "seed \(seed), step \(step): \(all.broken)")
        }
        let exchanges = all.members.reduce(0) { $0 + $1.applied.count }
        if all.members.contains(where: { $0.data.correction.contains { $0 != 0 } }) {
            corrected += 1
        }
        calm(&all)
        #expect(!all.somethingToDo, "seed \(seed): it does not come to rest")
        for law in brokenLaws(all) + brokenRest(all) { Issue.record("seed \(seed), rest: \(law)") }
        #expect(all.broken.isEmpty, "seed \(seed): \(all.broken)")
        #expect(all.faults.isEmpty, "seed \(seed): \(all.faults)")
        if !storm.crashes {
            #expect(all.epochs == 0, "seed \(seed): a new epoch without a crash")
        }
        return exchanges
    }

    private func act(_ all: inout Gathering, _ storm: Storm) {
        let count = all.members.count
        let node = all.generator.below(count)
        let peer = (node + 1 + all.generator.below(count - 1)) % count
        switch all.generator.below(100) {
        case 0..<40: all.deliver(node, peer)
        case 40..<66: all.work(node)
        case 66..<76: all.train(node)
        case 76..<80: all.tick(node)
        case 80..<94: all.connect(node, peer)
        case 94 where storm.breaks:
            // A snapshot right before ledgers are taken back is the hardest to come back to.
            if storm.crashes { all.checkpoint(node) }
            let forLong = [0, 1].map { _ in all.generator.below(4) == 0 }
            all.disconnect(node, peer, forLong: forLong)
        case 95..<98 where storm.crashes: all.checkpoint(node)
        case 98 where storm.crashes && all.generator.below(2) == 0: all.crash(node)
        default:
            guard storm.trainers, all.generator.below(2) == 0 else { return all.work(node) }
            all.comeOrGo(node, isAway: all.generator.below(3) == 0)
        }
    }

    /// No more faults: everything that is under way comes to its end.
    private func calm(_ all: inout Gathering) {
        for node in all.members.indices { all.comeOrGo(node, isAway: false) }
        for _ in 0..<20_000 {
            for a in all.members.indices {
                for b in all.members.indices where a < b { all.connect(a, b) }
            }
            guard all.somethingToDo else { return }
            for node in all.members.indices {
                for peer in all.members.indices where peer != node { all.deliver(node, peer) }
                all.work(node)
                all.train(node)
                if all.members[node].control.nextWake != nil { all.tick(node) }
            }
        }
    }

    // MARK: Laws

    /// Links at rest, at any moment of the run.
    private func brokenLaws(_ all: Gathering) -> [String] {
        var broken: [String] = []
        for (a, member) in all.members.enumerated() {
            broken += brokenSum(a, member)
            for b in all.members.indices where a < b { broken += brokenLink(all, a, b) }
        }
        return broken
    }

    private func brokenSum(_ node: Int, _ member: Member) -> [String] {
        for (i, c) in member.data.correction.enumerated() {
            let sum = member.cables.indices.reduce(0.0) {
                $0 + Double(member.data.ledger(of: LinkID(UInt32($1)))[i])
            }
            if abs(Double(c) - sum) > 1e-4 { return ["node \(node): c is \(c), ledgers \(sum)"] }
        }
        return []
    }

    private func brokenLink(_ all: Gathering, _ a: Int, _ b: Int) -> [String] {
        let (one, other) = (all.members[a], all.members[b])
        let (toB, toA) = (LinkID(UInt32(b)), LinkID(UInt32(a)))
        guard let here = one.control.standing(of: toB), let there = other.control.standing(of: toA),
            here.epoch == there.epoch, here.exchange == there.exchange,
            one.control.isSteady(toB), other.control.isSteady(toA),
            here.digest == there.digest
        else { return [] }
        var broken: [String] = []
        for (key, applied) in one.applied where key.peer == b && key.epoch == here.epoch {
            let mirrored = other.applied[
                Applied.Key(peer: a, epoch: key.epoch, exchange: key.exchange)]
            if mirrored?.own != applied.peer || mirrored?.peer != applied.own {
                broken.append("link \(a)-\(b): exchange \(key.exchange) differs at the two ends")
            }
        }
        let s = one.data.reference(of: toB)
        if bits(s) != bits(other.data.reference(of: toA)) {
            broken.append("link \(a)-\(b): the references differ")
        }
        if one.data.digest(of: toB) != here.digest || ReferenceDigest(of: s).value != here.digest {
            broken.append("link \(a)-\(b): the digest is not the reference's")
        }
        guard here.ledgerFrom == there.ledgerFrom, here.ledgerFrom != nil,
            !clears(one, toB), !clears(other, toA)
        else { return broken }
        var sum = 0.0
        var size = 0.0
        for (x, y) in zip(one.data.ledger(of: toB), other.data.ledger(of: toA)) {
            let (mine, theirs) = (
                Double(all.settings[a].weight * x), Double(all.settings[b].weight * y)
            )
            sum += abs(mine + theirs)
            size += abs(mine)
        }
        if sum > 1e-4 * size + 1e-6 {
            broken.append("link \(a)-\(b): the ledgers do not cancel, \(sum) of \(size)")
        }
        return broken
    }

    private func clears(_ member: Member, _ link: LinkID) -> Bool {
        member.work.contains(.clearLedger(link))
    }

    /// When nothing is left to do.
    private func brokenRest(_ all: Gathering) -> [String] {
        var broken: [String] = []
        for (a, member) in all.members.enumerated() {
            if member.control.phase != .finished {
                broken.append("node \(a) is \(member.control.phase)")
            }
            for b in all.members.indices where a != b {
                let here = member.control.standing(of: LinkID(UInt32(b)))
                let there = all.members[b].control.standing(of: LinkID(UInt32(a)))
                if here?.pending != false || here?.exchange != there?.exchange {
                    broken.append("link \(a)-\(b) is not at rest")
                }
            }
        }
        guard all.crashes == 0 else { return broken }
        // Who is done with its rounds ends those of its peers.
        if !all.members.contains(where: { $0.control.round >= 5 }) {
            broken.append("nobody has done its rounds")
        }
        let total = all.settings.reduce(0.0) { $0 + Double($1.weight) }
        var error = 0.0
        var size = 0.0
        for i in all.genesis.indices {
            var sum = 0.0
            var expected = Double(all.genesis[i]) * total
            for (member, settings) in zip(all.members, all.settings) {
                sum += Double(settings.weight) * Double(member.data.parameters[i])
                expected += member.added[i]
                size += Double(settings.weight) * abs(Double(member.data.parameters[i]))
            }
            error += abs(sum - expected)
        }
        if error > 1e-6 * size {
            broken.append("the weighted sum has moved by \(error) of \(size)")
        }
        return broken
    }
}
