// Room:  Gossip (pure core).
// Task:  the control half of a node: rounds, which link exchanges when, the numbers it says.
// May:   Codec, Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/GossipControlTests.swift

import Model

/// What the control half asks of its caller, in order.
public enum GossipEffect: Equatable, Sendable {
    /// Have the data half do this, and hand the result to `workDone`.
    case work(WorkItem)
    case send(LinkID, LinkDelta)
    case sendReference(LinkID, LinkReference)
    /// Close the link's connection, with this reason.
    case fault(LinkID, GossipFault)
    /// Train a round from these parameters, and hand the outcome to `trained`.
    case train(round: UInt64, steps: Int, parameters: [Float], correction: [Float])
    /// A round's result was not finite and was thrown away; the trainer should start afresh.
    case trainingRefused(inARow: Int)
    case phase(GossipControl.Phase)
    /// Ask this peer for a run of its parameters.
    case requestChunk(LinkID, start: Int, count: Int)
    /// The parameters are those that peers had, this one the last of them.
    case joined(LinkID, round: UInt64)
    /// No peer gave its parameters: the node begins at genesis.
    case joinedNobody
}

/// How far a peer is with its rounds.
public enum PeerStage: Equatable, Sendable {
    case inRounds
    /// Its rounds are done; it trains on because a peer of its own is still in its rounds.
    case overtime
    /// It trains no more: it settles, or has finished.
    case stopped
    /// Its trainer is away; it may come back.
    case idle
    /// It has had to stop, and says nothing of when training should end.
    case failed

    var isTraining: Bool { self == .inRounds || self == .overtime }
}

/// What a round of training came to.
public struct TrainingOutcome: Equatable, Sendable {
    /// The sum of the local steps, `[d]`.
    public var delta: [Float]
    public var steps: Int
    public var samples: UInt64
    /// nil: the trainer does not say.
    public var loss: Double?
    /// Norm of the round's mean raw gradient, before the correction.
    public var gradientNorm: Double
    public var rate: Float

    public init(
        delta: [Float], steps: Int, samples: UInt64, loss: Double?, gradientNorm: Double,
        rate: Float
    ) {
        self.delta = delta
        self.steps = steps
        self.samples = samples
        self.loss = loss
        self.gradientNorm = gradientNorm
        self.rate = rate
    }
}

/// Rounds and exchanges of one node. Handles an event in microseconds; never touches a vector.
///
/// Order of use: `register` a link, `linkUp` with both standings, then `received` and `workDone`
/// as they come, `tick` at `nextWake`. Time is any monotonic one, counted from any origin.
public struct GossipControl: Sendable {
    public enum Phase: String, Equatable, Sendable, CaseIterable {
        /// No link is open: training alone would only drift. (A federation of one does not wait.)
        case waiting
        /// Started from nothing while the others did not: fetches its first parameters.
        case joining
        /// In its rounds, or beyond them while linked peers are still in theirs.
        case training
        /// The rounds are over; exchanges go on until the links agree.
        case settling
        case finished
        /// Its trainer is away: gossips with what it has.
        case idle
        /// Training gave results that were not finite three times in a row. Gossip goes on.
        case failed
    }

    /// A node stops training after this many results in a row that are not finite.
    static let failuresAllowed = 3

    public private(set) var settings: GossipSettings
    public internal(set) var phase: Phase = .waiting
    /// Rounds done.
    public internal(set) var round: UInt64 = 0
    public internal(set) var samples: UInt64 = 0
    public internal(set) var loss: Double?
    /// `|x - genesis|` after the last round or exchange.
    public internal(set) var travelled = 0.0
    public internal(set) var failures = 0

