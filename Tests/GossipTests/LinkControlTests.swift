// Room:  GossipTests.
// Task:  one end of a link, step by step.
// May:   Gossip.
// Proof: itself

import Testing

@testable import Gossip

/// One end, driven by hand; each call gives the actions of that step.
private struct Steps {
    var link: LinkControl

    init(isLower: Bool = true, connected: Bool = true) {
        link = LinkControl(id: one, ownIsLower: isLower, digest: 7)
        if connected { _ = connect(link.standing) }
    }

    private mutating func step(
        _ body: (inout LinkControl, inout [LinkAction]) -> Void
    ) -> [LinkAction] {
        var out: [LinkAction] = []
        body(&link, &out)
        return out
    }

    mutating func connect(_ peer: LinkStanding, young: Bool = true) -> [LinkAction] {
        step { $0.connected(peer: peer, peerIsYoung: young, into: &$1) }
    }
    mutating func start() -> [LinkAction] { step { $0.start(into: &$1) } }
    mutating func made(
        _ payload: [UInt8] = [1], before: Double = 1, threshold: Double = 0
    ) -> [LinkAction] {
        step { [digest = link.digest] in
            $0.made(
                payload: payload, terms: terms(before: before), digest: digest,
                threshold: threshold, at: .seconds(3), into: &$1)
        }
    }
    mutating func received(_ delta: LinkDelta) -> [LinkAction] {
        step { $0.received(delta, into: &$1) }
    }
    mutating func received(_ reference: LinkReference) -> [LinkAction] {
        step { $0.received(reference, into: &$1) }
    }
    mutating func applied(_ digest: UInt64) -> [LinkAction] {
        step { $0.applied(digest: digest, moved: 2, into: &$1) }
    }
    mutating func refused(_ fault: GossipFault) -> [LinkAction] {
        step { $0.refused(fault, into: &$1) }
    }
    mutating func referenceMade(_ reference: LinkReference) -> [LinkAction] {
        step { $0.referenceMade(reference, into: &$1) }
    }
    mutating func adopted(_ epoch: UInt64, _ digest: UInt64) -> [LinkAction] {
        step { $0.referenceAdopted(epoch: epoch, digest: digest, into: &$1) }
    }
    mutating func closeLedger() -> [LinkAction] { step { $0.closeLedger(into: &$1) } }

    /// A whole exchange that this end starts.
    mutating func exchange(to digest: UInt64) {
        _ = start()
        _ = made()
        _ = received(delta(link.exchange, epoch: link.epoch, digest: link.digest))
        _ = applied(digest)
    }
}

@Suite struct LinkControlTests {
    private func make(_ exchange: UInt64, epoch: UInt64 = 0) -> LinkAction {
        .work(.makeDelta(one, epoch: epoch, exchange: exchange))
    }

    private func apply(
        _ own: LinkDelta, _ peer: LinkDelta, isLower: Bool = true, counts: Bool = true
    ) -> LinkAction {
        .work(
            .apply(one, own: own, peer: peer, ownIsLower: isLower, countsInLedger: counts))
    }

    private func own(_ exchange: UInt64, epoch: UInt64 = 0, digest: UInt64 = 7) -> LinkDelta {
        delta(exchange, epoch: epoch, digest: digest, terms: terms(before: 1))
    }

    // MARK: One exchange

    @Test func a_fresh_link_opens_its_ledger_and_says_nothing() {
        var end = Steps(connected: false)
        #expect(end.link.phase == .parted && !end.link.isOpen)
        #expect(end.connect(end.link.standing) == [.work(.clearLedger(one))])
        #expect(end.link.phase == .idle && end.link.ledgerFrom == 0 && end.link.canStart)
    }

