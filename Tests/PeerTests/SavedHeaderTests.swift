// Room:  PeerTests.
// Task:  every field of a saved node survives its header; links follow their peers.
// May:   Peer, Gossip, Membership.
// Proof: itself

import Gossip
import Membership
import Testing

@testable import Peer

@Suite struct SavedHeaderTests {
    private func roster(_ numbers: ClosedRange<Int>) throws -> Roster {
        try Roster(founders: numbers.map { Member(id: node($0), name: "n\($0)", addresses: []) })
    }

    private func delta(_ exchange: UInt64, isAnswer: Bool = false) -> LinkDelta {
        LinkDelta(
            epoch: 2, exchange: exchange, isAnswer: isAnswer, payload: [1, 2, 3],
            terms: Terms(
                before: 2, after: 1, stepsBetween: 5, overlap: 0.5, rate: 0.1, weight: 3,
                cap: 0.25, near: 1),
            digest: 99)
    }

    /// Of node 2, with its links to the second and the third of a roster. `full` or with all that
    /// may be absent absent.
    private func header(full: Bool) -> SavedHeader {
        SavedHeader(
            federation: federation, node: node(2).bytes,
            gossip: SavedGossip(
                round: .max, samples: 160, loss: full ? 0 : nil, travelled: 1.5, rate: 0.1,
                stepsBetween: 1.25, stepsSince: 5, overlap: 0.1, gradient: full ? 0 : nil,
                stride: full ? 0 : nil, generator: [1, 2, 3, .max],
                links: [
                    SavedLink(
                        id: LinkID(1), epoch: 2, exchange: 9, digest: .max, previousDigest: 98,
                        ledgerFrom: full ? 0 : nil, own: full ? delta(9) : nil,
                        previous: full ? delta(8, isAnswer: true) : nil, exchanges: 12),
                    SavedLink(
                        id: LinkID(2), epoch: 0, exchange: 0, digest: 5, previousDigest: 0,
                        ledgerFrom: 7, own: nil, previous: nil, exchanges: 0,
                        parting: full ? 0 : nil),
                ]),
            trainer: full ? [9, 8] : [], heldOutLoss: full ? 0 : nil, accuracy: full ? 0 : nil)
    }

    @Test func every_field_comes_back_and_what_is_absent_stays_apart_from_zero() throws {
        let roster = try roster(2...4)
        for full in [true, false] {
            let header = header(full: full)
            #expect(SavedHeader(bytes: header.bytes(roster: roster), roster: roster) == header)
        }
    }

    @Test func links_follow_their_peers_into_another_roster_and_strangers_are_left_out() throws {
        let bytes = header(full: true).bytes(roster: try roster(2...4))
        let grown = try #require(SavedHeader(bytes: bytes, roster: try roster(1...6)))
        #expect(grown.gossip.links.map(\.id) == [LinkID(2), LinkID(3)])
        #expect(grown.gossip.links.map(\.exchanges) == [12, 0])
        let shrunk = try #require(SavedHeader(bytes: bytes, roster: try roster(4...6)))
        #expect(shrunk.gossip.links.map(\.id) == [LinkID(0)])
        #expect(shrunk.gossip.links.map(\.exchanges) == [0])
    }

    @Test func bytes_that_do_not_parse_give_nothing() throws {
        let roster = try roster(2...4)
        #expect(SavedHeader(bytes: [0xff, 0xff], roster: roster) == nil)
        let cut = Array(header(full: true).bytes(roster: roster).dropLast())
        #expect(SavedHeader(bytes: cut, roster: roster) == nil)
    }

    // MARK: Vectors

    @Test func vectors_are_found_again_under_their_peers_names() throws {
        let before = try roster(2...4)
        let saved = header(full: true).gossip.links
        let snapshot = ParameterSnapshot(
            parameters: [1, 2],
            links: [
                .init(id: LinkID(1), reference: [3, 4], digest: .max, ledger: nil),
                .init(id: LinkID(2), reference: nil, digest: 5, ledger: [5, 6]),
            ])
        let named = snapshot.named(with: saved, roster: before)
        #expect(named.map(\.name) == ["x", "s.\(node(3))", "b.\(node(4))"])
        func find(_ name: String) -> [Float]? { named.first { $0.name == name }?.values }
        #expect(ParameterSnapshot(links: saved, roster: before, vector: find) == snapshot)

        let after = try roster(1...6)
        let header = try #require(
            SavedHeader(bytes: header(full: true).bytes(roster: before), roster: after))
        let moved = try #require(
            ParameterSnapshot(links: header.gossip.links, roster: after, vector: find))
        #expect(moved.links.map(\.id) == [LinkID(2), LinkID(3)])
        #expect(moved.links.map(\.reference) == [[3, 4], nil])
        #expect(moved.links.map(\.ledger) == [nil, [5, 6]])
    }

    /// The control half may forget a link, and begin it anew, before the snapshot's result is there.
    @Test func vectors_of_links_that_are_forgotten_meanwhile_are_left_out() throws {
        let roster = try roster(2...4)
        var saved = header(full: true).gossip.links
        let snapshot = ParameterSnapshot(
            parameters: [1, 2],
            links: [
                .init(id: LinkID(1), reference: [3, 4], digest: .max, ledger: nil),
                .init(id: LinkID(2), reference: [5, 6], digest: 5, ledger: nil),
            ])
        saved[0].digest = 1
        #expect(snapshot.named(with: saved, roster: roster).map(\.name) == ["x", "s.\(node(4))"])
        #expect(snapshot.named(with: [], roster: roster).map(\.name) == ["x"])
    }

    @Test func without_parameters_there_is_no_snapshot() throws {
        let found = ParameterSnapshot(links: [], roster: try roster(2...4)) { _ in nil }
        #expect(found == nil)
    }
}
