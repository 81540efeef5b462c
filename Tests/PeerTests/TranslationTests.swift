// Room:  PeerTests.
// Task:  the gossip's words as messages, over the wire's bytes and back.
// May:   Peer, Gossip, Wire.
// Proof: itself

import Gossip
import Membership
import Model
import Testing
import Wire

@testable import Peer

@Suite struct TranslationTests {
    private func overTheWire(_ message: Message) throws -> Message {
        try #require(try Message.decode(kind: message.kind, body: message.encodedBody()))
    }

    @Test func a_delta_comes_out_as_it_went_in() throws {
        for isAnswer in [false, true] {
            for payload in [[], [1, 2, 255]] as [[UInt8]] {
                let terms = Terms(
                    before: 1.25, after: 0.1, stepsBetween: 4.5, overlap: 0.3, rate: 0.05,
                    weight: 359, cap: 0.7, near: 0.9)
                let delta = LinkDelta(
                    epoch: .max, exchange: 3, isAnswer: isAnswer, payload: payload, terms: terms,
                    digest: 0xfedc_ba98_7654_3210)
                guard case .delta(let wire) = try overTheWire(.delta(WireDelta(delta))) else {
                    Issue.record("another kind")
                    continue
                }
                #expect(wire.linkDelta == delta)
            }
        }
    }

    @Test func a_reference_keeps_genesis_apart_from_an_empty_copy() throws {
        for payload in [nil, [], [7, 8]] as [[UInt8]?] {
            let reference = LinkReference(epoch: 5, payload: payload, digest: .max)
            guard case .reference(let wire) = try overTheWire(.reference(WireReference(reference)))
            else {
                Issue.record("another kind")
                continue
            }
            #expect(wire.linkReference == reference)
        }
    }

    @Test func a_standing_keeps_a_closed_ledger_apart_from_one_that_counts_from_the_first() throws {
        for ledgerFrom in [nil, 0, 12] as [UInt64?] {
            for flags in 0..<4 {
                let standing = LinkStanding(
                    epoch: 2, exchange: 13, digest: 1 << 63, previousDigest: 5,
                    pending: flags & 1 != 0, holdsPrevious: flags & 2 != 0,
                    ledgerFrom: ledgerFrom)
                guard case .resume(let wire) = try overTheWire(.resume(WireResume(standing)))
                else {
                    Issue.record("another kind")
                    continue
                }
                #expect(wire.standing == standing)
            }
        }
    }

    @Test func every_farewell_has_its_meaning_for_dialling() {
        let meanings: [(WireFarewell.Code, Refusal?)] = [
            (.unspecified, nil), (.leaving, .leaving), (.otherFederation, .otherFederation),
            (.version, .version), (.notAMember, .notAMember), (.expelled, .expelled),
            (.duplicate, .duplicate), (.viewFull, .viewFull), (.protocolError, .protocolError),
            (.overloaded, .overloaded), (.UNRECOGNIZED(99), nil),
        ]
        for (code, refusal) in meanings { #expect(code.refusal == refusal, "\(code)") }
        #expect(meanings.count == WireFarewell.Code.allCases.count + 1)
    }

    @Test func every_cause_of_closing_has_a_farewell_that_the_wire_lets_through() throws {
        let causes: [(CloseCause, WireFarewell.Code)] = [
            (.duplicate, .duplicate), (.viewFull, .viewFull), (.leaving, .leaving),
            (.silent, .unspecified), (.notAMember(node(1)), .notAMember),
        ]
        for (cause, code) in causes {
            #expect(cause.farewell.code == code)
            #expect(!cause.farewell.reason.isEmpty)
            #expect(try overTheWire(.farewell(cause.farewell)) == .farewell(cause.farewell))
        }
    }

    @Test func a_time_is_rounded_up_so_that_no_tick_comes_too_early() {
        #expect(Instant(origin: .nanoseconds(5)) == Instant(nanoseconds: 5))
        #expect(
            Instant(
                origin: .nanoseconds(5) + Duration(secondsComponent: 0, attosecondsComponent: 1))
                == Instant(nanoseconds: 6))
        #expect(Instant(origin: .seconds(-3)) == Instant(nanoseconds: 0))
        let time = Instant(nanoseconds: 123_456_789_012)
        #expect(Instant(origin: time.origin) == time)
    }

    @Test("What a node says of its rounds is heard as it was meant, an idle node's too")
    func stages() {
        for stage: PeerStage in [.inRounds, .overtime, .stopped, .idle, .failed] {
            let said: WireProgress.Phase =
                switch stage {
                case .inRounds: .training
                case .overtime: .overtime
                case .stopped: .settling
                case .idle: .idle
                case .failed: .failed
                }
            #expect(PeerStage(said) == stage)
        }
        var settings = GossipSettings(rounds: 3, steps: 5, rate: 0.1)
        settings.trainerIsOutside = true
        let idle = GossipControl(
            settings: settings, freshDigest: 0, generator: SeededGenerator(seed: 1))
        #expect(idle.phaseToTell == .idle)
    }
}
