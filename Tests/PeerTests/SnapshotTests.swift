// Room:  PeerTests.
// Task:  joining late over messages: asked, given, refused; and what a hostile peer may try.
// May:   Peer, Gossip, Membership, Wire.
// Proof: itself

import Gossip
import Membership
import Testing
import Wire

@testable import Peer

@Suite struct SnapshotTests {
    // MARK: Taking

    private func meet(
        _ bench: inout Bench, _ raw: UInt64, _ peer: Int, isGrown: Bool
    )
        -> [PeerEffect]
    {
        var hello = Bench.hello(from: peer)
        hello.grown = isGrown
        return bench.accept(raw, from: peer) + bench.receive(raw, .hello(hello))
    }

    private func chunk(_ count: UInt32 = 50, round: UInt64 = 20) -> WireSnapshotChunk {
        var chunk = WireSnapshotChunk()
        chunk.count = count
        chunk.payloadBytes = [1, 2]
        chunk.digest = 5
        chunk.round = round
        return chunk
    }

    private func request(_ start: UInt32 = 0, _ count: UInt32 = 50) -> WireSnapshotRequest {
        var request = WireSnapshotRequest()
        request.start = start
        request.count = count
        return request
    }

    @Test func a_fresh_node_asks_a_grown_peer_and_keeps_its_links_silent() throws {
        var bench = try Bench(rounds: 30)
        let effects = meet(&bench, 1, 2, isGrown: true)
        #expect(effects.sent(1).dropFirst() == [.snapshotRequest(request())])
        #expect(effects.notes.contains(.phase(.joining)))
        #expect(bench.core.joining == JoiningStatus(done: 0, all: 50, from: node(2)))
        // The peer tells its standing; this node keeps its own back.
        let resumed = bench.receive(1, .resume(WireResume(Bench.standing())))
        #expect(resumed.sent(1) == [])
        #expect(meet(&bench, 2, 0, isGrown: false).sent(2).count == 1, "a hello alone")
        #expect(bench.core.gossip.summary(of: LinkID(2))?.isOpen == false)
    }

    @Test func with_its_parameters_it_tells_its_standings_and_goes_on_as_all() throws {
        var bench = try Bench(rounds: 30)
        _ = meet(&bench, 1, 2, isGrown: true)
        _ = meet(&bench, 2, 0, isGrown: false)
        _ = bench.receive(1, .resume(WireResume(Bench.standing())))
        let taken = bench.receive(1, .snapshotChunk(chunk()))
        #expect(taken.work.count == 1)
        let effects = bench.handle(.workDone(.chunkTaken(LinkID(2), upTo: 50, travelled: 3)))
        #expect(effects.notes.contains(.joined(node(2), round: 20)))
        for raw in [1, 2] as [UInt64] {
            guard case .resume? = effects.sent(raw).first else {
                Issue.record("no resume over \(raw)")
                continue
            }
        }
        #expect(effects.notes.contains { if case .newEpoch = $0 { true } else { false } })
        #expect(effects.heartbeats(1).last?.progress.round == 20)
        #expect(bench.core.phase == .waiting)
        var beat = WireHeartbeat()
        beat.progress.round = 20
        _ = bench.handle(
            .workDone(.referenceMade(LinkID(2), LinkReference(epoch: 2, payload: [1], digest: 9))))
        #expect(bench.receive(1, .heartbeat(beat)).work.contains(.fork))
    }

    @Test func a_peer_that_is_gone_is_replaced_by_the_next() throws {
        var bench = try Bench(rounds: 30)
        _ = meet(&bench, 1, 2, isGrown: true)
        #expect(meet(&bench, 2, 0, isGrown: true).sent(2).count == 1, "one request is out")
        let effects = bench.handle(.closed(connection(1)))
        #expect(effects.sent(2) == [.snapshotRequest(request())])
        #expect(bench.core.joining?.from == node(0))
        // What still comes over the old connection is not heard.
        #expect(bench.receive(1, .snapshotChunk(chunk())) == [])
    }

    @Test func a_wake_is_asked_for_the_time_of_a_peer_that_does_not_answer() throws {
        var bench = try Bench(rounds: 30)
        _ = meet(&bench, 1, 2, isGrown: true)
        _ = meet(&bench, 2, 0, isGrown: true)
        var asked: [Message] = []
        for _ in 0..<21 { asked += bench.pass(0.5).sent(2) }
        #expect(asked.contains(.snapshotRequest(request())))
    }

    @Test func having_given_up_it_tells_its_standings() throws {
        var bench = try Bench(rounds: 30)
        _ = meet(&bench, 1, 2, isGrown: true)
        var effects: [PeerEffect] = []
        for second in 0..<61 {
            // The peer is there, and says nothing else.
            var beat = WireHeartbeat()
            beat.token = 1
            _ = bench.receive(1, .heartbeat(beat))
            effects += bench.pass(1)
            if second < 58 { #expect(bench.core.gossip.isJoining, "second \(second)") }
        }
        #expect(effects.notes.contains(.joinedNobody))
        #expect(effects.work.contains(.dropChunks))
        #expect(
            effects.sent(1).contains { if case .resume = $0 { true } else { false } })
    }

