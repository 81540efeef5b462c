// Room:  Gossip (pure core).
// Task:  what time causes: the next round, the exchanges that are due, settling.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/GossipControlTests.swift

extension GossipControl {
    /// The rounds are over, or training has failed: the node only gossips.
    var hasSettled: Bool { phase == .settling || phase == .finished || phase == .failed }

    /// How far this node is with its rounds: what its peers are told.
    public var stage: PeerStage {
        if failures >= Self.failuresAllowed { return .failed }
        if hasStopped { return .stopped }
        if trainerIsAway { return .idle }
        return round < settings.rounds ? .inRounds : .overtime
    }

    /// News of a node in its rounds travels so many links: more than a federation is wide, and few
    /// enough that the news soon dies when the last has done its rounds (our guess).
    static let reach = 8

    /// How many links away the nearest node in its rounds is, as the peers say; nil: none known.
    public var hopsToRounds: Int? {
        if stage == .inRounds { return 0 }
        var nearest: Int?
        for place in links.values.indices where links.values[place].isOpen {
            let id = links.ids[place]
            guard let away = stages[id] == .inRounds ? 0 : hops[id] else { continue }
            nearest = min(nearest ?? away, away)
        }
        return nearest.flatMap { $0 < Self.reach ? $0 + 1 : nil }
    }

    /// Until when this node holds its overtime open for peers that it cannot hear; nil: for nobody.
    private var heldUntil: Duration? { (awaited.values + [backUntil].compactMap { $0 }).max() }

    /// How long a lost peer that was still training is waited for.
    var grace: Duration { max(settings.grace, pace.expected * 10) }

    /// `|x - s|^2` below which a link agrees.
    var agreementSquared: Double {
        let bound = settings.agreement * travelled
        return bound * bound
    }

    /// When `tick` has something to do; nil: only when something else happens.
    public var nextWake: Duration? {
        if isJoining { return join.nextWake }
        var next = unresumed.isEmpty || isBack ? nil : resumesUntil
        if phase == .waiting || phase == .idle, round >= settings.rounds, let heldUntil {
            next = min(next ?? heldUntil, heldUntil)
        }
        guard phase == .training else { return next }
        if !inRound { next = min(next ?? pace.nextRound, pace.nextRound) }
        if let due = pace.due.last, hasStartable { next = min(next ?? due, due) }
        return next
    }

    private var hasStartable: Bool {
        startedInFlight < settings.startedInFlight
            && links.values.indices.contains { links.values[$0].canStart }
    }

    /// Does what is due. Harmless at any time.
    public mutating func tick(at now: Duration, into out: inout [GossipEffect]) {
        for link in unclearedLedgers { out.append(.work(.clearLedger(link))) }
        unclearedLedgers = []
        comeBack(at: now, into: &out)
        fetch(at: now, into: &out)
        updatePhase(at: now, into: &out)
        if phase == .training {
            if !inRound, pace.nextRound <= now { beginRound(at: now, into: &out) }
            while hasStartable, pace.takeDue(at: now) {
                guard let link = drawLink(where: { $0.links.values[$1].canStart }) else { break }
                start(link, at: now, into: &out)
            }
        } else if hasSettled || phase == .idle {
            settle(at: now, into: &out)
        }
        forgetOldest(into: &out)
    }

    /// In a large federation whose links are redrawn, every member has been a linked peer some day.
    ///
    /// - Complexity: O(links) where there are more than may be kept.
    private mutating func forgetOldest(into out: inout [GossipEffect]) {
        guard links.values.count > settings.keptReferences else { return }
        var kept: [(parting: UInt64, place: Int)] = []
        for place in links.values.indices
        where links.values[place].mayBeForgotten && links.values[place].digest != freshDigest {
            kept.append((links.values[place].parting ?? .max, place))
        }
        kept.sort { ($0.parting, $0.place) < ($1.parting, $1.place) }
        for (_, place) in kept.dropLast(settings.keptReferences) {
            links.values[place].forget(freshDigest: freshDigest)
            out.append(.work(.forget(links.ids[place])))
        }
    }

    /// The peers of a checkpoint's links may have closed them since, or have no room for them any
    /// more, and nobody says so to a link that is not open. Ledgers that do not come back are taken
    /// back, for those at the other ends are gone: kept, they shifted the optimum by 7 % for ever
    /// (measured). Until then they hold the correction while the first links learn theirs.
    private mutating func comeBack(at now: Duration, into out: inout [GossipEffect]) {
        if isBack {
            isBack = false
            resumesUntil = now + grace
            if round >= settings.rounds { backUntil = now + grace }
        }
        guard !unresumed.isEmpty, now >= resumesUntil else { return }
        for link in unresumed { onLink(link, at: now, into: &out) { $0.closeLedger(into: &$1) } }
        // Those whose peers are about to answer keep theirs; if none does, it is their turn then.
        unresumed.removeAll { links[$0]?.isTold != true }
        resumesUntil = now + grace
    }

