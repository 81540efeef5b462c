// Room:  GossipTests.
// Task:  a node that starts from nothing among others that do not.
// May:   Gossip, Model.
// Proof: itself

import Model
import Testing

@testable import Gossip

@Suite struct JoiningTests {
    private func fresh(rounds: UInt64 = 30) -> Node {
        var node = Node(rounds: rounds, links: 0)
        for link in UInt32(0)..<3 { node.control.register(LinkID(link), ownIsLower: link > 0) }
        return node
    }

    private func meet(_ node: inout Node, _ link: UInt32, isGrown: Bool) {
        node.act {
            $0.met(LinkID(link), isGrown: isGrown, parameters: 50, at: $1, into: &$2)
        }
    }

    private func chunk(_ round: UInt64 = 20) -> SnapshotChunk {
        SnapshotChunk(start: 0, count: 50, payload: [1], digest: 5, round: round)
    }

    private func requests(_ effects: [GossipEffect]) -> [LinkID] {
        effects.compactMap { if case .requestChunk(let link, 0, 50) = $0 { link } else { nil } }
    }

    /// Fetches from link 0, to the moment when the parameters are there.
    private func joined(_ node: inout Node, round: UInt64 = 20) {
        meet(&node, 0, isGrown: true)
        node.act { $0.received(chunk(round), on: LinkID(0), at: $1, into: &$2) }
        node.done(.chunkTaken(LinkID(0), upTo: 50, travelled: 7))
    }

    @Test func it_asks_before_it_trains_and_goes_on_at_the_round_of_the_others() {
        var node = fresh()
        meet(&node, 0, isGrown: true)
        #expect(node.control.phase == .joining && node.control.isJoining)
        #expect(node.take() == [.requestChunk(LinkID(0), start: 0, count: 50), .phase(.joining)])
        #expect(node.control.joinProgress == JoinProgress(done: 0, all: 50, from: LinkID(0)))
        node.act { $0.received(chunk(), on: LinkID(0), at: $1, into: &$2) }
        #expect(node.take() == [.work(.takeChunk(LinkID(0), chunk()))])
        node.done(.chunkTaken(LinkID(0), upTo: 50, travelled: 7))
        #expect(node.take() == [.joined(LinkID(0), round: 20), .phase(.waiting)])
        #expect(!node.control.isJoining && node.control.round == 20)
        #expect(node.control.travelled == 7 && node.control.isGrown)
        #expect(node.control.joinProgress == JoinProgress(done: 50, all: 50, from: LinkID(0)))
    }

    @Test func among_fresh_peers_it_starts_at_once() {
        var node = fresh()
        meet(&node, 0, isGrown: false)
        #expect(node.take() == [])
        node.up(LinkID(0))
        #expect(node.control.phase == .training)
        #expect(node.take().contains(.work(.fork)))
    }

    @Test func a_round_that_began_at_genesis_is_thrown_away() {
        for isForked in [false, true] {
            var node = fresh()
            meet(&node, 1, isGrown: false)
            node.up(LinkID(1))
            if isForked { node.done(.forked(parameters: [1], correction: [0])) }
            _ = node.take()
            joined(&node)
            _ = node.take()
            if isForked {
                let outcome = TrainingOutcome(
                    delta: [0.1], steps: 5, samples: 40, loss: 1, gradientNorm: 2, rate: 0.1)
                node.act { $0.trained(outcome, at: $1, into: &$2) }
            } else {
                node.done(.forked(parameters: [1], correction: [0]))
            }
            let effects = node.take()
            #expect(!effects.contains(.work(.addLocal([0.1]))))
            #expect(node.control.round == 20 && node.control.samples == 0)
            node.peer(LinkID(1), is: .inRounds)
            #expect(node.control.phase == .training)
            #expect((effects + node.take()).contains(.work(.fork)), "the next one begins")
        }
    }

    @Test func who_has_trained_or_exchanged_takes_no_snapshot() {
        var trained = fresh()
        trained.up(LinkID(1))
        trained.train()
        meet(&trained, 0, isGrown: true)
        #expect(!trained.control.isJoining)
        var exchanged = fresh()
        exchanged.up(LinkID(1))
        exchanged.made(LinkID(1))
        exchanged.answer(LinkID(1))
        meet(&exchanged, 0, isGrown: true)
        #expect(!exchanged.control.isJoining)
        var alone = Node(rounds: 3, links: 0, alone: true)
        alone.control.register(LinkID(0), ownIsLower: true)
        meet(&alone, 0, isGrown: true)
        #expect(!alone.control.isJoining)
        var saved = trained.control.saved
        var back = GossipControl(
            settings: trained.control.settings, freshDigest: 7, seed: 1, saved: saved,
            ownIsLower: { _ in true })
        #expect(!back.mayJoin)
        // A checkpoint from before anything happened is nothing to start from.
        (saved.round, saved.links) = (0, [])
        back = GossipControl(
            settings: trained.control.settings, freshDigest: 7, seed: 1, saved: saved,
            ownIsLower: { _ in true })
        #expect(back.mayJoin)
    }