    @Test func chunks_that_nobody_asked_for_close_the_link() throws {
        var short = chunk(49)
        short.round = 20
        for (bad, why) in [(short, "another run"), (chunk(), "a second answer")] {
            var bench = try Bench(rounds: 30)
            _ = meet(&bench, 1, 2, isGrown: true)
            if why == "a second answer" { _ = bench.receive(1, .snapshotChunk(chunk())) }
            let effects = bench.receive(1, .snapshotChunk(bad))
            #expect(effects.farewell(1)?.code == .protocolError, "\(why)")
            #expect(effects.work == [], "\(why)")
        }
        var grown = try Bench(rounds: 30)
        _ = grown.raise(1, with: 2)
        #expect(grown.receive(1, .snapshotChunk(chunk())).farewell(1)?.code == .protocolError)
    }

    @Test func a_chunk_that_is_none_closes_the_link() throws {
        var bench = try Bench(rounds: 30)
        _ = meet(&bench, 1, 2, isGrown: true)
        _ = bench.receive(1, .snapshotChunk(chunk()))
        let fault = GossipFault.badChunk(start: 0)
        let effects = bench.handle(.workDone(.chunkRefused(LinkID(2), fault)))
        #expect(effects.farewell(1)?.reason == fault.reason)
        #expect(bench.core.joining?.done == 0 && bench.core.gossip.round == 0)
    }

    // MARK: Giving

    /// A node that has done its young rounds, linked to peer 2 by connection 1.
    private func grown() throws -> Bench {
        var bench = try Bench(rounds: 30)
        _ = bench.raise(1, with: 2)
        for _ in 0..<10 { _ = bench.train() }
        return bench
    }

    private let read = WorkResult.chunkRead(
        LinkID(2), start: 0, count: 50, payload: [1, 2], digest: 5)

    @Test func a_grown_node_says_so_and_gives_what_is_asked_for() throws {
        var bench = try grown()
        guard case .hello(let hello)? = bench.accept(2, from: 0).sent(2).first else {
            Issue.record("no hello")
            return
        }
        #expect(hello.grown)
        let asked = bench.receive(1, .snapshotRequest(request()))
        #expect(asked.work == [.readChunk(LinkID(2), start: 0, count: 50)])
        #expect(bench.handle(.workDone(read)).sent(1) == [.snapshotChunk(chunk(round: 10))])
    }

    @Test func a_young_node_says_that_it_has_nothing() throws {
        var bench = try Bench()
        guard case .hello(let hello)? = bench.accept(1, from: 2).sent(1).first else {
            Issue.record("no hello")
            return
        }
        #expect(!hello.grown)
        _ = bench.hello(1, from: 2)
        let effects = bench.receive(1, .snapshotRequest(request()))
        guard case .snapshotChunk(let answer)? = effects.sent(1).first else {
            Issue.record("no answer")
            return
        }
        #expect(answer.joining && answer.count == 0 && effects.work == [])
    }

    @Test func one_request_a_connection_is_served_at_a_time() throws {
        var bench = try grown()
        _ = bench.receive(1, .snapshotRequest(request()))
        #expect(bench.receive(1, .snapshotRequest(request(10, 5))) == [])
        #expect(bench.handle(.workDone(read)).sent(1).count == 1)
        #expect(bench.receive(1, .snapshotRequest(request(10, 5))).work.count == 1)
        // The answer to a connection that is gone is said to nobody.
        _ = bench.handle(.closed(connection(1)))
        _ = bench.accept(2, from: 2)
        _ = bench.hello(2, from: 2)
        let late = WorkResult.chunkRead(LinkID(2), start: 10, count: 5, payload: [], digest: 1)
        #expect(bench.handle(.workDone(late)).sent(2) == [])
    }

    @Test func a_request_beyond_the_last_parameter_closes_the_link() throws {
        for bad in [request(0, 51), request(50, 1), request(.max, 65_536)] {
            var bench = try grown()
            let effects = bench.receive(1, .snapshotRequest(bad))
            #expect(effects.farewell(1)?.code == .protocolError)
            #expect(effects.work == [])
        }
    }

    @Test func a_flood_of_requests_is_served_for_a_while_and_then_closes_the_link() throws {
        for isGrown in [true, false] {
            var bench = isGrown ? try grown() : try Bench()
            if !isGrown { _ = bench.raise(1, with: 2) }
            var answers = 0
            var farewell: WireFarewell?
            for _ in 0..<1000 where farewell == nil {
                let effects = bench.receive(1, .snapshotRequest(request()))
                farewell = effects.farewell(1)
                answers += effects.sent(1).count
                if effects.work.count > 0 { answers += bench.handle(.workDone(read)).sent(1).count }
            }
            #expect(farewell?.code == .protocolError)
            #expect((100...300).contains(answers), "\(answers)")
        }
    }

    @Test func before_the_hello_nothing_is_given() throws {
        var bench = try Bench()
        _ = bench.accept(1, from: 2)
        let effects = bench.receive(1, .snapshotRequest(request()))
        #expect(effects.farewell(1)?.code == .protocolError && effects.work == [])
    }
}
