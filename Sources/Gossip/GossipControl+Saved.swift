// Room:  Gossip (pure core).
// Task:  what a checkpoint keeps of the control half, and what status shows of it.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/GossipControlTests.swift

import Model

/// The control half at one instant. To be taken when the data half's `.snapshot` result arrives:
/// results come in the order of the work, so both halves then stand at the same exchange.
public struct SavedGossip: Equatable, Sendable {
    public var round: UInt64
    public var samples: UInt64
    public var loss: Double?
    public var travelled: Double
    public var rate: Float
    public var stepsBetween: Double
    public var stepsSince: Double
    public var overlap: Double
    public var gradient: Double?
    public var stride: Double?
    public var generator: [UInt64]
    /// In ascending order of their IDs.
    public var links: [SavedLink]

    public init(
        round: UInt64, samples: UInt64, loss: Double?, travelled: Double, rate: Float,
        stepsBetween: Double, stepsSince: Double, overlap: Double, gradient: Double?,
        stride: Double?, generator: [UInt64], links: [SavedLink]
    ) {
        self.round = round
        self.samples = samples
        self.loss = loss
        self.travelled = travelled
        self.rate = rate
        self.stepsBetween = stepsBetween
        self.stepsSince = stepsSince
        self.overlap = overlap
        self.gradient = gradient
        self.stride = stride
        self.generator = generator
        self.links = links
    }
}

/// One link, for people.
public struct LinkSummary: Equatable, Sendable {
    public var isOpen: Bool
    public var epoch: UInt64
    public var exchange: UInt64
    public var exchanges: UInt64
    /// Relative to `|x - genesis|`; nil before the first delta.
    public var disagreement: Double?
}

extension GossipControl {
    public var saved: SavedGossip {
        SavedGossip(
            round: round, samples: samples, loss: loss, travelled: travelled, rate: rate,
            stepsBetween: stepsBetween, stepsSince: stepsSince, overlap: overlap,
            gradient: driftGuard.gradient, stride: driftGuard.stride, generator: generator.state,
            links: links.values.map(\.saved))
    }

    /// Fresh, or as a checkpoint left it.
    ///
    /// - seed: decides every draw; a checkpoint brings its own generator.
    /// - ownIsLower: of a link, since a checkpoint does not say it.
    public init(
        settings: GossipSettings, freshDigest: UInt64, seed: UInt64, saved: SavedGossip?,
        ownIsLower: (LinkID) -> Bool
    ) {
        self.init(
            settings: settings, freshDigest: freshDigest,
            generator: saved.flatMap { SeededGenerator(state: $0.generator) }
                ?? SeededGenerator(seed: seed))
        guard let saved else { return }
        mayJoin = mayJoin && saved.round == 0 && saved.links.allSatisfy { $0.exchanges == 0 }
        round = saved.round
        samples = saved.samples
        loss = saved.loss
        travelled = saved.travelled
        rate = saved.rate
        stepsBetween = saved.stepsBetween
        stepsSince = saved.stepsSince
        overlap = saved.overlap
        driftGuard = DriftGuard(gradient: saved.gradient, stride: saved.stride)
        for link in saved.links {
            links[link.id] = LinkControl(saved: link, ownIsLower: ownIsLower(link.id))
        }
        partings = saved.links.compactMap(\.parting).max() ?? 0
        isBack = settings.rounds > 0
        unresumed = saved.links.filter { $0.ledgerFrom != nil }.map(\.id)
        // The snapshot may be from before a ledger was taken back that is closed here.
        unclearedLedgers = saved.links.filter { $0.ledgerFrom == nil }.map(\.id)
    }

    public func summary(of link: LinkID) -> LinkSummary? {
        links[link].map { link in
            LinkSummary(
                isOpen: link.isOpen, epoch: link.epoch, exchange: link.exchange,
                exchanges: link.exchanges,
                disagreement: link.before.map {
                    travelled > 0 ? $0.squareRoot() / travelled : 0
                })
        }
    }

    /// How far the neighbours are apart: the root mean square over the open links of `|x - s|`,
    /// relative to `|x - genesis|`. nil without an open link that has exchanged.
    public var disagreement: Double? {
        var sum = 0.0
        var count = 0
        for place in links.values.indices where links.values[place].isOpen {
            guard let square = links.values[place].before else { continue }
            sum += square
            count += 1
        }
        guard count > 0, travelled > 0 else { return nil }
        return (sum / Double(count)).squareRoot() / travelled
    }

    /// On all links that this node ever had; never falls.
    public var exchangesApplied: UInt64 { links.values.reduce(0) { $0 + $1.exchanges } }

    /// Deltas kept for peers that may lack them, in bytes.
    public var bytesKept: Int {
        links.values.reduce(0) {
            $0 + ($1.own?.payload.count ?? 0) + ($1.previous?.payload.count ?? 0)
        }
    }
}
