// Room:  PeerTests.
// Task:  greetings and refusals, step by step.
// May:   Peer, Membership, Wire.
// Proof: itself

import Gossip
import Membership
import Testing
import Wire

@testable import Peer

@Suite struct GreetingTests {
    // MARK: Hello

    @Test func both_ends_say_hello_at_once() throws {
        var bench = try Bench()
        var expected = Bench.hello(from: 1)
        expected.listening = true
        expected.isolated = true
        #expect(bench.accept(1, from: 2).sent(1) == [.hello(expected)])
        #expect(bench.dial(0, 2).sent(2) == [.hello(expected)])
        _ = bench.hello(1, from: 2)
        expected.isolated = false
        #expect(bench.accept(3, from: 2).sent(3) == [.hello(expected)], "there is a link now")
    }

    @Test func an_accepted_hello_makes_a_link_and_the_standing_is_told() throws {
        var bench = try Bench()
        _ = bench.accept(1, from: 2)
        let effects = bench.hello(1, from: 2)
        #expect(effects.contains(.accept(connection(1))))
        #expect(effects.notes.contains(.linkUp(node(2), outgoing: false)))
        guard effects.sent(1).count == 1, case .resume(let told) = effects.sent(1)[0] else {
            Issue.record("\(effects)")
            return
        }
        #expect(told.standing == Bench.standing())
        #expect(told.life != 0 && told.number == 1)
        #expect(effects.farewell(1) == nil)
    }

    @Test func a_range_of_versions_that_meets_ours_is_accepted() throws {
        var bench = try Bench()
        _ = bench.accept(1, from: 2)
        var hello = Bench.hello(from: 2)
        hello.versionMax = 9
        #expect(bench.receive(1, .hello(hello)).contains(.accept(connection(1))))
    }

    // MARK: Refusals

