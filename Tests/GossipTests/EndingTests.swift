// Room:  GossipTests.
// Task:  how training ends, together, and how a node settles.
// May:   Gossip, Model.
// Proof: itself

import Testing

@testable import Gossip

@Suite struct EndingTests {
    @Test func settling_goes_one_exchange_at_a_time_and_ends_when_all_links_agree() {
        var node = Node(rounds: 1, exchanges: 0, links: 3)
        node.train()
        #expect(node.control.phase == .settling)
        var seen: [LinkID] = []
        for _ in 0..<3 {
            let asked = Node.asked(node.take())
            #expect(asked.count == 1)
            seen += asked
            node.made(asked[0], before: 1e-9)
        }
        #expect(Set(seen).count == 3)
        #expect(node.control.phase == .finished)
        #expect(Node.sent(node.take()).isEmpty, "all were below the threshold")
        #expect(node.control.nextWake == nil)
    }

    @Test func a_move_after_the_end_makes_it_look_at_every_link_again() {
        var node = Node(rounds: 1, exchanges: 0, links: 2)
        node.train()
        for _ in 0..<2 { node.made(Node.asked(node.take())[0], before: 0) }
        #expect(node.control.phase == .finished)
        node.act { $0.received(delta(0), on: LinkID(1), at: $1, into: &$2) }
        node.made(LinkID(1), before: 1)
        _ = node.take()
        node.done(.applied(LinkID(1), epoch: 0, exchange: 0, digest: 8, moved: 1, travelled: 0.5))
        #expect(node.control.phase == .settling)
        #expect(Node.asked(node.take()).count == 1)
    }

    @Test func an_exchange_that_disagrees_is_said_without_room_for_the_correction() {
        var node = Node(rounds: 1, exchanges: 0, links: 1)
        node.train()
        _ = node.take()
        node.made(LinkID(0), before: 1)
        #expect(Node.sent(node.take()).first?.terms.cap == 0)
        #expect(node.control.phase == .settling)
    }

    @Test func a_node_trains_on_while_a_peer_is_in_its_rounds_and_no_longer() {
        var node = Node(rounds: 2, exchanges: 0, links: 2)
        node.peer(LinkID(1), is: .inRounds)
        for _ in 0..<3 { node.train() }
        #expect(node.control.round == 3 && node.control.phase == .training)
        #expect(node.control.stage == .overtime, "what peers are told")
        node.peer(LinkID(1), is: .stopped)
        node.train()
        #expect(node.control.round == 4 && node.control.phase == .settling)
    }

    @Test func overtime_is_bounded() {
        var node = Node(rounds: 2, exchanges: 0, overtime: 3, links: 1)
        node.peer(LinkID(0), is: .inRounds)
        for _ in 0..<6 { node.train() }
        #expect(node.control.round == 6)
        #expect(node.control.phase == .settling)
        #expect(!node.take().suffix(1).contains(.work(.fork)))
    }

    @Test func a_peer_that_was_lost_in_its_rounds_is_waited_for_a_while() {
        var node = Node(rounds: 1, exchanges: 0, links: 2)
        node.peer(LinkID(1), is: .inRounds)
        node.train()
        #expect(node.control.phase == .training)
        node.down(LinkID(1))
        node.train()
        #expect(node.control.phase == .training, "it may be back at once")
        node.now += node.control.settings.grace
        node.train()
        #expect(node.control.phase == .settling)
    }

    @Test func with_nobody_there_a_node_does_not_train_while_it_waits_for_a_lost_peer() throws {
        var node = Node(rounds: 1, exchanges: 0, links: 1)
        node.peer(LinkID(0), is: .inRounds)
        node.train()
        node.down(LinkID(0))
        node.train()
        #expect(node.control.phase == .waiting)
        node.now = try #require(node.control.nextWake)
        node.act { $0.tick(at: $1, into: &$2) }
        #expect(node.control.phase != .waiting && node.control.stage == .stopped)
    }

    @Test func news_of_a_node_in_its_rounds_travels_over_peers_and_dies_with_its_distance() {
        var node = Node(rounds: 1, exchanges: 0, links: 2)
        node.peer(LinkID(0), is: .overtime, hops: 5)
        node.peer(LinkID(1), is: .overtime, hops: 2)
        node.train()
        #expect(node.control.phase == .training && node.control.hopsToRounds == 3)
        node.peer(LinkID(1), is: .overtime, hops: 0)
        #expect(node.control.hopsToRounds == 6)
        node.peer(LinkID(0), is: .overtime, hops: GossipControl.reach)
        #expect(node.control.hopsToRounds == nil)
        node.train()
        #expect(node.control.phase == .settling)
    }