    @Test func an_exchange_that_is_started_and_answered() {
        var end = Steps()
        #expect(end.start() == [make(0)])
        #expect(!end.link.canStart && !end.link.isSteady && end.link.isInFlight)
        #expect(end.made() == [.send(own(0))])
        #expect(end.link.phase == .offered && end.link.isSteady && !end.link.canStart)
        let theirs = delta(0, payload: [2])
        #expect(end.received(theirs) == [apply(own(0), theirs)])
        #expect(!end.link.isSteady)
        #expect(
            end.applied(8) == [.ended(started: true, offeredAt: .seconds(3), moved: 2)])
        #expect(end.link.phase == .idle && end.link.canStart && !end.link.isInFlight)
        let standing = end.link.standing
        #expect(standing.exchange == 1 && standing.digest == 8 && standing.previousDigest == 7)
        #expect(!standing.pending && standing.holdsPrevious)
    }

    @Test func whoever_receives_and_has_not_spoken_speaks() {
        var end = Steps(isLower: false)
        let theirs = delta(0, payload: [2])
        #expect(end.received(theirs) == [make(0)])
        #expect(end.made() == [.send(own(0)), apply(own(0), theirs, isLower: false)])
        #expect(end.applied(8) == [.ended(started: false, offeredAt: .seconds(3), moved: 2)])
    }

    @Test func offers_that_cross_are_one_exchange() {
        var end = Steps()
        _ = end.start()
        let theirs = delta(0, payload: [2])
        #expect(end.received(theirs) == [], "the own delta is in the making")
        #expect(end.made() == [.send(own(0)), apply(own(0), theirs)])
    }

    @Test func with_nothing_to_say_an_end_is_silent() {
        var end = Steps()
        _ = end.start()
        #expect(end.made([], before: 0) == [])
        #expect(end.link.phase == .idle && end.link.canStart && end.link.own == nil)
        _ = end.start()
        #expect(end.made([1], before: 0.5, threshold: 0.5) == [])
        #expect(end.link.before == 0.5)
        _ = end.start()
        #expect(end.made([1], before: 0.6, threshold: 0.5).count == 1)
    }

    @Test func an_end_that_must_answer_does_so_with_an_empty_delta() {
        var end = Steps()
        let theirs = delta(0, payload: [2])
        _ = end.received(theirs)
        let empty = delta(0, payload: [], terms: terms(before: 0))
        #expect(end.made([], before: 0, threshold: 9) == [.send(empty), apply(empty, theirs)])
    }

    @Test func a_repeated_delta_changes_nothing() {
        var end = Steps()
        _ = end.start()
        _ = end.made()
        let theirs = delta(0, payload: [2])
        _ = end.received(theirs)
        let before = end.link.saved
        #expect(end.received(theirs) == [])
        #expect(end.received(delta(0, payload: [3])) == [])
        #expect(end.link.saved == before)
        _ = end.applied(8)
        var answer = theirs
        answer.isAnswer = true
        #expect(end.received(answer) == [])
        #expect(end.link.exchange == 1)
    }

    // MARK: What the peer lacks

    @Test func a_delta_of_the_exchange_before_is_answered_with_the_own_one_once_more() {
        var end = Steps()
        end.exchange(to: 8)
        var again = own(0)
        again.isAnswer = true
        #expect(end.received(delta(0)) == [.send(again)])
    }

    @Test func an_answer_is_never_answered() {
        var end = Steps()
        end.exchange(to: 8)
        #expect(end.received(delta(0, isAnswer: true)) == [])
    }

    @Test func an_older_delta_is_let_pass() {
        var end = Steps()
        end.exchange(to: 8)
        end.exchange(to: 9)
        #expect(end.received(delta(0)) == [])
    }

    @Test func a_peer_one_ahead_waits_for_its_turn() {
        var end = Steps()
        _ = end.start()
        _ = end.made()
        let next = delta(1, digest: 8, payload: [9])
        #expect(end.received(next) == [], "the peer has applied exchange 0 already")
        let theirs = delta(0, payload: [2], isAnswer: true)
        #expect(end.received(theirs) == [apply(own(0), theirs)])
        #expect(
            end.applied(8) == [
                .ended(started: true, offeredAt: .seconds(3), moved: 2), make(1),
            ])
    }

    @Test func a_peer_that_is_quicker_to_apply_waits_too() {
        var end = Steps()
        _ = end.start()
        _ = end.made()
        _ = end.received(delta(0, payload: [2]))
        #expect(end.received(delta(1, digest: 8)) == [], "while this end still applies")
        #expect(end.applied(8).last == make(1))
    }

    // MARK: Faults

    @Test func a_delta_too_far_ahead_is_a_fault() {
        var end = Steps()
        let fault = GossipFault.outOfOrder(epoch: 0, exchange: 1)
        #expect(end.received(delta(1)) == [.fault(fault)], "ahead of a delta never said")
        _ = end.start()
        _ = end.made()
        #expect(
            end.received(delta(2)) == [.fault(.outOfOrder(epoch: 0, exchange: 2))])
        #expect(
            end.received(delta(0, epoch: 1)) == [.fault(.outOfOrder(epoch: 1, exchange: 0))])
        #expect(
            end.received(delta(.max - 1)) == [
                .fault(.outOfOrder(epoch: 0, exchange: .max - 1))
            ])
        #expect(end.link.phase == .offered && end.link.exchange == 0)
    }

    @Test func a_delta_about_another_reference_is_a_fault() {
        var end = Steps()
        #expect(
            end.received(delta(0, digest: 6)) == [.fault(.referencesDiffer(exchange: 0))])
        #expect(end.link.isSteady && end.link.canStart)
    }

    @Test func a_refused_exchange_keeps_the_own_delta_for_the_next_connection() {
        var end = Steps()
        _ = end.start()
        _ = end.made()
        _ = end.received(delta(0))
        let fault = GossipFault.badPayload(.trailing)
        #expect(end.refused(fault) == [.fault(fault)])
        #expect(end.link.standing.pending && end.link.exchange == 0)
        end.link.disconnected(parting: 1)
        #expect(end.connect(end.link.standing) == [.send(own(0))])
    }

    // MARK: Connections that break

    @Test func after_a_break_the_own_delta_is_said_again() {
        var end = Steps()
        _ = end.start()
        _ = end.made()
        let peer = end.link.standing
        end.link.disconnected(parting: 1)
        #expect(!end.link.isOpen && end.received(delta(0)) == [])
        #expect(end.connect(peer) == [.send(own(0))])
        #expect(end.link.phase == .offered)
        // How long the exchange took is not known any more.
        _ = end.received(delta(0))
        #expect(end.applied(8) == [.ended(started: true, offeredAt: nil, moved: 2)])
    }

    @Test func the_end_that_is_one_behind_is_given_what_it_lacks() {
        var ahead = Steps()
        ahead.exchange(to: 8)
        var behind = Steps(isLower: false)
        _ = behind.start()
        _ = behind.made()
        ahead.link.disconnected(parting: 1)
        behind.link.disconnected(parting: 1)
        let (here, there) = (ahead.link.standing, behind.link.standing)
        #expect(ahead.connect(there) == [])
        #expect(behind.connect(here) == [.send(own(0))])
        var again = own(0)
        again.isAnswer = true
        #expect(ahead.received(own(0)) == [.send(again)])
        #expect(behind.received(again) == [apply(own(0), again, isLower: false)])
        _ = behind.applied(8)
        #expect(behind.link.standing == ahead.link.standing)
    }

    @Test func a_delta_that_comes_out_of_the_work_after_a_break_was_never_said() {
        var end = Steps()
        _ = end.start()
        end.link.disconnected(parting: 1)
        #expect(end.made() == [])
        #expect(end.link.own == nil && !end.link.standing.pending && end.link.isSteady)
    }

    @Test func an_exchange_that_is_applied_after_a_break_counts() {
        var end = Steps()
        _ = end.start()
        _ = end.made()
        _ = end.received(delta(0))
        end.link.disconnected(parting: 1)
        #expect(!end.link.isSteady, "the standing is not to be told yet")
        #expect(end.applied(8).count == 1)
        #expect(end.link.phase == .parted && end.link.exchange == 1 && end.link.isSteady)
    }

    // MARK: Ledgers

    @Test func a_ledger_closed_at_one_end_starts_anew_at_both() {
        var end = Steps()
        end.exchange(to: 8)
        let peer = end.link.standing
        end.link.disconnected(parting: 1)
        #expect(end.closeLedger() == [.work(.clearLedger(one))])
        #expect(end.closeLedger() == [], "closed already")
        #expect(end.connect(peer) == [.work(.clearLedger(one))])
        #expect(end.link.ledgerFrom == 1)
    }

    @Test func an_exchange_from_before_the_new_ledger_does_not_count_in_it() {
        var end = Steps()
        _ = end.start()
        _ = end.made()
        end.link.disconnected(parting: 1)
        var peer = end.link.standing
        peer.exchange = 1
        peer.pending = false
        peer.holdsPrevious = true
        peer.previousDigest = 7
        peer.digest = 8
        peer.ledgerFrom = nil
        #expect(end.connect(peer) == [.work(.clearLedger(one)), .send(own(0))])
        #expect(end.received(delta(0)) == [apply(own(0), delta(0), counts: false)])
    }

    /// The data half clears after the snapshot that was asked for before; a checkpoint must not
    /// say that the ledger in it counts from somewhere else, or the two ends would not cancel.
    @Test func a_ledger_that_is_being_cleared_is_saved_as_closed() {
        var end = Steps(connected: false)
        _ = end.connect(end.link.standing)
        #expect(end.link.ledgerFrom == 0)
        #expect(end.link.saved.ledgerFrom == nil)
        end.link.ledgerCleared()
        #expect(end.link.saved.ledgerFrom == 0)
    }

    // MARK: New epochs

    private func far(_ epoch: UInt64 = 4) -> LinkStanding {
        LinkStanding(
            epoch: epoch, exchange: 90, digest: 1, previousDigest: 2, pending: false,
            holdsPrevious: false, ledgerFrom: 0)
    }

    @Test func where_the_ends_disagree_the_lower_makes_a_reference_and_the_higher_waits() {
        var lower = Steps()
        lower.exchange(to: 8)
        _ = lower.start()
        _ = lower.made()
        lower.link.disconnected(parting: 1)
        #expect(
            lower.connect(far(), young: false)
                == [.work(.makeReference(one, epoch: 5, genesis: false))])
        #expect(lower.link.phase == .opening(epoch: 5) && !lower.link.isOpen)
        #expect(lower.link.own == nil && lower.link.previous == nil && !lower.link.started)
        let made = LinkReference(epoch: 5, payload: [1], digest: 50)
        #expect(lower.referenceMade(made) == [.sendReference(made)])
        #expect(lower.link.phase == .idle)
        #expect(
            lower.link.standing
                == LinkStanding(
                    epoch: 5, exchange: 0, digest: 50, previousDigest: 0, pending: false,
                    holdsPrevious: false, ledgerFrom: 0))

        var higher = Steps(isLower: false)
        higher.link.disconnected(parting: 1)
        #expect(higher.connect(far()) == [])
        #expect(!higher.link.canStart)
        #expect(higher.received(made) == [.work(.adoptReference(one, made))])
        #expect(higher.received(made) == [], "said twice")
        #expect(higher.adopted(5, 50) == [])
        #expect(higher.link.standing == lower.link.standing)
    }

    @Test func a_delta_that_comes_before_the_reference_is_adopted_is_kept() {
        var higher = Steps(isLower: false)
        higher.link.disconnected(parting: 1)
        _ = higher.connect(far())
        #expect(higher.received(delta(0, digest: 7)) == [], "of the epoch before")
        let made = LinkReference(epoch: 5, payload: nil, digest: 50)
        _ = higher.received(made)
        #expect(higher.received(delta(0, epoch: 5, digest: 50)) == [])
        #expect(higher.adopted(5, 50) == [make(0, epoch: 5)])
    }

    @Test func a_reference_nobody_waits_for_is_a_fault() {
        let made = LinkReference(epoch: 5, payload: nil, digest: 50)
        let fault = [LinkAction.fault(.unexpectedReference(epoch: 5))]
        var idle = Steps(isLower: false)
        #expect(idle.received(made) == fault)
        var lower = Steps()
        lower.link.disconnected(parting: 1)
        #expect(lower.received(made) == [], "from a connection that is gone")
        _ = lower.connect(far())
        #expect(lower.received(made) == fault, "the lower end makes it")
        var higher = Steps(isLower: false)
        higher.link.disconnected(parting: 1)
        _ = higher.connect(far(9))
        #expect(higher.received(made) == fault, "of another epoch")
    }

    @Test func a_reference_that_comes_out_of_the_work_after_a_break_leads_to_another_epoch() {
        var lower = Steps()
        lower.link.disconnected(parting: 1)
        _ = lower.connect(far())
        lower.link.disconnected(parting: 1)
        let made = LinkReference(epoch: 5, payload: nil, digest: 50)
        #expect(lower.referenceMade(made) == [])
        #expect(lower.link.phase == .parted && lower.link.epoch == 5)
        #expect(
            LinkResume.decide(own: lower.link.standing, peer: far()) == .newEpoch(6))
    }

    @Test func a_bad_reference_is_a_fault_and_the_old_epoch_stays() {
        var higher = Steps(isLower: false)
        higher.link.disconnected(parting: 1)
        _ = higher.connect(far())
        _ = higher.received(LinkReference(epoch: 5, payload: [9], digest: 50))
        let fault = GossipFault.badPayload(.count)
        #expect(higher.refused(fault) == [.fault(fault)])
        #expect(higher.link.epoch == 0 && higher.link.isSteady)
    }

    @Test func the_rest_of_an_old_epoch_is_let_pass() {
        var lower = Steps()
        lower.link.disconnected(parting: 1)
        _ = lower.connect(far())
        _ = lower.referenceMade(LinkReference(epoch: 5, payload: nil, digest: 50))
        #expect(lower.received(delta(0, epoch: 4, digest: 1)) == [])
    }

    // MARK: Instants

    @Test func a_link_taken_up_again_stands_where_it_was_saved() {
        var end = Steps()
        end.exchange(to: 8)
        _ = end.start()
        _ = end.made()
        end.link.ledgerCleared()
        let saved = end.link.saved
        let again = LinkControl(saved: saved, ownIsLower: true)
        #expect(again.saved == saved)
        #expect(again.standing == end.link.standing)
        #expect(again.phase == .parted)
    }
}
