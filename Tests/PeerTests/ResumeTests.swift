// Room:  PeerTests.
// Task:  how a link goes on over a new connection, and what heartbeats bring.
// May:   Peer, Gossip, Membership, Wire.
// Proof: itself

import Gossip
import Membership
import Testing
import Wire

@testable import Peer

@Suite struct ResumeTests {
    // MARK: Resumption

    @Test func gossip_holds_links_to_those_only_that_were_connected() throws {
        var bench = try Bench()
        #expect(bench.core.gossip.saved.links.isEmpty)
        #expect(bench.core.linkSummary(of: node(2)) == nil)
        _ = bench.accept(1, from: 2)
        #expect(bench.core.linkSummary(of: node(2)) == nil)
        _ = bench.hello(1, from: 2)
        #expect(bench.core.gossip.saved.links.map(\.id) == [LinkID(2)])
        #expect(bench.core.linkSummary(of: node(2))?.isOpen == false)
        _ = bench.handle(.closed(connection(1)))
        #expect(bench.core.gossip.saved.links.map(\.id) == [LinkID(2)], "it outlives connections")
    }

    @Test func a_link_is_up_when_both_standings_are_known() throws {
        var bench = try Bench()
        _ = bench.accept(1, from: 2)
        _ = bench.hello(1, from: 2)
        #expect(bench.core.gossip.summary(of: LinkID(2))?.isOpen == false)
        let effects = bench.receive(1, .resume(WireResume(Bench.standing())))
        #expect(bench.core.gossip.summary(of: LinkID(2))?.isOpen == true)
        #expect(effects.work.contains(.clearLedger(LinkID(2))), "a fresh ledger")
        #expect(effects.heartbeats(1).last?.progress.phase == .training)
        #expect(effects.work.contains(.fork), "the first round begins")
    }

