// Room:  GossipTests.
// Task:  a trainer that comes and goes: what the node says, starts and bears meanwhile.
// May:   Gossip, Model.
// Proof: itself

import Testing

@testable import Gossip

@Suite struct TrainerTests {
    /// With a trainer outside, which has not come yet.
    private func outside(rounds: UInt64 = 3, links: UInt32 = 2) -> Node {
        var node = Node(rounds: rounds, links: links, up: false)
        var settings = GossipSettings(rounds: rounds, steps: 5, exchanges: 2, rate: 0.1)
        settings.overtime = 4
        settings.trainerIsOutside = true
        node.control = GossipControl(
            settings: settings, freshDigest: 7, generator: .init(seed: 1))
        for link in 0..<links {
            node.control.register(LinkID(link), ownIsLower: true)
            node.up(LinkID(link))
        }
        return node
    }

    private func forks(_ node: inout Node) -> Int {
        node.take().count { $0 == .work(.fork) }
    }

    @Test("Before its trainer comes a node is idle, asks for no round and says so")
    func before() {
        var node = outside()
        #expect(node.control.phase == .idle && node.control.stage == .idle)
        #expect(forks(&node) == 0)
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        #expect(node.control.phase == .training && node.control.stage == .inRounds)
        #expect(forks(&node) == 1)
    }

    @Test("A round that was with a trainer stays open while it is away, and takes what it brings")
    func comesBack() {
        var node = outside()
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        node.done(.forked(parameters: [1], correction: [0]))
        node.now += .seconds(100)
        node.act { $0.trainer(isAway: true, at: $1, into: &$2) }
        #expect(node.control.phase == .idle && node.control.awaitsOutcome)
        node.now += .seconds(3600)
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        #expect(node.control.phase == .training)
        node.now += .milliseconds(10)
        let outcome = TrainingOutcome(
            delta: [0.1], steps: 5, samples: 40, loss: nil, gradientNorm: 2, rate: 0.1)
        node.act { $0.trained(outcome, at: $1, into: &$2) }
        node.done(.localAdded(moved: 0.1, size: 10, travelled: 0.5))
        #expect(node.control.round == 1 && node.control.loss == nil)
        #expect(
            node.control.pace.expected < .seconds(1), "an hour away is not how long rounds take")
    }

    @Test("An idle node bears no correction, and lets what its links had learnt leak away")
    func noCorrection() {
        var node = outside()
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        for _ in 0..<2 { node.train() }
        _ = node.take()
        node.act { $0.received(delta(0), on: LinkID(0), at: $1, into: &$2) }
        node.made(LinkID(0))
        let busy = Node.sent(node.take()).first?.terms
        #expect(busy.map { $0.cap > 0 && $0.near == 1 } == true)
        node.act { $0.trainer(isAway: true, at: $1, into: &$2) }
        node.act { $0.received(delta(0), on: LinkID(1), at: $1, into: &$2) }
        node.made(LinkID(1))
        let idle = Node.sent(node.take()).first?.terms
        #expect(idle?.cap == 0 && idle?.near == 0)
    }

    @Test("Nobody trains on for an idle peer's sake")
    func notWaitedFor() {
        var node = Node(rounds: 1, exchanges: 0, links: 2)
        node.peer(LinkID(0), is: .idle)
        node.peer(LinkID(1), is: .stopped)
        node.train()
        #expect(node.control.stage == .stopped)
    }

    @Test("When all others have stopped, a node without a trainer stops too, its round closed")
    func othersStop() {
        var node = outside(links: 1)
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        node.done(.forked(parameters: [1], correction: [0]))
        node.act { $0.trainer(isAway: true, at: $1, into: &$2) }
        node.peer(LinkID(0), is: .inRounds)
        #expect(node.control.phase == .idle)
        node.peer(LinkID(0), is: .stopped)
        #expect(node.control.phase == .settling && !node.control.awaitsOutcome)
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        #expect(node.control.phase == .settling, "it has stopped for good")
    }

    @Test("Idle nodes that have done their rounds end, though their trainers have gone")
    func endsAlone() {
        var node = outside(rounds: 1, links: 1)
        node.peer(LinkID(0), is: .inRounds)
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        node.train()
        node.act { $0.trainer(isAway: true, at: $1, into: &$2) }
        #expect(node.control.phase == .idle, "a peer is in its rounds")
        node.peer(LinkID(0), is: .idle)
        #expect(node.control.phase == .settling)
    }

    @Test("A trainer that has done its part ends the node's training, whatever rounds are left")
    func finishes() {
        var node = outside(rounds: 100)
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        node.done(.forked(parameters: [1], correction: [0]))
        node.act { $0.stopTraining(at: $1, into: &$2) }
        #expect(node.control.phase == .settling && node.control.stage == .stopped)
        #expect(!node.control.awaitsOutcome)
        _ = node.take()
        node.done(.forked(parameters: [1], correction: [0]))
        #expect(!node.take().contains { if case .train = $0 { true } else { false } })
    }

    @Test("Alone, with its trainer away, it is idle and not finished")
    func alone() {
        var settings = GossipSettings(rounds: 2, steps: 5, exchanges: 2, rate: 0.1)
        settings.isAlone = true
        settings.trainerIsOutside = true
        var node = Node(links: 0)
        node.control = GossipControl(
            settings: settings, freshDigest: 7, generator: .init(seed: 1))
        node.tick()
        #expect(node.control.phase == .idle)
        node.act { $0.trainer(isAway: false, at: $1, into: &$2) }
        for _ in 0..<2 { node.train() }
        #expect(node.control.phase == .finished)
    }
}
