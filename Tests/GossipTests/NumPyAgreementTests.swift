// Room:  GossipTests.
// Task:  the same exchange here and in the design's NumPy reference, of weights 1 and 3.
// May:   Gossip, Codec, Model.
// Proof: itself; the vectors come from make_vectors.py

import Codec
import Model
import Testing

@testable import Gossip

@Suite struct NumPyAgreementTests {
    /// As in make_vectors.py: exact in binary, so both sides begin at the same bits.
    private func ramp(_ factor: Int, _ shift: Int, _ prime: Int, _ scale: Float) -> [Float] {
        (0..<200).map { i in Float((i * factor + shift) % prime - prime / 2) / scale }
    }

    @Test func the_exchange_agrees_at_four_bits() throws {
        try agree(.fourBits, values: .int4)
    }

    @Test func the_exchange_agrees_at_eight_bits() throws {
        try agree(.eightBits, values: .int8)
    }

    private func agree(_ expected: NumPyVectors, values: ValueKind) throws {
        let codec = try smallCodec(200, k: 20, values: values)
        let genesis = [Float](repeating: 0, count: 200)
        let reference = ramp(31, 7, 97, 1024)
        let lowerC = ramp(17, 3, 89, 2048)
        let starts = [
            (ramp(7919, 13, 1009, 256), lowerC),
            (ramp(6007, 29, 997, 256), lowerC.map { -$0 / 4 }),
        ]
        var ends = try starts.map { x, c in
            try #require(
                ParameterState(
                    genesis: genesis, codec: codec,
                    snapshot: ParameterSnapshot(
                        parameters: x,
                        links: [.init(id: one, reference: reference, digest: 0, ledger: c)])))
        }
        let said = [Float(1), 3].map { terms(steps: 5, rate: 0.05, weight: $0, cap: 1e30) }
        let low = try #require(ends[0].says(on: one, said[0]))
        let high = try #require(ends[1].says(on: one, said[1]))

        for (delta, indices, values, before, after) in [
            (
                low, expected.lowerSaid, expected.lowerValues, expected.lowerBefore,
                expected.lowerAfter
            ),
            (
                high, expected.higherSaid, expected.higherValues, expected.higherBefore,
                expected.higherAfter
            ),
        ] {
            let sparse = try codec.decode(delta.payload)
            #expect(sparse.indices == indices)
            #expect(bits(sparse.values) == values)
            #expect(abs(delta.terms.before - before) <= 1e-6 * before)
            #expect(abs(delta.terms.after - after) <= 1e-6 * before)
        }

        let apply = { (own: LinkDelta, peer: LinkDelta, isLower: Bool) in
            WorkItem.apply(one, own: own, peer: peer, ownIsLower: isLower, countsInLedger: true)
        }
        _ = ends[0].perform(apply(low, high, true))
        _ = ends[1].perform(apply(high, low, false))

        // The reference adds the two ends' parts one after the other, we their sum: the last bits
        // may differ, and nothing else.
        close(ends[0].parameters, starts[0].0, expected.moved, expected.lowerX, "x, lower")
        close(ends[1].parameters, starts[1].0, expected.moved, expected.higherX, "x, higher")
        close(ends[0].reference(of: one), reference, expected.moved, expected.reference, "s")
        close(ends[0].correction, starts[0].1, expected.moved, expected.lowerC, "c, lower")
        close(ends[1].correction, starts[1].1, expected.moved, expected.higherC, "c, higher")
        #expect(bits(ends[0].reference(of: one)) == bits(ends[1].reference(of: one)))
    }

    private func close(
        _ got: [Float], _ before: [Float], _ moved: [Int], _ after: [UInt32], _ what: Comment
    ) {
        var expected = before
        for (i, word) in zip(moved, after) { expected[i] = Float(bitPattern: word) }
        #expect(expected != before, what)
        let largest = zip(got, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(largest <= 1e-6, what)
        let still = got.indices.filter { !moved.contains($0) }
        #expect(still.allSatisfy { got[$0] == before[$0] }, what)
    }
}