    /// Of peers that this node has had a connection with.
    var links = LinkTable<LinkControl>()
    var driftGuard = DriftGuard()
    var pace = RoundPace()
    /// `h` and the local steps since the last exchange.
    var stepsBetween: Double
    var stepsSince = 0.0
    /// `v`, and how many moves have hit `x` so far.
    var overlap = 0.0
    var moves: UInt64 = 0
    /// `moves` when the own delta of a link went out.
    var movesAtOffer = LinkTable<UInt64>()
    /// How often a link of this node has parted.
    var partings: UInt64 = 0
    /// `moves` after the last exchange of a link, whoever started it.
    var endedAt = LinkTable<UInt64>()
    var rate: Float
    var generator: SeededGenerator
    /// A round is under way: from the fork to the added result.
    var inRound = false
    var outcome: TrainingOutcome?
    /// Counts changes of `x`; a link has agreed if it was looked at since the last.
    var version: UInt64 = 0
    var agreedAt = LinkTable<UInt64>()
    /// What the peers of open links last said of their rounds.
    var stages = LinkTable<PeerStage>()
    /// How many links from the nearest node in its rounds a peer in its overtime is, as it says.
    var hops = LinkTable<Int>()
    /// Lost peers that were still training, and until when this node holds its overtime open for
    /// them.
    var awaited = LinkTable<Duration>()
    /// Until when a node that is back in its overtime holds it open: it knows of nobody yet.
    var backUntil: Duration?
    /// Back from a checkpoint, before the first tick: of others nothing is known yet.
    var isBack = false
    /// Links whose ledgers a checkpoint brought and that have not been open since, and until when
    /// they may come back.
    var unresumed: [LinkID] = []
    var resumesUntil = Duration.zero
    /// Training is over for good in this run of the daemon.
    var hasStopped = false
    /// Closed ledgers that the first tick after a restart takes out of the correction.
    var unclearedLedgers: [LinkID] = []
    /// Fetching the first parameters, and who of the linked peers has some.
    var join = JoinControl()
    /// Starts from nothing, and is to learn: takes a grown peer's parameters.
    var mayJoin: Bool
    /// Rounds of the peer whose run came last.
    var joinRound: UInt64 = 0
    /// Has fetched its first parameters: links that it never had start from a new reference, and
    /// it trains when it has heard how far the others are.
    var isNewcomer = false
    /// Of a node whose trainer comes and goes.
    public internal(set) var trainerIsAway: Bool
    /// The round under way began at parameters that are not the node's any more.
    var roundIsVoid = false
    let freshDigest: UInt64

    /// Whether there is nobody to gossip with; a roster that changes may change that.
    public mutating func setAlone(_ isAlone: Bool) { settings.isAlone = isAlone }

    public init(settings: GossipSettings, freshDigest: UInt64, generator: SeededGenerator) {
        self.settings = settings
        self.freshDigest = freshDigest
        self.generator = generator
        stepsBetween = Double(max(settings.steps, 1))
        rate = settings.rate
        mayJoin = settings.rounds > 0 && !settings.isAlone
        trainerIsAway = settings.trainerIsOutside
    }

    // MARK: Links

    /// Makes a link known, at the latest when its first connection is there. Its state outlives
    /// connections. What is said of a link that is not known changes nothing.
    public mutating func register(_ link: LinkID, ownIsLower: Bool) {
        guard links.place(of: link) == nil else { return }
        links[link] = LinkControl(id: link, ownIsLower: ownIsLower, digest: freshDigest)
        if isNewcomer { links[link]?.startAnew() }
    }

    /// Whether the standing can be told now: no work on the link is under way.
    public func isSteady(_ link: LinkID) -> Bool {
        links.place(of: link).map { links.values[$0].isSteady } ?? false
    }

    /// Whether a connection is there and both ends have agreed how to go on.
    public func isOpen(_ link: LinkID) -> Bool {
        links.place(of: link).map { links.values[$0].isOpen } ?? false
    }

    public func standing(of link: LinkID) -> LinkStanding? {
        links.place(of: link).map { links.values[$0].standing }
    }

    /// The standing, to be sent over a new connection; nil while work on the link is under way.
    /// From here on it stays as it is until `linkUp` or `linkDown`.
    public mutating func tellStanding(of link: LinkID) -> LinkStanding? {
        isSteady(link) ? links[link]?.tellStanding() : nil
    }

    /// Both ends have told their standings over a new connection.
    public mutating func linkUp(
        _ link: LinkID, peer: LinkStanding, at now: Duration, into out: inout [GossipEffect]
    ) {
        onLink(link, at: now, into: &out) {
            [isYoung = round < settings.youngRounds] control, acts in
            control.connected(peer: peer, peerIsYoung: isYoung, into: &acts)
        }
        agreedAt[link] = nil
        movesAtOffer[link] = nil
        unresumed.removeAll { $0 == link }
        awaited[link] = nil
        tick(at: now, into: &out)
    }

