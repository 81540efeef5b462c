// Room:  Peer (pure core).
// Task:  the words of the gossip core as messages, and back.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/TranslationTests.swift

import Gossip
import Membership
import Wire

extension WireDelta {
    public init(_ delta: LinkDelta) {
        self.init()
        epoch = delta.epoch
        exchange = delta.exchange
        answer = delta.isAnswer
        payloadBytes = delta.payload
        r = delta.terms.before
        e = delta.terms.after
        h = delta.terms.stepsBetween
        v = delta.terms.overlap
        rate = delta.terms.rate
        weight = delta.terms.weight
        cap = delta.terms.cap
        near = delta.terms.near
        digest = delta.digest
    }

    public var linkDelta: LinkDelta {
        LinkDelta(
            epoch: epoch, exchange: exchange, isAnswer: answer, payload: payloadBytes,
            terms: Terms(
                before: r, after: e, stepsBetween: h, overlap: v, rate: rate, weight: weight,
                cap: cap, near: near),
            digest: digest)
    }
}

extension WireReference {
    init(_ reference: LinkReference) {
        self.init()
        epoch = reference.epoch
        genesis = reference.payload == nil
        payloadBytes = reference.payload ?? []
        digest = reference.digest
    }

    var linkReference: LinkReference {
        LinkReference(epoch: epoch, payload: genesis ? nil : payloadBytes, digest: digest)
    }
}

extension WireResume {
    init(_ standing: LinkStanding) {
        self.init()
        epoch = standing.epoch
        exchange = standing.exchange
        digest = standing.digest
        previousDigest = standing.previousDigest
        pending = standing.pending
        holdsPrevious = standing.holdsPrevious
        ledgerOpen = standing.ledgerFrom != nil
        ledgerFrom = standing.ledgerFrom ?? 0
    }

    var standing: LinkStanding {
        LinkStanding(
            epoch: epoch, exchange: exchange, digest: digest, previousDigest: previousDigest,
            pending: pending, holdsPrevious: holdsPrevious,
            ledgerFrom: ledgerOpen ? ledgerFrom : nil)
    }
}

extension WireFarewell.Code {
    /// What a peer's farewell means for dialling it again.
    var refusal: Refusal? {
        switch self {
        case .leaving: .leaving
        case .otherFederation: .otherFederation
        case .version: .version
        case .notAMember: .notAMember
        case .expelled: .expelled
        case .duplicate: .duplicate
        case .viewFull: .viewFull
        case .protocolError: .protocolError
        case .overloaded: .overloaded
        case .unspecified, .UNRECOGNIZED: nil
        }
    }
}

extension CloseCause {
    var farewell: WireFarewell {
        switch self {
        case .duplicate: WireFarewell(.duplicate, reason: "another connection of ours is kept")
        case .viewFull: WireFarewell(.viewFull, reason: "this node has as many links as it takes")
        case .leaving: WireFarewell(.leaving, reason: "this node stops in order")
        case .silent: WireFarewell(.unspecified, reason: "a question was not answered in time")
        case .notAMember: WireFarewell(.notAMember, reason: "not in this federation's roster")
        case .expelled: WireFarewell(.expelled, reason: "expelled by the members")
        }
    }
}

extension PeerStage {
    init(_ phase: WireProgress.Phase) {
        self =
            switch phase {
            case .training, .UNRECOGNIZED: .inRounds
            case .overtime: .overtime
            case .settling, .finished: .stopped
            case .failed: .failed
            case .idle: .idle
            }
    }
}

extension GossipControl {
    /// In overtime: how far the nearest node in its rounds is; 0 where none is known.
    var hopsToTell: UInt32 { stage == .overtime ? UInt32(clamping: hopsToRounds ?? 0) : 0 }

    /// Where this node stands, as its peers are told.
    var phaseToTell: WireProgress.Phase {
        switch stage {
        case .inRounds: .training
        case .overtime: .overtime
        case .stopped: phase == .finished ? .finished : .settling
        case .failed: .failed
        case .idle: .idle
        }
    }
}
