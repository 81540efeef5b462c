// Room:  GossipTests.
// Task:  each piece of work over the vectors: what it changes, and what may change nothing.
// May:   Gossip, Codec, Model.
// Proof: itself

import Codec
import Model
import Testing

@testable import Gossip

@Suite struct ParameterStateTests {
    private let genesis: [Float] = [1, -2, 3, 0, 0.5, -0.5]

    private func fresh(k: Int = 6, values: ValueKind = .float32) throws -> ParameterState {
        ParameterState(genesis: genesis, codec: try smallCodec(6, k: k, values: values))
    }

    private func payload(_ difference: [Float]) throws -> [UInt8] {
        try smallCodec(6).encodeDense(difference, kind: .float32)
    }

    /// An exchange of which this end says nothing.
    private func answer(
        _ state: ParameterState, _ payload: [UInt8], _ said: Terms = terms(), counts: Bool = true
    ) -> WorkItem {
        let digest = state.digest(of: one)
        return .apply(
            one, own: delta(0, digest: digest, payload: []),
            peer: delta(0, digest: digest, payload: payload, terms: said), ownIsLower: true,
            countsInLedger: counts)
    }

    // MARK: Local steps

    @Test func local_steps_are_added_and_measured() throws {
        var state = try fresh()
        let result = state.perform(.addLocal([3, 0, 0, 4, 0, 0]))
        #expect(state.parameters == [4, -2, 3, 4, 0.5, -0.5])
        let size = Double(45.5).squareRoot()
        #expect(result == .localAdded(moved: 5, size: size, travelled: 5))
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -0x1p121])
    func steps_that_lead_beyond_numbers_change_nothing(bad: Float) throws {
        var state = try fresh()
        _ = state.perform(.addLocal([0, 0, 0, 0, 0, 1]))
        let before = state.snapshot()
        #expect(state.perform(.addLocal([1, 1, bad, 1, 1, 1])) == .localRefused)
        #expect(state.snapshot() == before)
    }

    @Test func a_fork_hands_out_parameters_and_correction() throws {
        var state = try fresh()
        _ = state.perform(answer(state, try payload([1, 0, 0, 0, 0, 0])))
        #expect(state.correction[0] != 0)
        #expect(
            state.perform(.fork)
                == .forked(parameters: state.parameters, correction: state.correction))
    }

    // MARK: Deltas

    @Test func a_delta_says_how_far_x_is_from_the_reference() throws {
        var state = try fresh(k: 1)
        let nothing = WorkResult.deltaMade(
            one, epoch: 2, exchange: 5, payload: [], before: 0, after: 0,
            digest: state.freshDigest)
        #expect(state.perform(.makeDelta(one, epoch: 2, exchange: 5)) == nothing)
        _ = state.perform(.addLocal([3, 0, 0, 4, 0, 0]))
        let before = state.snapshot()
        let result = state.perform(.makeDelta(one, epoch: 2, exchange: 5))
        guard case .deltaMade(one, 2, 5, let payload, 25, 9, state.freshDigest) = result else {
            Issue.record("\(result)")
            return
        }
        let said = try smallCodec(6, k: 1, values: .float32).decode(payload)
        #expect(said.indices == [3] && said.values == [4])
        #expect(state.snapshot() == before, "saying something changes nothing")
    }

    // MARK: Exchanges by hand

    @Test func an_exchange_moves_both_ends_and_the_reference_as_computed_by_hand() throws {
        var low = try fresh()
        var high = try fresh()
        _ = low.perform(.addLocal([4, 0, 0, 0, 0, 0]))
        _ = high.perform(.addLocal([0, 8, 0, 0, 0, 0]))
        let mine = try #require(low.says(on: one, terms(weight: 1)))
        let theirs = try #require(high.says(on: two, terms(weight: 3)))
        let result = low.perform(
            .apply(one, own: mine, peer: theirs, ownIsLower: true, countsInLedger: true))
        _ = high.perform(
            .apply(two, own: theirs, peer: mine, ownIsLower: false, countsInLedger: true))
        // D = (-4, 8) for the lower end; it takes 3/4 of it, the higher end 1/4 of -D.
        // x from (5, -2) to (2, 4) and from (1, 6) to (2, 4); s by (4 + 3 * 0, 0 + 3 * 8) / 4.
        let both: [Float] = [2, 4, 3, 0, 0.5, -0.5]
        #expect(low.parameters == both)
        #expect(high.parameters == both)
        #expect(low.reference(of: one) == both)
        #expect(bits(low.reference(of: one)) == bits(high.reference(of: two)))
        let gain = Float(0.1 / (5 * 0.5))
        let (down, up) = (-3 * gain, 6 * gain)
        #expect(low.correction == [down, up, 0, 0, 0, 0])
        #expect(high.correction == [gain, -2 * gain, 0, 0, 0, 0])
        #expect(low.ledger(of: one) == low.correction)
        guard case .applied(one, 0, 0, low.digest(of: one), 45, _) = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func how_far_the_parameters_have_travelled_is_kept_up_by_exchanges() throws {
        var state = try fresh()
        for value: Float in [2, -1, 0.5] {
            let result = state.perform(
                answer(state, try payload([value, 0, 0, value, 0, 0])))
            guard case .applied(_, _, _, _, _, let travelled) = result else {
                Issue.record("\(result)")
                return
            }
            let exact = zip(state.parameters, state.genesis).reduce(0.0) {
                $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
            }
            #expect(abs(travelled - exact.squareRoot()) < 1e-6)
            #expect(travelled > 0)
        }
    }

    @Test func the_ledger_leaks_before_it_grows_and_the_correction_with_it() throws {
        var state = try fresh()
        _ = state.perform(answer(state, try payload([2, 0, 0, 0, 0, 0])))
        let first = state.ledger(of: one)[0]
        #expect(first == Float(0.04))
        // Another link's ledger is no business of this one's leak.
        let digest = state.digest(of: two)
        _ = state.perform(
            .apply(
                two, own: delta(0, digest: digest, payload: []),
                peer: delta(0, digest: digest, payload: try payload([0, 2, 0, 0, 0, 0])),
                ownIsLower: true, countsInLedger: true))
        _ = state.perform(
            answer(state, try payload([0, 0, 2, 0, 0, 0]), terms(near: 0.5)))
        let kept = first * Float(0.95)
        #expect(state.ledger(of: one) == [kept, 0, first, 0, 0, 0])
        #expect(state.ledger(of: two) == [0, first, 0, 0, 0, 0])
        #expect(abs(state.correction[0] - kept) < 1e-8)
        #expect(state.correction[1] == first)
    }

    @Test func an_exchange_from_before_the_ledger_moves_x_and_leaves_the_correction() throws {
        var state = try fresh()
        _ = state.perform(answer(state, try payload([2, 0, 0, 0, 0, 0]), counts: false))
        #expect(state.parameters[0] == 2)
        #expect(state.correction == [0, 0, 0, 0, 0, 0])
    }

    @Test func clearing_a_ledger_takes_back_its_part_and_no_other() throws {
        var state = try fresh()
        _ = state.perform(answer(state, try payload([2, 2, 0, 0, 0, 0])))
        let digest = state.digest(of: two)
        _ = state.perform(
            .apply(
                two, own: delta(0, digest: digest, payload: []),
                peer: delta(0, digest: digest, payload: try payload([0, 2, 0, 0, 0, 0])),
                ownIsLower: true, countsInLedger: true))
        let parameters = state.parameters
        let reference = state.reference(of: one)
        #expect(state.perform(.clearLedger(one)) == .ledgerCleared(one))
        #expect(state.ledger(of: one) == [0, 0, 0, 0, 0, 0])
        #expect(state.correction == state.ledger(of: two))
        #expect(state.correction[1] != 0)
        #expect(state.parameters == parameters && state.reference(of: one) == reference)
        #expect(state.perform(.clearLedger(LinkID(9))) == .ledgerCleared(LinkID(9)))
    }

    @Test func a_forgotten_link_is_as_if_it_had_never_been() throws {
        var state = try fresh()
        _ = state.perform(answer(state, try payload([2, 2, 0, 0, 0, 0])))
        let digest = state.freshDigest
        #expect(state.digest(of: one) != digest)
        _ = state.perform(.clearLedger(one))
        #expect(state.perform(.forget(one)) == .forgotten(one))
        #expect(state.digest(of: one) == digest && state.reference(of: one) == state.genesis)
        #expect(!state.snapshot().links.contains { $0.id == one })
        #expect(state.perform(.forget(one)) == .forgotten(one), "twice harms nothing")
    }

    // MARK: What may change nothing

    @Test func a_payload_that_does_not_decode_changes_nothing() throws {
        var state = try fresh()
        _ = state.perform(.addLocal([1, 1, 1, 1, 1, 1]))
        _ = state.perform(answer(state, try payload([2, 0, 0, 0, 0, 0])))
        let before = state.snapshot()
        let good = try payload([2, 1, 0, 0, 0, 0])
        var bad: [[UInt8]] = [[0xff], good + [0], Array(good.dropLast())]
        bad += try [Float.nan, .infinity].map { value in
            // 32-bit values stand at the end of the payload as they are.
            var bytes = try payload([1, 1, 1, 1, 1, 1])
            bytes.replaceSubrange(
                (bytes.count - 4)...,
                with: (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) })
            return bytes
        }
        for bytes in bad {
            let result = state.perform(answer(state, bytes))
            guard case .peerFault(one, .badPayload) = result else {
                Issue.record("\(bytes): \(result)")
                continue
            }
            #expect(state.snapshot() == before, "\(bytes)")
            #expect(state.digest(of: one) == before.links[0].digest)
        }
    }

    @Test(arguments: [Float.greatestFiniteMagnitude, -Float.greatestFiniteMagnitude, 0x1p121])
    func huge_values_change_nothing(huge: Float) throws {
        var state = try fresh()
        let before = state.snapshot()
        for difference in [[0, huge, 0, 0, 0, 0], [huge, -huge, huge, 1, 1, 1]] {
            #expect(
                state.perform(answer(state, try payload(difference)))
                    == .peerFault(one, .badPayload(.nonFinite)))
            #expect(state.snapshot().parameters == before.parameters)
            #expect(state.reference(of: one) == genesis)
        }
    }

    /// A member at fault may send any finite value. Pulling x up on one link and down on another
    /// once led to an x and an s whose difference was infinite, and stopped the node.
    @Test func no_row_of_finite_deltas_makes_a_delta_that_cannot_be_said() throws {
        for seed in UInt64(1)...100 {
            var generator = SeededGenerator(seed: seed)
            var state = try fresh()
            for step in 0..<60 {
                let link = LinkID(UInt32(generator.below(3)))
                let said = Float(generator.uniform() * 2 - 1) * 0x1p127
                let value = generator.below(2) == 0 ? said : said * 0x1p-8
                let own = try #require(state.says(on: link))
                let digest = state.digest(of: link)
                let peer = delta(
                    0, digest: digest, payload: try payload([value, 0, 0, 0, 0, 0]),
                    terms: terms(weight: generator.below(2) == 0 ? 1 : 1000))
                _ = state.perform(
                    .apply(link, own: own, peer: peer, ownIsLower: true, countsInLedger: true))
                #expect(state.parameters[0].isFinite, "seed \(seed), step \(step)")
                for link in 0..<3 {
                    let apart = state.parameters[0] - state.reference(of: LinkID(UInt32(link)))[0]
                    try #require(apart.isFinite, "seed \(seed), step \(step)")
                }
            }
        }
    }

    @Test func ends_with_different_references_do_not_exchange() throws {
        var state = try fresh()
        let before = state.snapshot()
        let right = state.digest(of: one)
        for (own, peer) in [(right, right &+ 1), (right &+ 1, right), (5, 5)] {
            let result = state.perform(
                .apply(
                    one, own: delta(4, digest: own, payload: []),
                    peer: delta(4, digest: peer, payload: []), ownIsLower: true,
                    countsInLedger: true))
            #expect(result == .peerFault(one, .referencesDiffer(exchange: 4)))
            #expect(state.snapshot().parameters == before.parameters)
        }
    }

    // MARK: References

    @Test func a_new_reference_is_genesis_or_a_copy_and_leads_both_ends_to_the_same_bits() throws {
        var generator = SeededGenerator(seed: 5)
        for young in [true, false] {
            let genesis = uniformVector(50, &generator)
            var low = ParameterState(genesis: genesis, codec: try smallCodec(50))
            var high = low
            _ = low.perform(.addLocal(uniformVector(50, &generator)))
            guard
                case .referenceMade(one, let made) = low.perform(
                    .makeReference(one, epoch: 4, genesis: young))
            else {
                Issue.record("no reference")
                return
            }
            #expect((made.payload == nil) == young)
            #expect(made.digest == low.digest(of: one))
            #expect(
                high.perform(.adoptReference(two, made))
                    == .referenceAdopted(two, epoch: 4, digest: made.digest))
            #expect(bits(low.reference(of: one)) == bits(high.reference(of: two)))
            #expect(high.digest(of: two) == ReferenceDigest(of: high.reference(of: two)).value)
            let apart = zip(low.parameters, low.reference(of: one)).map { abs($0 - $1) }.max() ?? 9
            #expect(young ? low.reference(of: one) == genesis : apart < 0.01)
        }
    }

    @Test func a_node_still_at_genesis_makes_a_copy_that_says_nothing() throws {
        var low = try fresh()
        var high = try fresh()
        guard
            case .referenceMade(one, let made) = low.perform(
                .makeReference(one, epoch: 1, genesis: false))
        else {
            Issue.record("no reference")
            return
        }
        #expect(made.payload == [])
        #expect(
            high.perform(.adoptReference(two, made))
                == .referenceAdopted(two, epoch: 1, digest: high.freshDigest))
    }

    @Test func a_new_reference_comes_with_an_empty_ledger() throws {
        var state = try fresh()
        _ = state.perform(answer(state, try payload([2, 0, 0, 0, 0, 0])))
        #expect(state.correction[0] != 0)
        _ = state.perform(.makeReference(one, epoch: 1, genesis: true))
        #expect(state.correction == [0, 0, 0, 0, 0, 0])
        #expect(state.ledger(of: one) == [0, 0, 0, 0, 0, 0])
    }

    @Test func a_reference_that_is_bad_changes_nothing() throws {
        var state = try fresh()
        _ = state.perform(answer(state, try payload([2, 0, 0, 0, 0, 0])))
        let before = state.snapshot()
        let wrongDigest = LinkReference(epoch: 1, payload: nil, digest: 1)
        #expect(
            state.perform(.adoptReference(one, wrongDigest))
                == .peerFault(one, .referencesDiffer(exchange: 0)))
        let junk = LinkReference(epoch: 1, payload: [0xff], digest: 1)
        guard case .peerFault(one, .badPayload) = state.perform(.adoptReference(one, junk)) else {
            Issue.record("junk was adopted")
            return
        }
        let huge = LinkReference(
            epoch: 1, payload: try payload([.greatestFiniteMagnitude, 0, 0, 0, 0, 0]), digest: 1)
        #expect(
            state.perform(.adoptReference(one, huge))
                == .peerFault(one, .badPayload(.nonFinite)))
        #expect(state.snapshot() == before)
    }

    // MARK: Instants

    @Test func an_instant_taken_up_again_is_the_same() throws {
        var state = try fresh()
        _ = state.perform(.addLocal([1, 2, 3, 4, 5, 6]))
        _ = state.perform(answer(state, try payload([2, 0, 1, 0, 0, 0])))
        _ = state.perform(.makeReference(two, epoch: 1, genesis: true))
        guard case .snapshot(let snapshot) = state.perform(.snapshot) else { return }
        #expect(snapshot == state.snapshot())
        #expect(snapshot.links.map(\.id) == [one, two])
        #expect(snapshot.links[1].reference == nil && snapshot.links[1].ledger == nil)
        let codec = try smallCodec(6, k: 6, values: .float32)
        let again = try #require(
            ParameterState(genesis: genesis, codec: codec, snapshot: snapshot))
        #expect(again.snapshot() == snapshot)
        #expect(again.correction == state.correction)
        #expect(again.digest(of: one) == state.digest(of: one))
    }

    @Test func a_damaged_instant_is_refused() throws {
        let state = try fresh()
        let codec = try smallCodec(6)
        let good = state.snapshot()
        var short = good
        short.parameters.removeLast()
        var nan = good
        nan.parameters[2] = .nan
        var link = good
        link.links = [.init(id: one, reference: [1], digest: 0, ledger: nil)]
        var ledger = good
        ledger.links = [
            .init(id: one, reference: nil, digest: 0, ledger: [0, 0, .infinity, 0, 0, 0])
        ]
        for bad in [short, nan, link, ledger] {
            #expect(ParameterState(genesis: genesis, codec: codec, snapshot: bad) == nil)
        }
        var wrongDigest = good
        wrongDigest.links = [.init(id: one, reference: nil, digest: 99, ledger: nil)]
        let healed = ParameterState(genesis: genesis, codec: codec, snapshot: wrongDigest)
        #expect(healed?.digest(of: one) == state.freshDigest)
    }
}
