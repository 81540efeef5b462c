// Room:  GossipTests.
// Task:  how two ends go on after a new connection: all combinations, and the table of once.
// May:   Gossip.
// Proof: itself

import Testing

@testable import Gossip

@Suite struct LinkResumeTests {
    private func standing(
        _ exchange: UInt64, epoch: UInt64 = 3, digest: UInt64 = 10, previous: UInt64 = 9,
        pending: Bool = false, holds: Bool = false, ledgerFrom: UInt64? = 0
    ) -> LinkStanding {
        LinkStanding(
            epoch: epoch, exchange: exchange, digest: digest, previousDigest: previous,
            pending: pending, holdsPrevious: holds, ledgerFrom: ledgerFrom)
    }

    /// Every standing over small ranges of each field.
    private var all: [LinkStanding] {
        var all: [LinkStanding] = []
        for epoch in UInt64(1)...2 {
            for exchange in UInt64(4)...6 {
                for digest in [UInt64(10), 11] {
                    for previous in [UInt64(9), 10] {
                        for flags in 0..<4 {
                            for ledger in [nil, UInt64(0), 5] {
                                all.append(
                                    standing(
                                        exchange, epoch: epoch, digest: digest,
                                        previous: previous, pending: flags & 1 != 0,
                                        holds: flags & 2 != 0, ledgerFrom: ledger))
                            }
                        }
                    }
                }
            }
        }
        return all
    }

    @Test func both_ends_decide_alike_whatever_they_stand_at() {
        let all = all
        var goesOn = 0
        var asymmetric = 0
        var wrong = 0
        for own in all {
            for peer in all {
                let decision = LinkResume.decide(own: own, peer: peer)
                if decision != LinkResume.decide(own: peer, peer: own) { asymmetric += 1 }
                let (behind, ahead) = own.exchange < peer.exchange ? (own, peer) : (peer, own)
                let same = own.exchange == peer.exchange && own.digest == peer.digest
                let oneBehind =
                    behind.exchange + 1 == ahead.exchange && behind.pending
                    && ahead.holdsPrevious && ahead.previousDigest == behind.digest
                let expected: LinkResume
                if own.epoch == peer.epoch, same || oneBehind {
                    goesOn += 1
                    let open = own.ledgerFrom != nil && own.ledgerFrom == peer.ledgerFrom
                    expected = .goOn(freshLedger: open ? nil : ahead.exchange)
                } else {
                    expected = .newEpoch(max(own.epoch, peer.epoch) + 1)
                }
                if decision != expected { wrong += 1 }
            }
        }
        #expect(asymmetric == 0)
        #expect(wrong == 0, "of \(all.count * all.count)")
        #expect(goesOn > 0)
    }

    @Test func a_link_goes_on_only_where_the_open_exchange_can_end_exactly_once() {
        let go = LinkResume.goOn(freshLedger: nil)
        let new = LinkResume.newEpoch(4)
        let table: [(own: LinkStanding, peer: LinkStanding, so: LinkResume, why: String)] = [
            (standing(5), standing(5), go, "nothing is open"),
            (standing(5, pending: true), standing(5), go, "one has spoken, nobody has applied"),
            (standing(5, pending: true), standing(5, pending: true), go, "both have spoken"),
            (standing(5), standing(5, digest: 11), new, "same number, other reference"),
            (
                standing(5, pending: true), standing(6, digest: 12, previous: 10, holds: true),
                go, "one has applied and can say its part again"
            ),
            (
                standing(5, pending: true),
                standing(6, digest: 12, previous: 10, pending: true, holds: true), go,
                "one has applied and spoken again"
            ),
            (
                standing(5), standing(6, digest: 12, previous: 10, holds: true), new,
                "what the one ahead applied is lost: a new delta would be another"
            ),
            (
                standing(5, pending: true), standing(6, digest: 12, previous: 10), new,
                "the one ahead has nothing to say again"
            ),
            (
                standing(5, pending: true), standing(6, digest: 12, previous: 99, holds: true),
                new, "applied to another reference"
            ),
            (
                standing(5, pending: true), standing(7, digest: 12, previous: 10, holds: true),
                new, "two ahead"
            ),
            (standing(5, epoch: 2), standing(5), new, "another epoch"),
            (standing(0, epoch: 3), standing(6, epoch: 0), new, "far another epoch"),
        ]
        for row in table {
            #expect(LinkResume.decide(own: row.own, peer: row.peer) == row.so, "\(row.why)")
            #expect(LinkResume.decide(own: row.peer, peer: row.own) == row.so, "\(row.why)")
        }
    }

    @Test func a_ledger_that_either_end_has_closed_starts_anew_at_both() {
        let behind = standing(5, pending: true, ledgerFrom: nil)
        let ahead = standing(6, digest: 12, previous: 10, holds: true, ledgerFrom: 0)
        // From 6: exchange 5 is in the ledger of one end already, and will be in neither.
        #expect(LinkResume.decide(own: behind, peer: ahead) == .goOn(freshLedger: 6))
        let both = standing(5, ledgerFrom: nil)
        #expect(LinkResume.decide(own: both, peer: both) == .goOn(freshLedger: 5))
        let other = standing(5, ledgerFrom: 3)
        #expect(LinkResume.decide(own: other, peer: standing(5)) == .goOn(freshLedger: 5))
    }
}
