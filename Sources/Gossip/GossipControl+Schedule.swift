// Room:  Gossip (pure core).
// Task:  what time causes: the next round, the exchanges that are due, settling.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/GossipControlTests.swift

extension GossipControl {
    /// The rounds are over, or training has failed: the node only gossips.
    var hasSettled: Bool { phase == .settling || phase == .finished || phase == .failed }

    /// Whether the node still has rounds of its own to do. What its peers are told.
    public var isInRounds: Bool {
        round < settings.rounds && failures < Self.failuresAllowed
    }

    /// `|x - s|^2` below which a link agrees.
    var agreementSquared: Double {
        let bound = settings.agreement * travelled
        return bound * bound
    }

    /// When `tick` has something to do; nil: only when something else happens.
    public var nextWake: Duration? {
        guard phase == .training else { return nil }
        var next: Duration?
        if !inRound { next = pace.nextRound }
        if let due = pace.due.last, hasStartable { next = min(next ?? due, due) }
        return next
    }

    private var hasStartable: Bool {
        startedInFlight < settings.startedInFlight && links.values.contains { $0.canStart }
    }

    /// Does what is due. Harmless at any time.
    public mutating func tick(at now: Duration, into out: inout [GossipEffect]) {
        for link in unclearedLedgers { out.append(.work(.clearLedger(link))) }
        unclearedLedgers = []
        updatePhase(into: &out)
        if phase == .training {
            if !inRound, pace.nextRound <= now { beginRound(at: now, into: &out) }
            while hasStartable, pace.takeDue(at: now) {
                guard let link = drawLink({ $0.canStart }) else { break }
                start(link, at: now, into: &out)
            }
        } else if hasSettled {
            settle(at: now, into: &out)
        }
    }

    private mutating func beginRound(at now: Duration, into out: inout [GossipEffect]) {
        inRound = true
        pace.begin(at: now, exchanges: settings.exchanges)
        out.append(.work(.fork))
    }

    private mutating func updatePhase(into out: inout [GossipEffect]) {
        let next = nextPhase
        guard next != phase else { return }
        phase = next
        if hasSettled { pace.forgetDue() }
        out.append(.phase(next))
    }

    private var nextPhase: Phase {
        if failures >= Self.failuresAllowed { return .failed }
        if inRound { return phase }
        if isInRounds {
            return settings.isAlone || links.values.contains { $0.isOpen } ? .training : .waiting
        }
        if !peersTraining.isEmpty, round < settings.rounds * settings.overtime { return .training }
        if settings.isAlone { return .finished }
        return everyLinkAgrees ? .finished : .settling
    }

    /// Every open link has been looked at since `x` last changed and was found to agree, and no
    /// peer is still in its rounds.
    private var everyLinkAgrees: Bool {
        let open = links.values.filter { $0.phase != .parted }
        return !open.isEmpty
            && open.allSatisfy {
                agreedAt[$0.id] == version && !$0.isInFlight && !peersTraining.contains($0.id)
            }
    }

    /// One exchange at a time a node: all links at once blow `x` up in spite of the factor for
    /// overlap, which lags (measured). With peers that still train there is nothing to settle:
    /// they start the exchanges, and this node answers.
    private mutating func settle(at now: Duration, into out: inout [GossipEffect]) {
        guard startedInFlight == 0 else { return }
        let version = version
        let agreedAt = agreedAt
        let training = peersTraining
        let next = drawLink {
            $0.canStart && agreedAt[$0.id] != version && !training.contains($0.id)
        }
        if let next { start(next, at: now, into: &out) }
    }

    /// One that was cut off waits for its peer without holding up the others.
    private var startedInFlight: Int {
        links.values.count { $0.isOpen && ($0.started || $0.work == .making(started: true)) }
    }

    /// Uniform among the links that fit; the order of the dictionary plays no part.
    private mutating func drawLink(_ fits: (LinkControl) -> Bool) -> LinkID? {
        let fitting = links.values.filter(fits).map(\.id).sorted()
        return fitting.isEmpty ? nil : fitting[generator.below(fitting.count)]
    }

    private mutating func start(
        _ link: LinkID, at now: Duration, into out: inout [GossipEffect]
    ) {
        onLink(link, at: now, into: &out) { $0.start(into: &$1) }
    }
}