    @Test func the_standing_is_told_only_when_nothing_is_under_way() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        let offered = bench.made(2).deltas(1)
        #expect(offered.count == 1)
        #expect(bench.receive(1, peerDelta()).work.count == 1, "applying")
        _ = bench.handle(.closed(connection(1)))
        _ = bench.accept(2, from: 2)
        #expect(bench.hello(2, from: 2).sent(2) == [], "still applying")
        // The peer may have told its own meanwhile.
        var theirs = Bench.standing(1, digest: 8)
        theirs.previousDigest = genesisDigest
        theirs.holdsPrevious = true
        theirs.ledgerFrom = 0
        #expect(bench.receive(2, .resume(WireResume(theirs))).sent(2) == [])
        let effects = bench.applied(2)
        guard case .resume(let told) = effects.sent(2).first else {
            Issue.record("\(effects)")
            return
        }
        #expect(told.standing == theirs)
        #expect(bench.core.gossip.summary(of: LinkID(2))?.isOpen == true)
        #expect(bench.core.gossip.standing(of: LinkID(2))?.epoch == 0)
    }

    /// The first connection's messages were held up until after the second one's: found by the
    /// simulator, see `Tests/seeds.txt`.
    @Test func a_resume_that_was_overtaken_by_a_later_one_changes_nothing() throws {
        func resume(_ number: UInt64, _ life: UInt64, _ standing: LinkStanding) -> Message {
            var resume = WireResume(standing)
            resume.life = life
            resume.number = number
            return .resume(resume)
        }
        var bench = try Bench()
        _ = bench.accept(1, from: 2)
        _ = bench.accept(2, from: 2)
        _ = bench.hello(2, from: 2)
        _ = bench.receive(2, resume(2, 77, Bench.standing()))
        #expect(bench.made(2).deltas(2).count == 1)
        let before = bench.core.gossip.standing(of: LinkID(2))
        _ = bench.hello(1, from: 2)
        let effects = bench.receive(1, resume(1, 77, Bench.standing(40, digest: 3)))
        #expect(effects.farewell(1)?.code == .duplicate)
        #expect(bench.core.gossip.standing(of: LinkID(2)) == before)
        // A new life of the peer counts anew.
        _ = bench.accept(3, from: 2)
        _ = bench.hello(3, from: 2)
        let anew = bench.receive(3, resume(1, 78, Bench.standing()))
        #expect(anew.farewell(3) == nil)
        #expect(bench.core.gossip.summary(of: LinkID(2))?.isOpen == true)
    }

    @Test func a_second_connection_takes_the_place_of_the_first_and_the_delta_is_said_again() throws
    {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        let offered = bench.made(2).deltas(1)
        _ = bench.accept(2, from: 2)
        let greeted = bench.hello(2, from: 2)
        #expect(greeted.farewell(1)?.code == .duplicate)
        #expect(greeted.sent(2).count == 1)
        guard case .resume(let told)? = greeted.sent(2).first else {
            Issue.record("\(greeted)")
            return
        }
        #expect(told.standing.pending && told.standing.exchange == 0)
        var theirs = Bench.standing()
        theirs.ledgerFrom = 0
        let effects = bench.receive(2, .resume(WireResume(theirs)))
        #expect(effects.deltas(2) == offered)
        #expect(effects.deltas(1) == [])
        // What still comes over the old connection is not heard.
        #expect(bench.receive(1, peerDelta()) == [])
        #expect(bench.receive(2, peerDelta()).work.count == 1)
    }

    @Test func a_second_resume_is_a_fault() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        let effects = bench.receive(1, .resume(WireResume(Bench.standing())))
        #expect(effects.farewell(1)?.code == .protocolError)
        #expect(effects.notes.contains(.fault(node(2), reason: "a second resume")))
    }

    @Test func gossip_before_the_resume_is_a_fault() throws {
        for message in [peerDelta(), .reference(WireReference())] {
            var bench = try Bench()
            _ = bench.accept(1, from: 2)
            _ = bench.hello(1, from: 2)
            let effects = bench.receive(1, message)
            #expect(effects.farewell(1)?.code == .protocolError)
            #expect(effects.work == [])
        }
    }

    @Test func a_peer_at_fault_is_told_why_and_loses_its_link() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        let effects = bench.receive(1, peerDelta(5))
        let farewell = try #require(effects.farewell(1))
        #expect(farewell.code == .protocolError)
        #expect(farewell.reason == GossipFault.outOfOrder(epoch: 0, exchange: 5).reason)
        #expect(effects.notes.contains(.linkDown(node(2), .lost)))
        #expect(bench.core.gossip.summary(of: LinkID(2))?.isOpen == false)
    }

    @Test func ends_that_disagree_open_a_new_epoch_and_the_lower_makes_its_reference() throws {
        for (own, peer) in [(1, 2), (1, 0)] {
            var bench = try Bench(own: own)
            _ = bench.accept(1, from: peer)
            _ = bench.hello(1, from: peer)
            let effects = bench.receive(1, .resume(WireResume(Bench.standing(40, digest: 3))))
            #expect(effects.notes.contains(.newEpoch(node(peer), 1)))
            let makes = effects.work.contains(
                .makeReference(LinkID(UInt32(peer)), epoch: 1, genesis: true))
            #expect(makes == (own < peer))
            guard own < peer else { continue }
            let made = LinkReference(epoch: 1, payload: nil, digest: genesisDigest)
            let said = bench.handle(.workDone(.referenceMade(LinkID(UInt32(peer)), made)))
            #expect(said.sent(1).first == .reference(WireReference(made)))
        }
    }

    @Test func a_node_taken_up_from_a_checkpoint_tells_where_it_was() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        _ = bench.handle(.workDone(.ledgerCleared(LinkID(2))))
        _ = bench.made(2)
        let saved = bench.core.gossip.saved
        var again = try Bench(saved: saved)
        _ = again.accept(9, from: 2)
        guard case .resume(let told)? = again.hello(9, from: 2).sent(9).first else {
            Issue.record("no resume")
            return
        }
        #expect(told.standing == bench.core.gossip.standing(of: LinkID(2)))
        #expect(told.standing.pending && told.standing.ledgerFrom == 0)
    }

    // MARK: Heartbeats

    @Test func a_probe_is_answered_with_its_token_and_an_answer_is_not() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        var probe = WireHeartbeat()
        probe.probe = true
        probe.token = 42
        let answers = bench.receive(1, .heartbeat(probe)).heartbeats(1)
        #expect(answers.map(\.token) == [42])
        #expect(answers.first?.probe == false)
        #expect(
            answers.first?.hasProgress == false, "nothing has changed since the link was raised")
        probe.probe = false
        #expect(bench.receive(1, .heartbeat(probe)).heartbeats(1) == [])
    }

    @Test func a_quiet_link_is_asked_and_the_answer_tells_the_round_trip() throws {
        var bench = try Bench()
        _ = bench.handle(.start)
        _ = bench.raise(1, with: 2)
        let question = try #require(bench.pass(2.6).heartbeats(1).first { $0.probe })
        var answer = WireHeartbeat()
        answer.token = question.token
        _ = bench.pass(0.1)
        _ = bench.receive(1, .heartbeat(answer))
        let status = bench.core.membership.status.first { $0.member.id == node(2) }
        #expect(status?.roundTrip == .milliseconds(100))
    }

    @Test func progress_is_kept_and_told() throws {
        var bench = try Bench(rounds: 2)
        _ = bench.raise(1, with: 2)
        var beat = WireHeartbeat()
        beat.progress.round = 4
        beat.progress.loss = 0.5
        _ = bench.receive(1, .heartbeat(beat))
        #expect(bench.core.progress[node(2)]?.round == 4)
        _ = bench.train()
        _ = bench.handle(.evaluated(loss: 0.25, accuracy: .nan))
        var probe = WireHeartbeat()
        probe.probe = true
        let told = try #require(bench.receive(1, .heartbeat(probe)).heartbeats(1).first).progress
        #expect(told.round == 1 && told.rounds == 2 && told.samples == 40)
        #expect(told.loss == 0.25 && told.accuracy == 0, "what is no number is not said")
    }

    /// Two nodes that both trained on for the other's sake, since neither heard that the other had
    /// done its rounds, once went on to the end of their overtime: four times the training.
    @Test func the_end_of_the_rounds_is_told_although_the_node_trains_on() throws {
        var bench = try Bench(rounds: 1)
        _ = bench.raise(1, with: 2)
        var beat = WireHeartbeat()
        beat.progress.phase = .training
        _ = bench.receive(1, .heartbeat(beat))
        let told = bench.train().heartbeats(1)
        #expect(bench.core.gossip.phase == .training, "the peer is in its rounds")
        #expect(told.map(\.progress.phase) == [.overtime])
        #expect(bench.train().heartbeats(1) == [], "once")
        beat.progress.phase = .settling
        _ = bench.receive(1, .heartbeat(beat))
        _ = bench.train()
        #expect(bench.core.gossip.phase == .settling)
    }

    @Test func a_heartbeat_without_progress_says_nothing_of_rounds() throws {
        var bench = try Bench(rounds: 1)
        _ = bench.raise(1, with: 2)
        _ = bench.receive(1, .heartbeat(WireHeartbeat()))
        _ = bench.train()
        #expect(bench.core.gossip.phase == .settling)
        #expect(bench.core.progress.isEmpty)
    }
}
