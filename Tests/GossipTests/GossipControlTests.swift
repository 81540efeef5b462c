// Room:  GossipTests.
// Task:  the control half: rounds, exchanges in flight, settling, failing, instants.
// May:   Gossip, Model.
// Proof: itself

import Model
import Testing

@testable import Gossip

@Suite struct GossipControlTests {
    // MARK: Rounds

    @Test func a_node_without_links_waits() {
        var node = Node(up: false)
        node.tick(after: 1000)
        #expect(node.control.phase == .waiting)
        #expect(node.take() == [])
        #expect(node.control.nextWake == nil)
        node.up(LinkID(1))
        #expect(node.control.phase == .training)
        #expect(node.take().contains(.work(.fork)))
    }

    @Test func a_node_that_loses_its_last_link_in_a_round_ends_the_round_and_waits() {
        var node = Node(links: 1)
        node.down(LinkID(0))
        #expect(node.control.phase == .training, "the round is under way")
        node.train()
        #expect(node.control.round == 1)
        #expect(node.control.phase == .waiting)
    }

    @Test func a_federation_of_one_trains_and_ends() {
        var node = Node(rounds: 2, links: 0, alone: true)
        for round in UInt64(0)..<2 {
            #expect(node.take().contains(.work(.fork)), "round \(round)")
            node.train()
        }
        #expect(node.control.round == 2)
        #expect(node.control.phase == .finished)
        #expect(!node.take().contains(.work(.fork)))
    }

