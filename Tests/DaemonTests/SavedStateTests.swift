// Room:  tests of Daemon.
// Task:  a node's instant survives the way through a checkpoint; foreign ones are refused.
// May:   Daemon, Gossip, Identity, Membership, Store.
// Proof: itself

import Gossip
import Identity
import Membership
import Store
import Testing

@testable import Daemon

@Suite struct SavedStateTests {
    private let federation = [UInt8](repeating: 7, count: 32)

    private func roster(_ seeds: ClosedRange<UInt8>) throws -> Roster {
        try Roster(
            founders: seeds.map {
                Member(
                    id: NodeID(publicKey: [UInt8](repeating: $0, count: 32)), name: "n\($0)",
                    addresses: [])
            })
    }

    private func delta(_ exchange: UInt64) -> LinkDelta {
        LinkDelta(
            epoch: 2, exchange: exchange, payload: [1, 2, 3],
            terms: Terms(
                before: 2, after: 1, stepsBetween: 5, overlap: 0.5, rate: 0.1, weight: 3, cap: 0.25,
                near: 1),
            digest: 99)
    }

    private var state: SavedState {
        SavedState(
            gossip: SavedGossip(
                round: 5, samples: 160, loss: nil, travelled: 1.5, rate: 0.1, stepsBetween: 1.25,
                stepsSince: 5, overlap: 0.1, gradient: 0.5, stride: nil, generator: [1, 2, 3, 4],
                links: [
                    SavedLink(
                        id: LinkID(1), epoch: 2, exchange: 9, digest: 99, previousDigest: 98,
                        ledgerFrom: 4, own: delta(9), previous: delta(8), exchanges: 12),
                    SavedLink(
                        id: LinkID(2), epoch: 0, exchange: 0, digest: 5, previousDigest: 0,
                        ledgerFrom: nil, own: nil, previous: nil, exchanges: 0),
                ]),
            vectors: ParameterSnapshot(
                parameters: [1, 2],
                links: [
                    .init(id: LinkID(1), reference: [3, 4], digest: 99, ledger: [5, 6]),
                    .init(id: LinkID(2), reference: nil, digest: 5, ledger: nil),
                ]),
            trainer: [9, 8], heldOutLoss: 0.5, accuracy: nil)
    }

    @Test func what_is_saved_is_what_comes_back() throws {
        let roster = try roster(1...3)
        let own = roster.members[0].id
        let checkpoint = state.checkpoint(federation: federation, node: own, roster: roster)
        let back = try SavedState(checkpoint, federation: federation, node: own, roster: roster)
        #expect(back == state)
    }

    @Test func another_federation_or_node_is_refused() throws {
        let roster = try roster(1...3)
        let own = roster.members[0].id
        let checkpoint = state.checkpoint(federation: federation, node: own, roster: roster)
        #expect(throws: SavedStateError.otherFederation) {
            try SavedState(
                checkpoint, federation: [UInt8](repeating: 8, count: 32), node: own, roster: roster)
        }
        #expect(throws: SavedStateError.otherNode) {
            try SavedState(
                checkpoint, federation: federation, node: roster.members[1].id, roster: roster)
        }
    }

    @Test func a_header_that_does_not_parse_is_refused() throws {
        let roster = try roster(1...3)
        #expect(throws: SavedStateError.unreadable) {
            try SavedState(
                Checkpoint(header: [0xff, 0xff], vectors: []), federation: federation,
                node: roster.members[0].id, roster: roster)
        }
    }

    @Test func links_are_found_by_their_peers_when_the_roster_has_grown() throws {
        let before = try roster(2...4)
        let checkpoint = state.checkpoint(
            federation: federation, node: before.members[0].id, roster: before)
        let after = try roster(1...6)
        let back = try SavedState(
            checkpoint, federation: federation, node: before.members[0].id, roster: after)
        for (old, new) in zip(state.gossip.links, back.gossip.links) {
            #expect(
                before.members[Int(old.id.rawValue)].id == after.members[Int(new.id.rawValue)].id)
        }
    }
}