    private func refused(
        _ change: (inout WireHello) -> Void
    ) throws -> (farewell: WireFarewell, effects: [PeerEffect]) {
        var bench = try Bench()
        _ = bench.accept(1, from: 2)
        var hello = Bench.hello(from: 2)
        change(&hello)
        let effects = bench.receive(1, .hello(hello))
        let farewell = try #require(effects.farewell(1))
        #expect(!effects.contains(.accept(connection(1))))
        #expect(effects.sent(1) == [])
        #expect(
            effects.notes == [
                .refused(node(2), farewell.code, reason: farewell.reason, byPeer: false)
            ])
        #expect(bench.core.membership.links == [])
        #expect(bench.hello(1, from: 2) == [], "the connection is forgotten")
        // What the transport says of the end of it changes nothing either.
        #expect(bench.handle(.closed(connection(1))) == [])
        return (farewell, effects)
    }

    @Test func another_federation_is_refused_and_both_ids_are_named() throws {
        let (farewell, _) = try refused { $0.federationBytes = Array(repeating: 0xab, count: 32) }
        #expect(farewell.code == .otherFederation)
        #expect(farewell.federationBytes == federation)
        for bytes in [federation, Array(repeating: 0xab, count: 32)] {
            let short = try #require(NodeID(bytes: bytes)).short
            #expect(farewell.reason.contains(short))
        }
    }

    @Test func a_version_that_we_do_not_speak_is_refused_with_ours() throws {
        let (farewell, _) = try refused {
            $0.versionMin = 2
            $0.versionMax = 5
        }
        #expect(farewell.code == .version)
        #expect(farewell.versionMin == 1 && farewell.versionMax == 1)
        #expect(farewell.reason.contains("2 to 5"))
    }

    @Test func a_version_is_refused_before_a_federation_that_may_read_differently() throws {
        let (farewell, _) = try refused {
            $0.versionMin = 2
            $0.versionMax = 2
            $0.federationBytes = Array(repeating: 1, count: 32)
        }
        #expect(farewell.code == .version)
    }

    @Test func a_hello_that_names_another_node_than_the_key_is_refused() throws {
        let (farewell, _) = try refused { $0.nodeBytes = node(0).bytes }
        #expect(farewell.code == .protocolError)
    }

    @Test func a_model_of_another_size_is_refused() throws {
        let (farewell, _) = try refused { $0.parameters = 51 }
        #expect(farewell.code == .protocolError)
        #expect(farewell.reason.contains("51") && farewell.reason.contains("50"))
    }

    @Test func a_refusal_of_ours_puts_off_our_next_dial() throws {
        var bench = try Bench()
        _ = bench.dial(0, 1)
        var hello = Bench.hello(from: 0)
        hello.federationBytes = Array(repeating: 1, count: 32)
        #expect(bench.receive(1, .hello(hello)).farewell(1)?.code == .otherFederation)
        let status = try #require(bench.core.membership.status.first { $0.member.id == node(0) })
        #expect(status.failures == 1)
    }

    // MARK: Disorder

    @Test func a_first_message_that_is_no_hello_is_a_fault() throws {
        let messages: [Message] = [
            .resume(WireResume(Bench.standing())), peerDelta(), .heartbeat(WireHeartbeat()),
            .reference(WireReference()),
        ]
        for message in messages {
            var bench = try Bench()
            _ = bench.accept(1, from: 2)
            let effects = bench.receive(1, message)
            #expect(effects.farewell(1)?.code == .protocolError, "\(message.kind)")
            #expect(effects.notes.count == 1)
            #expect(effects.work == [])
        }
    }

    @Test func a_second_hello_is_a_fault() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        let effects = bench.hello(1, from: 2)
        #expect(effects.farewell(1)?.code == .protocolError)
        #expect(effects.notes.contains(.fault(node(2), reason: "a second hello")))
        #expect(effects.notes.contains(.linkDown(node(2), .lost)))
    }

    @Test func a_connection_without_a_hello_is_closed_in_time() throws {
        var bench = try Bench()
        let opened = bench.now
        let wake = bench.accept(1, from: 2).lastWake
        #expect(wake == opened + .seconds(10))
        #expect(bench.pass(9.9).farewell(1) == nil)
        #expect(bench.pass(0.1).farewell(1)?.code == .protocolError)
        #expect(bench.hello(1, from: 2) == [])
    }

    @Test func a_hello_in_time_is_in_time_for_ever() throws {
        var bench = try Bench()
        _ = bench.accept(1, from: 2)
        _ = bench.pass(9)
        _ = bench.hello(1, from: 2)
        #expect(bench.pass(2).farewell(1) == nil)
    }

    @Test func connections_without_hello_are_bounded_for_each_peer() throws {
        var bench = try Bench()
        for raw in UInt64(1)...4 { #expect(bench.accept(raw, from: 2).farewell(raw) == nil) }
        let effects = bench.accept(5, from: 2)
        #expect(effects.farewell(5)?.code == .overloaded)
        #expect(effects.sent(5) == [])
        #expect(bench.accept(6, from: 0).sent(6).count == 1, "the other peer is not to blame")
        _ = bench.handle(.closed(connection(1)))
        #expect(bench.accept(7, from: 2).sent(7).count == 1)
    }

    @Test func messages_of_connections_that_nobody_knows_are_let_pass() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        let before = bench.core.gossip.saved
        for message in [peerDelta(), .hello(Bench.hello(from: 2)), .farewell(WireFarewell())] {
            #expect(bench.receive(77, message) == [])
        }
        #expect(bench.handle(.closed(connection(77))) == [])
        #expect(bench.core.gossip.saved == before)
    }

    // MARK: Farewells

    @Test func what_a_farewell_means_for_dialling_before_the_greeting() throws {
        let meanings: [(WireFarewell.Code, Liveness, failures: Int)] = [
            (.unspecified, .unknown, 1), (.leaving, .left, 0), (.otherFederation, .unknown, 1),
            (.version, .unknown, 1), (.notAMember, .unknown, 1), (.expelled, .unknown, 1),
            (.duplicate, .unknown, 0), (.viewFull, .unknown, 0), (.protocolError, .unknown, 1),
            (.overloaded, .unknown, 1),
        ]
        for (code, liveness, failures) in meanings {
            var bench = try Bench()
            _ = bench.dial(0, 1)
            let said = bench.receive(1, .farewell(WireFarewell(code, reason: "so")))
            let note = PeerNote.refused(node(0), code, reason: "so", byPeer: true)
            #expect(
                said.notes == (code == .leaving || code == .duplicate ? [] : [note]), "\(code)")
            _ = bench.handle(.closed(connection(1)))
            let status = try #require(
                bench.core.membership.status.first { $0.member.id == node(0) })
            #expect(status.liveness == liveness, "\(code)")
            #expect(status.failures == failures, "\(code)")
            #expect(status.nextDial.map { $0 >= bench.now } == true, "\(code)")
        }
    }

    @Test func a_peer_that_leaves_gives_its_place_back_and_its_ledger_is_cleared() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        _ = bench.receive(1, .farewell(WireFarewell(.leaving)))
        let effects = bench.handle(.closed(connection(1)))
        #expect(effects.notes.contains(.linkDown(node(2), .left)))
        #expect(effects.work.contains(.clearLedger(LinkID(2))))
        #expect(bench.core.membership.liveness(of: node(2)) == .left)
    }

    @Test func a_connection_that_breaks_keeps_the_ledger() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        let effects = bench.handle(.closed(connection(1)))
        #expect(effects.notes.contains(.linkDown(node(2), .lost)))
        #expect(!effects.work.contains(.clearLedger(LinkID(2))))
    }

    @Test func whoever_leaves_says_so_on_every_connection_and_then_nothing() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        _ = bench.accept(2, from: 0)
        let effects = bench.handle(.leave(forLong: true))
        #expect(effects.farewell(1)?.code == .leaving)
        #expect(effects.farewell(2)?.code == .leaving)
        #expect(bench.handle(.tick) == [])
        #expect(bench.accept(3, from: 0) == [])
        #expect(bench.receive(1, peerDelta()) == [])
        #expect(bench.handle(.leave(forLong: true)) == [])
    }

    @Test func work_that_ends_after_leaving_still_counts_for_the_last_checkpoint() throws {
        var bench = try Bench()
        _ = bench.raise(1, with: 2)
        _ = bench.made(2)
        #expect(bench.receive(1, peerDelta()).work.count == 1)
        _ = bench.handle(.leave(forLong: true))
        #expect(bench.applied(2) == [])
        #expect(bench.core.gossip.standing(of: LinkID(2))?.exchange == 1)
    }
}