    @Test func a_round_trains_from_the_fork_and_adds_the_result() {
        var node = Node()
        _ = node.take()
        node.done(.forked(parameters: [4], correction: [5]))
        #expect(
            node.take() == [.train(round: 0, steps: 5, parameters: [4], correction: [5])])
        let outcome = TrainingOutcome(
            delta: [9], steps: 5, samples: 40, loss: 0.5, gradientNorm: 2, rate: 0.25)
        node.act { $0.trained(outcome, at: $1, into: &$2) }
        #expect(node.take() == [.work(.addLocal([9]))])
        node.done(.localAdded(moved: 1, size: 10, travelled: 0.75))
        let control = node.control
        #expect(control.round == 1 && control.samples == 40 && control.loss == 0.5)
        #expect(control.travelled == 0.75 && control.rate == 0.25 && control.stepsSince == 5)
        #expect(control.driftGuard.gradient == 2 && control.driftGuard.stride == 0.1)
        #expect(node.take().contains(.work(.fork)), "the next round begins")
    }

    @Test func a_round_begins_no_sooner_than_a_round_trip_after_the_one_before() {
        var node = Node(links: 1)
        node.made(LinkID(0))
        node.now += .milliseconds(300)
        node.answer(LinkID(0))
        _ = node.take()
        // Began at 0, trained at 310, round trips take 300.
        node.train()
        node.now -= .milliseconds(100)
        #expect(node.take().contains(.work(.fork)))
        var slow = Node(links: 1)
        slow.control.pace.exchanged(offeredAt: .zero, at: .milliseconds(300))
        _ = slow.take()
        slow.train(takes: 10)
        #expect(!slow.take().contains(.work(.fork)))
        #expect(slow.control.nextWake == .milliseconds(300))
        slow.tick(after: 290)
        #expect(slow.take().contains(.work(.fork)))
    }

    // MARK: Exchanges

    @Test func at_most_two_exchanges_of_the_own_are_in_flight() {
        var node = Node(exchanges: 5, links: 5)
        let asked = Node.asked(node.take())
        #expect(asked.count == 2 && Set(asked).count == 2)
        for link in asked { node.made(link) }
        node.tick(after: 10)
        #expect(Node.asked(node.take()) == [])
        node.answer(asked[0])
        #expect(Node.asked(node.take()).count == 1)
    }

    @Test func exchanges_that_peers_start_do_not_count() {
        var node = Node(exchanges: 2, links: 5)
        let asked = Node.asked(node.take())
        for link in (0..<5).map({ LinkID($0) }) where !asked.contains(link) {
            node.act { $0.received(delta(0), on: link, at: $1, into: &$2) }
        }
        #expect(Node.asked(node.take()).count == 3)
    }

    @Test func a_link_with_nothing_to_say_frees_its_place() {
        var node = Node(exchanges: 3, links: 5)
        let asked = Node.asked(node.take())
        node.made(asked[0], before: 0)
        #expect(Node.sent(node.take()).isEmpty)
        node.tick()
        #expect(node.control.pace.due.isEmpty, "the third was started in its place")
    }

    /// A peer that dies with an exchange open once took one of the two places for ever; two of
    /// them, and the node started nothing any more.
    @Test func exchanges_cut_off_by_a_break_do_not_hold_up_the_others() {
        var node = Node(rounds: 9, exchanges: 2, links: 4)
        let asked = Node.asked(node.take())
        for link in asked { node.made(link) }
        for link in asked { node.down(link, forLong: true) }
        _ = node.take()
        node.train()
        node.tick(after: 10)
        #expect(Set(Node.asked(node.take())).isDisjoint(with: asked))
        #expect(node.control.links.values.count { $0.work != nil } == 2)
    }

    @Test func settling_goes_on_although_a_peer_died_in_an_exchange() throws {
        var node = Node(rounds: 1, exchanges: 1, links: 2)
        let asked = Node.asked(node.take())
        node.made(asked[0])
        node.down(asked[0], forLong: true)
        node.train()
        let next = Node.asked(node.take())
        #expect(next.count == 1 && next != asked)
        node.made(try #require(next.first), before: 0)
        #expect(node.control.phase == .finished)
    }

    @Test func the_numbers_that_a_delta_says() throws {
        var node = Node(exchanges: 1, links: 1)
        node.made(LinkID(0))
        let first = try #require(Node.sent(node.take()).first)
        #expect(first.terms.cap == 0 && first.terms.near == 0, "nothing is known of the node yet")
        #expect(first.terms.stepsBetween == 5 && first.terms.rate == 0.1)
        node.answer(LinkID(0))
        #expect(node.control.stepsBetween == 4.5)
        node.train(norm: 3)
        node.made(LinkID(0))
        let second = try #require(Node.sent(node.take()).first)
        #expect(second.terms.near == 1)
        #expect(abs(Double(second.terms.cap) - 0.8 * 3 / (5 / 4.5)) < 1e-6)
        #expect(second.terms.stepsBetween == 4.5)
    }

    @Test func without_the_correction_the_cap_is_zero() {
        var settings = GossipSettings(rounds: 3, steps: 5, rate: 0.1)
        settings.correction = false
        var node = Node(links: 1)
        node.control = GossipControl(
            settings: settings, freshDigest: 7, generator: SeededGenerator(seed: 1))
        node.control.register(LinkID(0), ownIsLower: true)
        node.up(LinkID(0))
        node.train()
        _ = node.take()
        node.made(LinkID(0))
        #expect(Node.sent(node.take()).first?.terms.cap == 0)
    }

    /// The peer's end of the wire refuses a rate that is not above 0, or a cap that is infinite.
    @Test func what_a_trainer_says_never_makes_terms_that_peers_refuse() {
        for (rate, norm) in [
            (Float(0), 1.0), (-1, 1), (.nan, 1), (.infinity, 1), (0.1, 1e300),
        ] {
            var node = Node(exchanges: 1, links: 1)
            node.made(LinkID(0))
            node.answer(LinkID(0))
            node.train(norm: norm, rate: rate)
            _ = node.take()
            node.made(LinkID(0))
            let said = Node.sent(node.take()).first?.terms
            #expect(said?.rate == 0.1, "rate \(rate)")
            #expect(said?.cap.isFinite == true && said?.cap ?? 0 > 0, "norm \(norm)")
        }
    }

    @Test func moves_while_an_own_delta_is_out_are_its_overlap() {
        var node = Node(exchanges: 2, links: 3)
        let asked = Node.asked(node.take())
        for link in asked { node.made(link) }
        node.answer(asked[0])
        #expect(node.control.overlap == 0)
        node.answer(asked[1])
        #expect(node.control.overlap == 0.1)
    }

    @Test func an_exchange_that_hung_is_no_measure_of_the_overlap_of_others() {
        var node = Node(exchanges: 2, links: 3)
        let asked = Node.asked(node.take())
        for link in asked { node.made(link) }
        node.control.moves += 5000
        node.answer(asked[0])
        // Twice the open links, a tenth of it.
        #expect(abs(node.control.overlap - 0.6) < 1e-12)
    }

    // MARK: Failing

    @Test func after_three_results_that_are_no_numbers_training_fails_and_gossip_goes_on() {
        var node = Node(rounds: 9, links: 1)
        node.made(LinkID(0))
        for failure in 1...3 {
            _ = node.take()
            node.train(loss: failure == 2 ? 1 : .nan, norm: failure == 2 ? .infinity : 1)
            #expect(node.take().contains(.trainingRefused(inARow: failure)))
        }
        #expect(node.control.phase == .failed && node.control.round == 0)
        #expect(node.control.stage != .inRounds)
        node.answer(LinkID(0))
        let asked = Node.asked(node.take())
        #expect(asked == [LinkID(0)], "it goes on until the links agree")
        node.made(LinkID(0))
        #expect(Node.sent(node.take()).first?.terms.cap == 0)
        node.act { $0.received(delta(1, digest: 8), on: LinkID(0), at: $1, into: &$2) }
        #expect(
            node.take().contains { if case .work(.apply) = $0 { true } else { false } },
            "and answers")
    }

    @Test func a_good_round_forgives() {
        var node = Node(rounds: 9)
        node.train(loss: .nan)
        node.train(loss: .nan)
        node.train()
        #expect(node.control.failures == 0 && node.control.round == 1)
        node.train(loss: .nan)
        #expect(node.control.phase == .training)
    }

    @Test func steps_that_the_data_half_refuses_count_as_failures() {
        var node = Node(rounds: 9)
        for failure in 1...3 {
            _ = node.take()
            node.done(.forked(parameters: [1], correction: [0]))
            let outcome = TrainingOutcome(
                delta: [.infinity], steps: 5, samples: 1, loss: 1, gradientNorm: 1, rate: 0.1)
            node.act { $0.trained(outcome, at: $1, into: &$2) }
            node.done(.localRefused)
            #expect(node.take().contains(.trainingRefused(inARow: failure)))
        }
        #expect(node.control.phase == .failed)
    }

    // MARK: Epochs and instants

    @Test func a_new_epoch_starts_at_genesis_while_young_and_with_a_copy_later() {
        let far = LinkStanding(
            epoch: 4, exchange: 9, digest: 1, previousDigest: 0, pending: false,
            holdsPrevious: false, ledgerFrom: 0)
        for (rounds, genesis) in [(0, true), (10, false)] {
            var node = Node(rounds: 99, exchanges: 0, links: 1)
            for _ in 0..<rounds { node.train() }
            node.down(LinkID(0))
            _ = node.take()
            node.act { $0.linkUp(LinkID(0), peer: far, at: $1, into: &$2) }
            #expect(
                node.take().contains(
                    .work(.makeReference(LinkID(0), epoch: 5, genesis: genesis))))
        }
    }

    @Test func a_node_taken_up_again_is_as_it_was_saved() {
        var node = Node(rounds: 9, links: 3)
        for link in Node.asked(node.take()) {
            node.made(link)
            node.answer(link)
        }
        node.train()
        let last = Node.asked(node.take())
        for link in last { node.made(link) }
        let saved = node.control.saved
        #expect(saved.round == 1 && saved.samples == 40 && saved.links.count == 3)
        #expect(last.allSatisfy { link in saved.links.contains { $0.id == link && $0.own != nil } })
        let again = GossipControl(
            settings: node.control.settings, freshDigest: 7, seed: 99, saved: saved,
            ownIsLower: { _ in true })
        #expect(again.saved == saved)
        #expect(again.driftGuard == node.control.driftGuard)
        for link in 0..<3 {
            let id = LinkID(UInt32(link))
            #expect(again.standing(of: id) == node.control.standing(of: id))
        }
        #expect(again.bytesKept == node.control.bytesKept && again.bytesKept > 0)
    }

    /// Found by the distance to the true optimum after crashes: 7 % off for ever. A node that was
    /// back drew other peers than before, and kept the ledgers of those it had had.
    @Test func ledgers_of_links_that_do_not_come_back_after_a_restart_are_taken_back() throws {
        let node = Node(links: 3)
        var again = Node(links: 0)
        again.control = GossipControl(
            settings: node.control.settings, freshDigest: 7, seed: 99, saved: node.control.saved,
            ownIsLower: { _ in true })
        _ = again.take()
        again.tick()
        again.up(LinkID(1))
        _ = again.take()
        again.tick(after: 100)
        #expect(!again.take().contains(.work(.clearLedger(LinkID(0)))), "it may come back")
        again.now = again.control.settings.grace
        again.tick()
        let cleared = again.take().compactMap { effect in
            if case .work(.clearLedger(let link)) = effect { link } else { nil }
        }
        #expect(cleared == [LinkID(0), LinkID(2)])
        #expect(again.control.standing(of: LinkID(1))?.ledgerFrom != nil)
        again.tick(after: 1)
        #expect(!again.take().contains(.work(.clearLedger(LinkID(0)))), "once")
    }

    @Test func a_ledger_that_a_peer_has_just_been_told_of_is_kept_until_it_answers() {
        let node = Node(links: 2)
        var again = Node(links: 0)
        again.control = GossipControl(
            settings: node.control.settings, freshDigest: 7, seed: 99, saved: node.control.saved,
            ownIsLower: { _ in true })
        again.tick()
        let told = again.control.tellStanding(of: LinkID(0))
        _ = again.take()
        again.now = again.control.settings.grace
        again.tick()
        #expect(again.take().contains(.work(.clearLedger(LinkID(1)))))
        #expect(told?.ledgerFrom != nil && again.control.standing(of: LinkID(0)) == told)
        #expect(again.control.nextWake.map { $0 > again.now } ?? true, "it does not wake for ever")
        again.down(LinkID(0))
        again.now += again.control.settings.grace
        again.tick()
        #expect(again.take().contains(.work(.clearLedger(LinkID(0)))), "it did not")
    }

    /// In a federation of hundreds every member has been a linked peer some day.
    @Test func of_peers_that_have_parted_for_long_the_first_are_forgotten() throws {
        var node = Node(links: 5, keeps: 2)
        for link in UInt32(0)..<5 { node.exchange(LinkID(link)) }
        for link in [3, 0, 4] as [UInt32] { node.down(LinkID(link), forLong: true) }
        #expect(node.forgotten() == [LinkID(3)])
        #expect(node.control.standing(of: LinkID(3))?.digest == 7)
        // One whose place is kept has its ledger still: it does not count.
        node.down(LinkID(1))
        #expect(node.forgotten() == [])
        // One that is back is not parted any more.
        node.up(LinkID(0))
        node.down(LinkID(1), forLong: true)
        node.down(LinkID(2), forLong: true)
        #expect(node.forgotten() == [LinkID(4)])

        // After a restart the order is as it was, and those that were open part last.
        var again = Node(links: 0)
        var settings = node.control.settings
        settings.keptReferences = 1
        again.control = GossipControl(
            settings: settings, freshDigest: 7, seed: 99, saved: node.control.saved,
            ownIsLower: { _ in true })
        again.now = again.control.settings.grace * 3
        again.tick()
        again.now = again.control.settings.grace * 6
        again.tick()
        #expect(again.forgotten() == [LinkID(1), LinkID(2)])
        #expect(again.control.standing(of: LinkID(0))?.exchange == 1)

        // It begins anew when they meet again.
        let peer = try #require(node.control.standing(of: LinkID(1)))
        let own = try #require(again.control.standing(of: LinkID(1)))
        #expect(LinkResume.decide(own: own, peer: peer) == .newEpoch(2))
    }

    @Test func closed_ledgers_are_cleared_after_a_restart() {
        var node = Node(links: 2)
        node.down(LinkID(1), forLong: true)
        // The data half has not cleared it when the snapshot is taken.
        var again = Node(links: 0)
        again.control = GossipControl(
            settings: node.control.settings, freshDigest: 7, seed: 99, saved: node.control.saved,
            ownIsLower: { _ in true })
        _ = again.take()
        again.tick()
        #expect(again.take() == [.work(.clearLedger(LinkID(1)))])
        again.tick()
        #expect(again.take() == [])
    }

    @Test func status_tells_the_disagreement_relative_to_the_way_gone() throws {
        var node = Node(rounds: 9, exchanges: 2, links: 2)
        #expect(node.control.disagreement == nil)
        node.train()
        node.made(LinkID(0), before: 0.04)
        node.made(LinkID(1), before: 0.16)
        // Way 0.5; |x - s| 0.2 and 0.4.
        let summary = try #require(node.control.summary(of: LinkID(0)))
        #expect(abs((summary.disagreement ?? 0) - 0.4) < 1e-12)
        #expect(summary.isOpen && summary.exchange == 0)
        let all = try #require(node.control.disagreement)
        #expect(abs(all - (0.1 as Double).squareRoot() / 0.5) < 1e-12)
        #expect(node.control.summary(of: LinkID(9)) == nil)
    }
}