    private mutating func beginRound(at now: Duration, into out: inout [GossipEffect]) {
        inRound = true
        pace.begin(at: now, exchanges: settings.exchanges)
        out.append(.work(.fork))
    }

    private mutating func updatePhase(at now: Duration, into out: inout [GossipEffect]) {
        let next = nextPhase(at: now)
        guard next != phase else { return }
        phase = next
        if hasSettled {
            hasStopped = true
            if trainerIsAway { closeRound() }
            pace.forgetDue()
        }
        out.append(.phase(next))
    }

    /// All end their training together, as nearly as nodes can that ask nobody: the last one to
    /// train alone would drag all others to its own data. So a node that has done its rounds goes
    /// on while somebody in the federation is in his own, up to a bound; and a node all of whose
    /// linked peers have stopped ends too, though it may have rounds left. A lost peer that was
    /// still training is waited for a while. Once stopped, a node stays so.
    private func nextPhase(at now: Duration) -> Phase {
        if failures >= Self.failuresAllowed { return .failed }
        if isJoining { return .joining }
        if inRound, !roundIsVoid, !trainerIsAway || outcome != nil {
            return phase == .idle ? .training : phase
        }
        if !hasStopped {
            let (busy, lonely): (Phase, Phase) =
                trainerIsAway ? (.idle, .idle) : (.training, .waiting)
            if settings.isAlone { return round < settings.rounds ? busy : .finished }
            let peers = openPeers
            if round < settings.rounds {
                if peers.open == 0 { return lonely }
                if peers.stopped < peers.open { return busy }
            } else if round < settings.rounds * settings.overtime {
                if hopsToRounds != nil { return busy }
                if let heldUntil, now < heldUntil {
                    if peers.open == 0 { return lonely }
                    if peers.stopped < peers.open { return busy }
                }
            }
        }
        return settings.isAlone || everyLinkAgrees ? .finished : .settling
    }

    /// How many links are open, and how many of their peers have stopped.
    private var openPeers: (open: Int, stopped: Int) {
        var count = (open: 0, stopped: 0)
        for place in links.values.indices where links.values[place].isOpen {
            // A newcomer's peers say at once how far they are; it would train on for nobody.
            if isNewcomer, stages[links.ids[place]] == nil { continue }
            count.open += 1
            if stages[links.ids[place]] == .stopped { count.stopped += 1 }
        }
        return count
    }

    /// Every open link has been looked at since `x` last changed and was found to agree, and no
    /// peer still trains.
    private var everyLinkAgrees: Bool {
        var isParted = true
        for place in links.values.indices where links.values[place].phase != .parted {
            isParted = false
            guard agreedAt[links.ids[place]] == version, !links.values[place].isInFlight,
                stages[links.ids[place]]?.isTraining != true
            else { return false }
        }
        // With nobody there a node has nobody to agree with; what was agreed before still is.
        return isParted ? phase == .finished : true
    }

    /// One exchange at a time a node: all links at once blow `x` up in spite of the factor for
    /// overlap, which lags (measured). While a linked peer still trains there is nothing to
    /// settle with anybody: what it starts would move this node away from the others again, and
    /// each of those exchanges another one (measured: four times the bytes of a node).
    private mutating func settle(at now: Duration, into out: inout [GossipEffect]) {
        guard startedInFlight == 0, !hasTrainingPeer else { return }
        let next = drawLink { node, place in
            let id = node.links.ids[place]
            return node.links.values[place].canStart && node.agreedAt[id] != node.version
        }
        if let next { start(next, at: now, into: &out) }
    }

    private var hasTrainingPeer: Bool {
        links.values.indices.contains { place in
            links.values[place].phase != .parted
                && stages[links.ids[place]]?.isTraining == true
        }
    }

    /// One that was cut off waits for its peer without holding up the others.
    private var startedInFlight: Int {
        links.values.indices.count { place in
            links.values[place].isOpen
                && (links.values[place].started
                    || links.values[place].work == .making(started: true))
        }
    }

    /// Of the links at the places that fit, the one whose last exchange is longest ago; by one
    /// draw where there are several. Taking turns needs a tenth fewer exchanges to agree than
    /// drawing does (measured).
    private mutating func drawLink(
        where fits: (borrowing GossipControl, _ place: Int) -> Bool
    ) -> LinkID? {
        var count = 0
        var oldest = UInt64.max
        for place in links.ids.indices where fits(self, place) {
            let ended = endedAt[links.ids[place]] ?? 0
            if ended < oldest { (oldest, count) = (ended, 0) }
            if ended == oldest { count += 1 }
        }
        guard count > 0 else { return nil }
        var before = generator.below(count)
        for place in links.ids.indices
        where fits(self, place) && (endedAt[links.ids[place]] ?? 0) == oldest {
            if before == 0 { return links.ids[place] }
            before -= 1
        }
        return nil
    }

    private mutating func start(
        _ link: LinkID, at now: Duration, into out: inout [GossipEffect]
    ) {
        onLink(link, at: now, into: &out) { $0.start(into: &$1) }
    }
}