    /// - forLong: the peer is down or has left; its part of the correction is taken back.
    public mutating func linkDown(
        _ link: LinkID, forLong: Bool, at now: Duration, into out: inout [GossipEffect]
    ) {
        // Not for one that only waited itself: where links break all the time, nodes would hold
        // each other for ever. Nor for one that will not be back soon.
        let isAwaited = stages[link] == .inRounds || hops[link] != nil
        if forLong { awaited[link] = nil } else if isAwaited { awaited[link] = now + grace }
        stages[link] = nil
        hops[link] = nil
        join.parted(link)
        partings += 1
        onLink(link, at: now, into: &out) { [partings] control, acts in
            control.disconnected(parting: partings)
            if forLong { control.closeLedger(into: &acts) }
        }
        tick(at: now, into: &out)
    }

    public mutating func received(
        _ delta: LinkDelta, on link: LinkID, at now: Duration, into out: inout [GossipEffect]
    ) {
        onLink(link, at: now, into: &out) { $0.received(delta, into: &$1) }
    }

    public mutating func received(
        _ reference: LinkReference, on link: LinkID, at now: Duration,
        into out: inout [GossipEffect]
    ) {
        onLink(link, at: now, into: &out) { $0.received(reference, into: &$1) }
    }

    /// How far a peer is with its rounds, as it says itself.
    ///
    /// - hops: of one in its overtime, to the nearest node in its rounds; 0: it knows of none.
    public mutating func peer(
        _ link: LinkID, is stage: PeerStage, hops: Int = 0, at now: Duration,
        into out: inout [GossipEffect]
    ) {
        stages[link] = stage
        self.hops[link] = stage == .overtime && hops > 0 ? hops : nil
        tick(at: now, into: &out)
    }

    // MARK: Work

    public mutating func workDone(
        _ result: WorkResult, at now: Duration, into out: inout [GossipEffect]
    ) {
        switch result {
        case .deltaMade(let link, _, _, let payload, let before, let after, let digest):
            made(link, payload, before, after, digest, at: now, into: &out)
        case .applied(let link, _, _, let digest, let moved, let travelled):
            // A node that came late, or back with nothing, travels by exchanges alone.
            self.travelled = travelled
            onLink(link, at: now, into: &out) {
                $0.applied(digest: digest, moved: moved, into: &$1)
            }
        case .referenceMade(let link, let reference):
            onLink(link, at: now, into: &out) { $0.referenceMade(reference, into: &$1) }
        case .referenceAdopted(let link, let epoch, let digest):
            onLink(link, at: now, into: &out) {
                $0.referenceAdopted(epoch: epoch, digest: digest, into: &$1)
            }
        case .peerFault(let link, let fault):
            onLink(link, at: now, into: &out) { $0.refused(fault, into: &$1) }
        case .forked(let parameters, let correction):
            if roundIsVoid {
                (roundIsVoid, inRound) = (false, false)
                break
            }
            guard inRound else { break }
            out.append(
                .train(
                    round: round, steps: settings.steps, parameters: parameters,
                    correction: correction))
        case .localAdded(let moved, let size, let travelled):
            roundDone(moved: moved, size: size, travelled: travelled, at: now, into: &out)
        case .localRefused:
            refuseTraining(at: now, into: &out)
        case .ledgerCleared(let link):
            onLink(link, at: now, into: &out) { control, _ in control.ledgerCleared() }
        case .chunkTaken(_, let end, let travelled):
            tookChunk(upTo: end, travelled: travelled, at: now, into: &out)
        case .chunkRefused(let link, let fault): refusedChunk(link, fault, into: &out)
        case .snapshot, .chunkRead, .chunksDropped, .forgotten:
            break  // Nothing of the control half hangs on it.
        }
        tick(at: now, into: &out)
    }

