// Room:  GossipTests.
// Task:  runs of the parameters: read, taken whole, and refused without a trace.
// May:   Gossip, Codec, Model.
// Proof: itself

import Codec
import Model
import Testing

@testable import Gossip

@Suite struct SnapshotTests {
    private static let size = 200

    private func state(seed: UInt64, moved: Bool) throws -> ParameterState {
        var generator = SeededGenerator(seed: 9)
        let genesis = uniformVector(Self.size, &generator)
        var state = ParameterState(genesis: genesis, codec: try smallCodec(Self.size))
        guard moved else { return state }
        var other = SeededGenerator(seed: seed)
        _ = state.perform(.addLocal(uniformVector(Self.size, &other)))
        return state
    }

    private func read(
        _ state: inout ParameterState, _ start: Int, _ count: Int
    ) throws -> SnapshotChunk {
        guard
            case .chunkRead(one, start, count, let payload, let digest) = state.perform(
                .readChunk(one, start: start, count: count))
        else {
            Issue.record("no chunk")
            return SnapshotChunk(start: 0, count: 1, payload: [], digest: 0, round: 0)
        }
        return SnapshotChunk(
            start: start, count: count, payload: payload, digest: digest, round: 40)
    }

    @Test(arguments: UInt64(1)...5)
    func runs_of_different_peers_make_one_vector_near_all_of_theirs(seed: UInt64) throws {
        var givers = [try state(seed: 1, moved: true), try state(seed: 1, moved: true)]
        var nudge = [Float](repeating: 0, count: Self.size)
        for i in nudge.indices { nudge[i] = 0.01 * Float(i % 3) }
        _ = givers[1].perform(.addLocal(nudge))
        var taker = try state(seed: 1, moved: false)
        var generator = SeededGenerator(seed: seed)
        var at = 0
        while at < Self.size {
            let count = min(1 + generator.below(90), Self.size - at)
            let before = taker.parameters
            let giver = generator.below(2)
            let chunk = try read(&givers[giver], at, count)
            let result = taker.perform(.takeChunk(two, chunk))
            at += count
            guard case .chunkTaken(two, at, let travelled) = result else {
                Issue.record("seed \(seed): \(result)")
                return
            }
            #expect((travelled != nil) == (at == Self.size), "seed \(seed)")
            if at < Self.size { #expect(taker.parameters == before, "as a whole, or not at all") }
        }
        #expect(taker.incoming.isEmpty)
        for i in 0..<Self.size {
            // Half a step of 127 of a block's largest difference, 1, and between the two givers.
            #expect(abs(taker.parameters[i] - givers[0].parameters[i]) < 0.005 + 0.02)
        }
        let exact = zip(taker.parameters, taker.genesis).reduce(0.0) {
            $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
        #expect(abs(taker.travelledSquared - exact) < 1e-6 * exact)
    }

    @Test func a_giver_that_has_not_moved_says_so_in_no_bytes() throws {
        var giver = try state(seed: 1, moved: false)
        var taker = giver
        let chunk = try read(&giver, 0, Self.size)
        #expect(chunk.payload.isEmpty)
        #expect(taker.perform(.takeChunk(one, chunk)) == .chunkTaken(one, upTo: 200, travelled: 0))
        #expect(bits(taker.parameters) == bits(taker.genesis))
    }

    @Test func what_is_not_what_it_says_is_refused_and_leaves_no_trace() throws {
        var giver = try state(seed: 1, moved: true)
        let sound = try read(&giver, 0, 100)
        var taker = try state(seed: 1, moved: false)
        var wrongDigest = sound
        wrongDigest.digest ^= 1
        // The sender's own values, but of other places.
        var displaced = try read(&giver, 100, 100)
        displaced.start = 0
        var noPayload = sound
        noPayload.payload = [0xFF, 1, 2]
        var cut = sound
        cut.payload.removeLast()
        var longer = sound
        longer.payload.append(0)
        var huge = sound
        huge.payload = DeltaCodec(layout: try ParameterLayout([("run", [100])])).encodeDense(
            [Float](repeating: 0x1p121, count: 100), kind: .float32)
        for (bad, why) in [
            (wrongDigest, "digest"), (displaced, "other run"), (noPayload, "no payload"),
            (cut, "cut"), (longer, "too long"), (huge, "huge"),
        ] {
            guard case .chunkRefused(two, _) = taker.perform(.takeChunk(two, bad)) else {
                Issue.record("\(why) was taken")
                continue
            }
            #expect(taker.incoming.isEmpty && taker.parameters == taker.genesis, "\(why)")
        }
        #expect(
            taker.perform(.takeChunk(two, wrongDigest))
                == .chunkRefused(two, .badChunk(start: 0)))
        #expect(
            taker.perform(.takeChunk(two, sound))
                == .chunkTaken(two, upTo: 100, travelled: nil))
        #expect(taker.perform(.dropChunks) == .chunksDropped)
        #expect(taker.incoming.isEmpty)
    }
}
