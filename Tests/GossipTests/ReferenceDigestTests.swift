// Room:  GossipTests.
// Task:  the incremental digest of a reference against a fresh one.
// May:   Gossip, Codec, Model.
// Proof: itself

import Codec
import Model
import Testing

@testable import Gossip

@Suite struct ReferenceDigestTests {
    @Test func it_tells_apart_places_values_and_signs_of_zero() {
        let digests = [
            [0, 0, 0], [-0.0, 0, 0], [0, -0.0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0],
        ].map { ReferenceDigest(of: $0.map(Float.init)).value }
        #expect(Set(digests).count == digests.count)
    }

    @Test func replacing_back_and_forth_ends_where_it_began() {
        let start = ReferenceDigest(of: [1, 2, 3])
        var digest = start
        digest.replace(at: 1, 2, by: 9)
        #expect(digest == ReferenceDigest(of: [1, 9, 3]))
        digest.replace(at: 0, 1, by: -4)
        #expect(digest == ReferenceDigest(of: [-4, 9, 3]))
        digest.replace(at: 1, 9, by: 2)
        digest.replace(at: 0, -4, by: 1)
        #expect(digest == start)
    }

    @Test(arguments: [ValueKind.float32, .bfloat16, .int8, .int4])
    func after_random_exchanges_it_equals_a_fresh_one(kind: ValueKind) throws {
        for seed in UInt64(1)...20 {
            var generator = SeededGenerator(seed: seed)
            let genesis = uniformVector(30, &generator)
            let codec = try smallCodec(30, values: kind)
            var low = ParameterState(genesis: genesis, codec: codec)
            var high = low
            for exchange in UInt64(0)..<12 {
                _ = low.perform(.addLocal(uniformVector(30, &generator)))
                _ = high.perform(.addLocal(uniformVector(30, &generator)))
                let mine = try #require(low.says(on: one, exchange: exchange))
                let theirs = try #require(high.says(on: one, exchange: exchange))
                let done = low.perform(
                    .apply(one, own: mine, peer: theirs, ownIsLower: true, countsInLedger: true))
                _ = high.perform(
                    .apply(one, own: theirs, peer: mine, ownIsLower: false, countsInLedger: true))
                let fresh = ReferenceDigest(of: low.reference(of: one)).value
                #expect(low.digest(of: one) == fresh, "seed \(seed), exchange \(exchange)")
                #expect(high.digest(of: one) == fresh, "seed \(seed), exchange \(exchange)")
                guard case .applied(one, 0, exchange, digest: fresh, _, _) = done else {
                    Issue.record("seed \(seed), exchange \(exchange): \(done)")
                    return
                }
            }
            #expect(low.digest(of: one) != low.freshDigest, "seed \(seed): nothing was said")
        }
    }
}
