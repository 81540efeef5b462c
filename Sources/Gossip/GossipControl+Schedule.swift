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
        return round < settings.rounds ? .inRounds : .overtime
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
        if hasSettled {
            hasStopped = true
            pace.forgetDue()
        }
        out.append(.phase(next))
    }

    /// All end their training together, as nearly as nodes can that ask nobody: the last one to
    /// train alone would drag all others to its own data. So a node that has done its rounds goes
    /// on while a linked peer is in its own, up to a bound; and a node all of whose linked peers
    /// have stopped ends too, though it may have rounds left. Once stopped, a node stays so.
    private var nextPhase: Phase {
        if failures >= Self.failuresAllowed { return .failed }
        if inRound { return phase }
        if !hasStopped {
            if settings.isAlone { return round < settings.rounds ? .training : .finished }
            let open = links.values.filter(\.isOpen).map { stages[$0.id] }
            if round < settings.rounds {
                if open.isEmpty { return .waiting }
                if !open.allSatisfy({ $0 == .stopped }) { return .training }
            } else if open.contains(.inRounds), round < settings.rounds * settings.overtime {
                return .training
            }
        }
        return settings.isAlone || everyLinkAgrees ? .finished : .settling
    }

    /// Every open link has been looked at since `x` last changed and was found to agree, and no
    /// peer still trains.
    private var everyLinkAgrees: Bool {
        let open = links.values.filter { $0.phase != .parted }
        // With nobody there a node has nobody to agree with; what was agreed before still is.
        guard !open.isEmpty else { return phase == .finished }
        return open.allSatisfy {
            agreedAt[$0.id] == version && !$0.isInFlight && stages[$0.id]?.isTraining != true
        }
    }

    /// One exchange at a time a node: all links at once blow `x` up in spite of the factor for
    /// overlap, which lags (measured). With peers that still train there is nothing to settle:
    /// they start the exchanges, and this node answers.
    private mutating func settle(at now: Duration, into out: inout [GossipEffect]) {
        guard startedInFlight == 0 else { return }
        let version = version
        let agreedAt = agreedAt
        let stages = stages
        let next = drawLink {
            $0.canStart && agreedAt[$0.id] != version && stages[$0.id]?.isTraining != true
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