    private mutating func made(
        _ link: LinkID, _ payload: [UInt8], _ before: Double, _ after: Double, _ digest: UInt64,
        at now: Duration, into out: inout [GossipEffect]
    ) {
        let terms = Terms(
            before: before, after: after, stepsBetween: Float(stepsBetween),
            overlap: Float(overlap), rate: rate, weight: settings.weight, cap: Float(cap),
            near: phase == .idle ? 0 : Float(driftGuard.near))
        let threshold = hasSettled || phase == .idle ? agreementSquared : 0
        if before <= agreementSquared { agreedAt[link] = version }
        movesAtOffer[link] = moves
        onLink(link, at: now, into: &out) {
            $0.made(
                payload: payload, terms: terms, digest: digest, threshold: threshold, at: now,
                into: &$1)
        }
    }

    /// What this node can bear to add to its correction in one exchange; 0 while it does not train.
    private var cap: Double {
        guard settings.correction, !hasSettled, phase != .idle else { return 0 }
        let cap = driftGuard.cap(steps: settings.steps, stepsBetween: stepsBetween)
        return min(cap, Double(Float.greatestFiniteMagnitude))
    }

    // MARK: Training

    public mutating func trained(
        _ outcome: TrainingOutcome, at now: Duration, into out: inout [GossipEffect]
    ) {
        precondition(inRound, "a round was trained that nobody asked for")
        if roundIsVoid {
            (roundIsVoid, inRound) = (false, false)
            return tick(at: now, into: &out)
        }
        guard outcome.loss?.isFinite ?? true, outcome.gradientNorm.isFinite else {
            refuseTraining(at: now, into: &out)
            tick(at: now, into: &out)
            return
        }
        let delta = outcome.delta
        self.outcome = outcome
        self.outcome?.delta = []
        out.append(.work(.addLocal(delta)))
    }

    private mutating func roundDone(
        moved: Double, size: Double, travelled: Double, at now: Duration,
        into out: inout [GossipEffect]
    ) {
        guard let outcome else { return }
        self.outcome = nil
        inRound = false
        round += 1
        failures = 0
        samples += outcome.samples
        loss = outcome.loss ?? loss
        // Peers divide by it and take nothing else for a rate; a trainer outside may say 0.
        if outcome.rate > 0, outcome.rate.isFinite { rate = outcome.rate }
        stepsSince += Double(outcome.steps)
        self.travelled = travelled
        driftGuard.round(gradientNorm: outcome.gradientNorm, moved: moved, size: size)
        version += 1
        pace.trained(at: now)
    }

    private mutating func refuseTraining(at now: Duration, into out: inout [GossipEffect]) {
        outcome = nil
        inRound = false
        failures += 1
        pace.trained(at: now)
        out.append(.trainingRefused(inARow: failures))
    }

    // MARK: Actions of links

    mutating func onLink(
        _ id: LinkID, at now: Duration, into out: inout [GossipEffect],
        _ body: (inout LinkControl, inout [LinkAction]) -> Void
    ) {
        guard let place = links.place(of: id) else { return }
        var actions: [LinkAction] = []
        body(&links.values[place], &actions)
        for action in actions {
            switch action {
            case .work(let item): out.append(.work(item))
            case .send(let delta): out.append(.send(id, delta))
            case .sendReference(let reference): out.append(.sendReference(id, reference))
            case .fault(let fault): out.append(.fault(id, fault))
            case .ended(let started, let offeredAt, let moved):
                ended(id, started: started, offeredAt: offeredAt, moved: moved, at: now)
            }
        }
    }

    private mutating func ended(
        _ id: LinkID, started: Bool, offeredAt: Duration?, moved: Double, at now: Duration
    ) {
        if started, let mark = movesAtOffer[id] {
            // An exchange that hung for long, its peer frozen or cut off, saw thousands of moves; as
            // one among many it would stop all averaging for seconds while training goes on. Where
            // everything is slow alike, each other link moves once or twice meanwhile.
            let most = 2 * links.values.indices.count { links.values[$0].isOpen }
            overlap = 0.9 * overlap + 0.1 * min(Double(moves - mark), Double(max(most, 1)))
        }
        movesAtOffer[id] = nil
        if started, let offeredAt { pace.exchanged(offeredAt: offeredAt, at: now) }
        moves += 1
        endedAt[id] = moves
        stepsBetween = max(0.9 * stepsBetween + 0.1 * stepsSince, 0.05)
        stepsSince = 0
        if moved > 0 { version += 1 }
    }
}