    @Test func it_trains_when_it_has_heard_how_far_the_others_are() {
        var node = fresh()
        joined(&node)
        node.up(LinkID(0))
        #expect(node.control.phase == .waiting, "the peer has not said")
        node.peer(LinkID(0), is: .inRounds)
        #expect(node.control.phase == .training)
    }

    @Test func among_finished_peers_it_settles_and_trains_nothing() {
        for round in [20, 30, 70, .max] as [UInt64] {
            var node = fresh()
            joined(&node, round: round)
            _ = node.take()
            for link in UInt32(0)..<2 {
                node.up(LinkID(link))
                node.peer(LinkID(link), is: .stopped)
            }
            node.tick(after: 6000)
            #expect(node.control.phase == .settling, "round \(round)")
            #expect(!node.take().contains(.work(.fork)), "round \(round)")
        }
    }

    @Test func links_that_never_exchanged_get_a_new_reference() throws {
        var node = fresh()
        joined(&node)
        node.control.register(LinkID(9), ownIsLower: true)
        let peer = LinkStanding(
            epoch: 0, exchange: 0, digest: 7, previousDigest: 0, pending: false,
            holdsPrevious: false, ledgerFrom: nil)
        for link in [0, 1, 9] as [UInt32] {
            let own = try #require(node.control.standing(of: LinkID(link)))
            #expect(own.digest == 7)
            guard case .newEpoch = LinkResume.decide(own: own, peer: peer) else {
                Issue.record("link \(link) goes on from genesis")
                continue
            }
        }
        // Two newcomers at the two ends of a link do not take genesis either.
        let (lower, higher) = (
            node.control.standing(of: LinkID(1)), node.control.standing(of: LinkID(0))
        )
        #expect(lower?.epoch != higher?.epoch)
    }

    /// Found by a storm: the one end opened a new epoch with a standing that the other had never
    /// been told, and waited for ever for a reference that nobody made.
    @Test func what_a_peer_has_been_told_stays_true_until_the_ends_have_compared() {
        var node = fresh()
        meet(&node, 1, isGrown: false)
        let told = node.control.tellStanding(of: LinkID(1))
        joined(&node)
        #expect(told != nil && node.control.standing(of: LinkID(1)) == told)
        #expect(node.control.standing(of: LinkID(2))?.epoch != told?.epoch, "told nobody")
        node.down(LinkID(1))
        node.up(LinkID(1))
        #expect(node.control.isOpen(LinkID(1)))
    }

    @Test func a_peer_that_breaks_the_rules_is_named_and_another_is_asked() {
        var node = fresh()
        meet(&node, 0, isGrown: true)
        meet(&node, 1, isGrown: true)
        let asked = requests(node.take())
        #expect(asked.count == 1)
        let other = LinkID(asked == [LinkID(0)] ? 1 : 0)
        node.act { $0.received(chunk(), on: other, at: $1, into: &$2) }
        #expect(node.take() == [.fault(other, .unexpectedChunk(start: 0))])
        node.act { $0.received(chunk(), on: asked[0], at: $1, into: &$2) }
        #expect(node.take() == [.work(.takeChunk(asked[0], chunk()))])
        node.done(.chunkRefused(asked[0], .badChunk(start: 0)))
        #expect(node.take().first == .fault(asked[0], .badChunk(start: 0)))
        node.down(asked[0])
        #expect(node.control.joinProgress?.done == 0 && node.control.isJoining)
    }

    @Test func a_peer_that_has_joined_meanwhile_is_asked() {
        var node = fresh()
        meet(&node, 0, isGrown: true)
        meet(&node, 1, isGrown: false)
        node.down(LinkID(0))
        _ = node.take()
        node.act { $0.peer(LinkID(1), hasDone: 9, at: $1, into: &$2) }
        #expect(requests(node.take()) == [], "still young")
        node.act { $0.peer(LinkID(1), hasDone: 10, at: $1, into: &$2) }
        #expect(requests(node.take()) == [LinkID(1)])
    }

    @Test func when_nobody_gives_anything_it_begins_at_genesis() {
        var node = fresh()
        meet(&node, 0, isGrown: true)
        _ = node.take()
        node.tick(after: 59_999)
        #expect(node.control.isJoining && node.control.nextWake == .seconds(60))
        node.tick(after: 1)
        #expect(node.take() == [.work(.dropChunks), .joinedNobody, .phase(.waiting)])
        node.up(LinkID(0))
        #expect(node.control.phase == .training && node.control.round == 0)
    }
}