    /// Found by the simulator: connections that two ends open at once lose one of the two in the
    /// first moments, and nodes went on for five seconds that had nobody to wait for.
    @Test func a_lost_peer_that_is_back_is_waited_for_no_more() {
        var node = Node(rounds: 2, exchanges: 0, links: 1)
        node.peer(LinkID(0), is: .inRounds)
        node.down(LinkID(0), forLong: false)
        node.up(LinkID(0))
        node.peer(LinkID(0), is: .overtime)
        node.train()
        node.train()
        #expect(node.control.round == 2 && node.control.phase == .settling)
    }

    @Test func a_peer_that_is_gone_for_long_is_not_waited_for() {
        var node = Node(rounds: 1, exchanges: 0, links: 2)
        node.peer(LinkID(0), is: .inRounds)
        node.peer(LinkID(1), is: .overtime)
        node.down(LinkID(0), forLong: false)
        node.train()
        #expect(node.control.phase == .training, "it may be back in a moment")
        node.down(LinkID(0), forLong: true)
        node.train()
        #expect(node.control.phase == .settling)
    }

    @Test func a_node_whose_peers_are_all_done_ends_too_though_it_has_rounds_left() {
        var node = Node(rounds: 9, exchanges: 0, links: 2)
        node.train()
        node.peer(LinkID(0), is: .stopped)
        node.train()
        #expect(node.control.phase == .training, "of the other nothing is known yet")
        node.peer(LinkID(1), is: .stopped)
        #expect(node.control.phase == .training, "a round is under way")
        node.train()
        #expect(node.control.round == 3 && node.control.phase == .settling)
        #expect(node.control.stage != .inRounds)
    }

    @Test func a_peer_whose_training_has_failed_ends_nobody() {
        var node = Node(rounds: 3, exchanges: 0, links: 1)
        node.peer(LinkID(0), is: .failed)
        node.train()
        #expect(node.control.phase == .training)
        node.train()
        node.train()
        #expect(node.control.round == 3 && node.control.phase == .settling)
    }

    @Test func once_stopped_a_node_stays_so() {
        var node = Node(rounds: 1, exchanges: 0, links: 2)
        node.train()
        #expect(node.control.phase == .settling)
        node.peer(LinkID(1), is: .inRounds)
        #expect(node.control.phase == .settling && node.control.stage == .stopped)
        #expect(!node.take().suffix(2).contains(.work(.fork)))
    }

    /// What settled ones say to each other meanwhile is out of date at once, and moves them, so
    /// that each such exchange asks for more (found by the simulator: four times the bytes).
    @Test func a_node_starts_no_settling_while_a_linked_peer_still_trains() {
        var node = Node(rounds: 1, exchanges: 0, overtime: 1, links: 3)
        node.peer(LinkID(1), is: .inRounds)
        node.train()
        #expect(node.control.phase == .settling)
        #expect(Node.asked(node.take()).isEmpty)
        node.peer(LinkID(1), is: .overtime)
        #expect(Node.asked(node.take()).isEmpty)
        node.peer(LinkID(1), is: .stopped)
        #expect(Node.asked(node.take()).count == 1)
    }

    @Test func a_node_that_has_finished_stays_so_when_its_last_peer_goes() {
        var node = Node(rounds: 1, exchanges: 0, links: 1)
        node.train()
        node.made(LinkID(0), before: 0)
        #expect(node.control.phase == .finished)
        node.down(LinkID(0), forLong: true)
        #expect(node.control.phase == .finished)
    }

    /// Found by `starling demo digits --kill 2 --seed 2`: a node killed before its first
    /// checkpoint came back when all others had stopped, knew no distance from genesis to measure
    /// agreement by, and kept them all exchanging for ever.
    @Test func a_node_that_never_trained_agrees_by_what_exchanges_have_moved_it() {
        var node = Node(rounds: 9, exchanges: 0, links: 1)
        node.peer(LinkID(0), is: .stopped)
        node.train(loss: .nan)
        #expect(node.control.round == 0 && node.control.phase == .settling)
        node.made(LinkID(0), before: 1)
        _ = node.take()
        node.act { $0.received(delta(0), on: LinkID(0), at: $1, into: &$2) }
        node.done(
            .applied(LinkID(0), epoch: 0, exchange: 0, digest: 8, moved: 1, travelled: 100))
        node.made(LinkID(0), before: 1e-4)
        #expect(node.control.phase == .finished)
    }
}
