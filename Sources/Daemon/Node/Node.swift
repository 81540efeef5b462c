// Room:  Daemon (floor 5).
// Task:  one node wired together: the core, its connections, its lanes, on the event loop.
// May:   Peer, Gossip, Membership, Transport, EventLoop, Store, HTTP, Wire, Identity, Model.
// Proof: Tests/EndToEndTests

import Codec
import EventLoop
import Gossip
import HTTP
import Identity
import Logging
import Membership
import Model
import Peer
import Store
import Transport
import Wire

/// The shell around the pure core: carries effects out and brings events in. Lives on the loop.
actor Node {
    struct Link {
        let connection: SecureConnection
        let peer: NodeID
    }

    /// What has been sent and received since this process started.
    struct Traffic {
        var sent: UInt64 = 0
        var received: UInt64 = 0
        var payloadSent: UInt64 = 0
        var deltas: UInt64 = 0
        var deltaBytes: UInt64 = 0
    }

    /// What is written down together.
    struct SavedTogether {
        let checkpoint: Checkpoint
        /// The members' records; nil where they are on the disk already.
        let directory: [UInt8]?
    }

    /// What else is counted since this process started.
    struct Counts {
        var epochs: UInt64 = 0
        var faults: UInt64 = 0
        /// Refusals of a Hello, by why and by whom.
        var refusals: [Refusals: UInt64] = [:]
        var dialsFailed: UInt64 = 0
        var checkpoints: UInt64 = 0
        var checkpointFailures: UInt64 = 0
        /// When the last one was written, and how large it is.
        var checkpointAt: MonotonicTime?
        var checkpointBytes: Int?
        /// Of the file system that holds the state, when it was last looked at.
        var freeBytes: UInt64?
    }

    /// How saving goes.
    struct Saving {
        var underWay = false
        var generation: UInt64?
        var round: UInt64?
        var error: String?
        /// Of the checkpoint that was made last.
        var bytes: Int?
        /// Digest of the directory that is on the disk, or on its way there.
        var directory: UInt64?
    }

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let preparation: Preparation
    /// As it is now; places in it never shift.
    var roster: Roster { core.membership.roster }
    var rosterLog: RosterLog
    /// The last pin that is in the log.
    var pinnedGeneration: UInt64
    let log: Logger
    let store: CheckpointStore
    let startedAt = MonotonicTime.current
    let codec: DeltaCodec

    var core: Peer
    var endpoint: SecureEndpoint?
    var listeners: [ListenerHandle] = []
    var interface: HTTPServer?
    /// The same on TCP, for who has the token.
    var tokenInterface: HTTPServer?
    /// On TCP; nil where the configuration does not ask for it.
    var port: HTTPServer?
    var connections: [ConnectionID: Link] = [:]
    var nextConnection: UInt64 = 1
    /// Of connections that are gone.
    var past = Traffic()
    var saving = Saving()
    var counts = Counts()
    var limiter = LogLimiter()
    var trainerState: [UInt8]
    /// The node's own tensors, where a built-in kind has some.
    var own: [Float]
    /// For a trainer outside; nil where the node trains itself.
    var trainerRoom: TrainerRoom?
    var warnings: [String] = []
    var lastEvaluation: MonotonicTime?
    /// When the log last said that somebody else answers at a peer's address.
    var dialWarnings: [NodeID: MonotonicTime] = [:]
    /// Why members have no link, as last heard.
    var problems: [NodeID: String] = [:]
    var parked: [UInt64: HTTPResponder] = [:]
    var nextParked: UInt64 = 1

    let manager: ServiceManager
    var watchdog = Watchdog()
    var watchdogTimer: LoopTimer?
    var screenTimer: LoopTimer?
    var loopDelay = LoopDelay()
    var loopDelayTimer: LoopTimer?
    var hasToldHanging = false

    let switches: TestSwitches
    /// Members that a test has put out of reach.
    var cutOff: Set<NodeID> = []
    var roundBegan: Instant?
    var roundTimer: LoopTimer?

    private let vectorState: ParameterState
    private let trainerSeed: UInt64
    private let restoredTrainer: [UInt8]?
    private(set) var vectors: VectorLane?
    private(set) var trainer: TrainingLane?
    private(set) var savings: Lane<SavedTogether>?

    private var ticker: LoopTimer?
    private var saver: LoopTimer?
    private(set) var savingInterval = Duration.zero
    private var progressTimer: LoopTimer?
    private var joiningTimer: LoopTimer?
    private var signals: [SignalWatcher] = []
    private var events: [PeerEvent] = []
    private var isDriving = false
    private(set) var isLeaving = false
    private var leaveDeadline: LoopTimer?

    /// - restored: from the newest checkpoint; nil for a node that starts from genesis.
    /// - seed: of this run's draws; not secret.
    init(
        loop: EventLoop, preparation: Preparation, opened: OpenedBooks, restored: SavedState?,
        warnings: [String], generation: UInt64?, seed: UInt64, log: Logger,
        manager: ServiceManager, switches: TestSwitches = TestSwitches()
    ) throws(SavedStateError) {
        self.loop = loop
        self.preparation = preparation
        rosterLog = opened.log
        pinnedGeneration = opened.books.roster.pin.generation
        self.log = log
        self.warnings = warnings
        self.manager = manager
        self.switches = switches
        store = CheckpointStore(directory: preparation.configuration.state)
        codec = DeltaCodec(
            layout: preparation.layout, options: preparation.federation.gossip.codecOptions)
        if let restored {
            guard
                let state = ParameterState(
                    genesis: preparation.genesis, codec: codec, snapshot: restored.vectors)
            else { throw .doesNotFit("a vector has another length, or is not finite") }
            vectorState = state
        } else {
            vectorState = ParameterState(genesis: preparation.genesis, codec: codec)
        }
        trainerSeed = preparation.seed
        restoredTrainer = restored?.trainer
        trainerState = restored?.trainer ?? []
        let builtIn = preparation.builtIn
        own = restored?.own ?? builtIn?.ownGenesis ?? []
        guard own.count == builtIn?.ownGenesis.count ?? 0, own.allSatisfy(\.isFinite) else {
            throw .doesNotFit("the node's own tensors have another length")
        }
        saving.generation = generation
        saving.round = restored?.gossip.round
        var settings = preparation.peerSettings
        settings.gossip.isAlone = opened.roster.count == 1
        core = Peer(
            settings: settings, roster: opened.roster,
            freshDigest: vectorState.freshDigest, seed: seed,
            now: Instant(nanoseconds: MonotonicTime.current.nanoseconds),
            saved: restored?.gossip, books: opened.books)
        if let loss = restored?.heldOutLoss, let accuracy = restored?.accuracy {
            var ignored: [PeerEffect] = []
            core.handle(
                .evaluated(loss: loss, accuracy: accuracy),
                at: Instant(nanoseconds: MonotonicTime.current.nanoseconds), into: &ignored)
        }
    }

    // MARK: Life

    /// Listens, opens the local interface, begins to dial. Called before the loop runs.
    func start() throws {
        let loop = loop
        vectors = VectorLane(state: vectorState) { result in
            loop.execute { self.assumeIsolated { $0.workDone(result) } }
        }
        if let builtIn = preparation.builtIn {
            trainer = TrainingLane(
                builtIn, rounds: preparation.federation.training.rounds, seed: trainerSeed,
                restored: restoredTrainer, own: own
            ) { news in
                loop.execute { self.assumeIsolated { $0.heard(news) } }
            }
        }
        openTrainerRoom()
        let store = store
        let state = preparation.configuration.state
        let directory = Configuration.directory(inState: state)
        counts.freeBytes = ProcessFigures.freeBytes(at: state)
        savings = Lane({ store }) { store, together in
            let records = Result { () throws(StoreError) in
                if let bytes = together.directory { try Files.writeAtomically(directory, bytes) }
            }
            let result = Result { () throws(StoreError) in try store.save(together.checkpoint) }
            // Here and not where it is asked for: a file system far away may keep one waiting.
            let free = ProcessFigures.freeBytes(at: state)
            loop.execute {
                self.assumeIsolated {
                    if case .failure(let error) = records { $0.directoryNotSaved(error) }
                    $0.counts.freeBytes = free
                    $0.saved(result)
                }
            }
        }
        try openDoor()
        try openInterface()
        if let address = preparation.configuration.metricsListen {
            port = try HTTPServer(
                loop: loop, listening: .tcp(address),
                limits: HTTPLimits(body: 0, connections: 16, idleSeconds: 10)
            ) { request, responder in self.answerOnPort(request, responder) }
        }
        try watchSignals()
        ticker = LoopTimer(loop: loop)
        startSaving(every: preparation.configuration.checkpointInterval)
        let progress = LoopTimer(loop: loop)
        progress.start(after: .seconds(10), repeating: .seconds(10)) {
            self.logProgress()
            self.tellStatus()
        }
        progressTimer = progress
        keepShowing()
        keepMeasuringDelay()
        logStart()
        if switches != TestSwitches() {
            log.warning("test-switches", metadata: ["on": "\(switches)"])
        }
        drive(.start)
        tellReady()
        keepTellingAlive()
    }

    private func watchSignals() throws {
        signals = [
            try SignalWatcher(loop: loop, signal: 15) { self.leave("SIGTERM") },
            try SignalWatcher(loop: loop, signal: 2) { self.leave("SIGINT") },
            try SignalWatcher(loop: loop, signal: 1) { self.reload() },
        ]
    }

    func startSaving(every interval: Duration) {
        let timer = saver ?? LoopTimer(loop: loop)
        savingInterval = interval
        timer.start(after: interval, repeating: interval) { self.save() }
        saver = timer
    }

    /// Says good-bye, saves once more, and stops the loop.
    func leave(_ cause: String) {
        guard !isLeaving else { return }
        isLeaving = true
        log.notice("leaving", metadata: ["cause": "\(cause)", "round": "\(core.gossip.round)"])
        tellStopping()
        listeners.forEach { $0.close() }
        drive(.leave(forLong: preparation.configuration.leaveOnStop))
        vectors?.submit(.work(.snapshot))
        // Good-byes are flushed within their own bound; a disk that hangs must not hold the node.
        let deadline = LoopTimer(loop: loop)
        deadline.start(after: .seconds(10)) { self.stop() }
        leaveDeadline = deadline
    }

    /// Leaves the loop once everybody has been told and the last checkpoint is on the disk.
    func stopIfDone() {
        guard isLeaving, connections.isEmpty, !saving.underWay, hasSavedLast else { return }
        stop()
    }

    private var hasSavedLast = false

    private func stop() {
        log.notice("stopped", metadata: ["round": "\(core.gossip.round)"])
        interface?.close()
        interface = nil
        tokenInterface?.close()
        tokenInterface = nil
        port?.close()
        port = nil
        endpoint?.close()
        loop.stop()
    }

    // MARK: Driving

    /// Brings an event to the core and carries its effects out, in order. An effect that causes
    /// another event at once (a connection that fails as it is written to) has that one wait.
    func drive(_ event: PeerEvent) {
        events.append(event)
        guard !isDriving else { return }
        isDriving = true
        defer { isDriving = false }
        while !events.isEmpty {
            let next = events.removeFirst()
            var effects: [PeerEffect] = []
            core.handle(next, at: now, into: &effects)
            for effect in effects { carryOut(effect) }
        }
    }

    var now: Instant { Instant(nanoseconds: MonotonicTime.current.nanoseconds) }

    func carryOut(_ effect: PeerEffect) {
        switch effect {
        case .dial(let peer, let addresses, let attempt):
            dial(peer, addresses, attempt: attempt)
        case .send(let connection, let message): send(message, over: connection)
        case .accept(let connection):
            connections[connection]?.connection.raiseMessageLimit(
                to: FrameLimits.message(payload: codec.maximumPayload))
        case .close(let connection, let farewell):
            connections[connection]?.connection.close(sending: farewell)
        case .work(let item): vectors?.submit(.work(item))
        case .keep(let endorsements): keep(endorsements)
        case .train(let round, let steps, let parameters, let correction):
            train(round, steps, parameters, correction)
        case .trainingRefused(let count):
            warn("a round of training gave a result that is not finite (\(count) in a row)")
            trainer?.submit(.reset(seed: trainerSeed &+ UInt64(count)))
        case .wake(let time): wake(at: time)
        case .note(let note):
            if case .phase(let phase) = note, phase != .waiting, phase != .joining,
                phase != .training
            {
                evaluateLast()
            }
            if case .phase(let phase) = note { watchJoining(phase == .joining) }
            logNote(note)
            if case .phase = note {
                tellStatus()
                lookAtWork()
            }
        }
    }

    /// The loop counts whole milliseconds and may call a fraction of one too early. The core would
    /// find nothing due then, and wait for a tick that has been.
    private func wake(at time: Instant) {
        ticker?.start(after: max(.zero, time - now)) {
            if self.now < time { self.wake(at: time) } else { self.drive(.tick) }
        }
    }

    /// Fetching the parameters of a large model takes minutes: somebody may be watching.
    private func watchJoining(_ isJoining: Bool) {
        guard isJoining else { return joiningTimer = nil }
        let timer = LoopTimer(loop: loop)
        timer.start(after: .seconds(1), repeating: .seconds(1)) { self.logJoining() }
        joiningTimer = timer
    }

    /// The rounds are over: the numbers on the held-out rows are those of the model that came out,
    /// not of one a second before.
    private func evaluateLast() {
        let trainer = trainer
        vectors?.submit(.read { trainer?.submit(.evaluate($0)) })
    }

    private func train(
        _ round: UInt64, _ steps: Int, _ parameters: [Float], _ correction: [Float]
    ) {
        // The held-out rows are looked at now and then, before the round that starts there.
        roundBegan = now
        let time = MonotonicTime.current
        if lastEvaluation.map({ time - $0 >= .seconds(1) }) ?? true {
            lastEvaluation = time
            trainer?.submit(.evaluate(parameters))
        }
        guard let trainer else { return openWork(round, steps, parameters, correction) }
        trainer.submit(
            .round(round, steps: steps, parameters: parameters, correction: correction))
    }

    // MARK: News from the lanes

    private func workDone(_ result: WorkResult) {
        if case .snapshot(let snapshot) = result { writeDown(snapshot) }
        drive(.workDone(result))
        // The first checkpoint does not wait for its time: a node that is killed before it would
        // come back with genesis, and pull all others a little towards it.
        if saving.generation == nil, saving.error == nil,
            core.gossip.round >= core.settings.gossip.youngRounds
        {
            save()
        }
    }

    private func heard(_ news: TrainingNews) {
        switch news {
        case .trained(let outcome, let state, let own):
            atRoundsPace {
                guard !self.isLeaving else { return }
                self.trainerState = state
                self.own = own
                self.drive(.trained(outcome))
            }
        case .evaluated(let loss, let accuracy):
            drive(.evaluated(loss: loss, accuracy: accuracy))
        }
    }

    // MARK: Saving

    /// Asks the data half for its instant; what comes back is written by `writeDown`.
    private func save() {
        guard !saving.underWay, !isLeaving else { return }
        saving.underWay = true
        vectors?.submit(.work(.snapshot))
    }

    /// Both halves at one instant: results come in the order of the work, so when the snapshot
    /// arrives the control half stands exactly where the data half stood.
    private func writeDown(_ snapshot: ParameterSnapshot) {
        let state = SavedState(
            gossip: core.gossip.saved, vectors: snapshot, trainer: trainerState, own: own,
            heldOutLoss: core.heldOutLoss, accuracy: core.accuracy)
        saving.underWay = true
        saving.round = state.gossip.round
        if isLeaving { hasSavedLast = true }
        let checkpoint = state.checkpoint(
            federation: preparation.federation.id.bytes, node: preparation.identity.nodeID,
            roster: roster)
        saving.bytes =
            checkpoint.header.count + checkpoint.vectors.reduce(0) { $0 + 4 * $1.values.count }
        savings?.submit(SavedTogether(checkpoint: checkpoint, directory: directoryToSave()))
    }

    private func saved(_ result: Result<Void, StoreError>) {
        saving.underWay = false
        switch result {
        case .success:
            saving.generation = (saving.generation ?? 0) + 1
            counts.checkpoints += 1
            counts.checkpointAt = .current
            counts.checkpointBytes = saving.bytes
            if saving.error != nil { log.notice("checkpoint-works-again") }
            saving.error = nil
        case .failure(let error):
            // Training goes on: the older checkpoints are intact.
            counts.checkpointFailures += 1
            if saving.error == nil {
                log.error(
                    "checkpoint-failed",
                    metadata: ["error": "\(error)", "hint": "\(error.hint ?? "")"])
            }
            saving.error = "\(error)"
        }
        stopIfDone()
    }

    func warn(_ text: String) {
        log.warning("warning", metadata: ["text": "\(text)"])
        // Status shows the last few; the log has them all.
        warnings.append(text)
        if warnings.count > 8 { warnings.removeFirst() }
    }
}
