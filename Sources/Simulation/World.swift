// Room:  Simulation (floor 5, pure).
// Task:  many nodes in one process under a virtual clock and a faulty network, by one seed.
// May:   Peer, Gossip, Membership, Codec, Wire, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Codec
import Gossip
import Membership
import Model
import Peer
import Wire

/// What goes wrong, and how often. Times in seconds of virtual time.
public struct Faults: Sendable {
    /// Mean of a message's exponential delay.
    public var delay = 0.002
    /// Mean time until a connection breaks; nil: never.
    public var connectionLife: Double?
    /// Mean time between crashes of one node; nil: never. It comes back from its checkpoint.
    public var crashEvery: Double?
    /// How long a crashed node is away.
    public var downFor = 2.0
    /// Time between checkpoints of a node.
    public var checkpointEvery = 1.0
    /// Faults stop at this time, so that everything can end.
    public var until = 60.0

    public init() {}
}

/// A world of nodes that drive the real protocol core.
public struct World {
    enum Event {
        case start(Int)
        case tick(Int, life: Int, time: UInt64)
        case dialled(Int, NodeID, attempt: UInt64, life: Int)
        case deliver(ConnectionID, to: Int, kind: UInt8, body: [UInt8])
        case closed(ConnectionID, at: Int)
        case breaks(ConnectionID)
        case workDone(Int, life: Int)
        case trained(Int, life: Int, TrainingOutcome)
        case checkpoint(Int, life: Int)
        case crash(Int)
    }

    struct Cable {
        let ends: [Int]
        /// When the last message to each end arrives: TCP keeps the order.
        var lastArrival: [UInt64] = [0, 0]
        var isOpen = true
    }

    public let roster: Roster
    public private(set) var now: UInt64 = 0
    public private(set) var events: UInt64 = 0
    public private(set) var notes: [String: Int] = [:]
    public private(set) var bytesSent: [Int]
    public private(set) var deltasSent: [Int]

    var nodes: [SimulatedNode?]
    let ids: [NodeID]
    private var disks: [SimulatedCheckpoint?]
    private var lives: [Int]
    private var queue = EventQueue<Event>()
    private var wires: [ConnectionID: Cable] = [:]
    private var nextConnection: UInt64 = 1
    private var generator: SeededGenerator
    private let faults: Faults
    private let genesis: [Float]
    private let codec: DeltaCodec
    private let makeSettings: (Int) -> PeerSettings
    private let makeTrainer: (Int) -> any SimulatedTrainer
    /// Virtual seconds that a round of training and a piece of work take, for each node.
    private let trainingTime: [Double]
    private let workTime: Double
    private let seed: UInt64

    /// - settings, trainer: of the node at a place of the roster.
    /// - trainingTime: of a round, in virtual seconds, for each node.
    public init(
        roster: Roster, genesis: [Float], codec: DeltaCodec, faults: Faults, seed: UInt64,
        trainingTime: [Double], workTime: Double = 0.0002,
        settings: @escaping (Int) -> PeerSettings,
        trainer: @escaping (Int) -> any SimulatedTrainer
    ) {
        self.roster = roster
        self.genesis = genesis
        self.codec = codec
        self.faults = faults
        self.seed = seed
        self.trainingTime = trainingTime
        self.workTime = workTime
        makeSettings = settings
        makeTrainer = trainer
        generator = SeededGenerator(seed: seed)
        ids = roster.members.map(\.id)
        nodes = Array(repeating: nil, count: ids.count)
        disks = Array(repeating: nil, count: ids.count)
        lives = Array(repeating: 0, count: ids.count)
        bytesSent = Array(repeating: 0, count: ids.count)
        deltasSent = Array(repeating: 0, count: ids.count)
        for node in ids.indices {
            queue.push(.start(node), at: UInt64(generator.uniform() * 1e8))
            if let mean = faults.crashEvery {
                queue.push(.crash(node), at: after(exponential(mean)))
            }
        }
    }

    // MARK: Time

    private mutating func exponential(_ mean: Double) -> Double {
        // -log(1 - u) by a series would cost more than it brings: two uniforms stand in for the
        // tail, with the same mean.
        mean * (generator.uniform() + generator.uniform())
    }

    private func after(_ seconds: Double) -> UInt64 { now + UInt64(max(0, seconds) * 1e9) }

    /// Runs until the condition holds, nothing is left to happen, or virtual time is over.
    ///
    /// - Returns: whether the condition came to hold.
    public mutating func run(
        until condition: (borrowing World) -> Bool, limit seconds: Double
    ) -> Bool {
        let end = UInt64(seconds * 1e9)
        while let (time, event) = queue.pop() {
            now = max(now, time)
            guard now <= end else { return false }
            events += 1
            handle(event)
            if condition(self) { return true }
        }
        return condition(self)
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .start(let node): start(node)
        case .tick(let node, let life, let time):
            guard lives[node] == life, nodes[node]?.wake == time else { return }
            nodes[node]?.wake = nil
            drive(node, .tick)
        case .dialled(let node, let peer, let attempt, let life):
            connect(node, peer, attempt: attempt, life: life)
        case .deliver(let connection, let node, let kind, let body):
            guard wires[connection]?.isOpen == true, nodes[node] != nil,
                let kind = FrameKind(rawValue: kind)
            else { return }
            guard let message = try? Message.decode(kind: kind, body: body) else {
                preconditionFailure("a core sent a message that does not decode")
            }
            drive(node, .received(connection, message))
        case .closed(let connection, let node): drive(node, .closed(connection))
        case .breaks(let connection): cut(connection)
        case .workDone(let node, let life):
            guard lives[node] == life else { return }
            finishWork(node)
        case .trained(let node, let life, let outcome):
            guard lives[node] == life else { return }
            drive(node, .trained(outcome))
        case .checkpoint(let node, let life):
            guard lives[node] == life else { return }
            enqueue(.snapshot, at: node)
            queue.push(.checkpoint(node, life: life), at: after(faults.checkpointEvery))
        case .crash(let node): crash(node)
        }
    }

    // MARK: Lives

    private mutating func start(_ node: Int) {
        guard nodes[node] == nil else { return }
        lives[node] += 1
        let saved = disks[node]
        let vectors =
            saved.flatMap {
                ParameterState(genesis: genesis, codec: codec, snapshot: $0.vectors)
            } ?? ParameterState(genesis: genesis, codec: codec)
        let core = Peer(
            settings: makeSettings(node), roster: roster, freshDigest: vectors.freshDigest,
            seed: seed &* 1_000_003 &+ UInt64(node * 4096 + lives[node]),
            now: Instant(nanoseconds: now), saved: saved?.gossip)
        nodes[node] = SimulatedNode(
            core: core, vectors: vectors, trainer: saved?.trainer ?? makeTrainer(node),
            added: Array(repeating: 0, count: genesis.count))
        drive(node, .start)
        queue.push(
            .checkpoint(node, life: lives[node]),
            at: after(faults.checkpointEvery * generator.uniform()))
    }

    private mutating func crash(_ node: Int) {
        guard let mean = faults.crashEvery else { return }
        let isOver = Double(now) / 1e9 > faults.until
        guard !isOver else { return }
        queue.push(.crash(node), at: after(faults.downFor + exponential(mean)))
        guard nodes[node] != nil else { return }
        note("crash")
        nodes[node] = nil
        lives[node] += 1
        for connection in wires.keys.sorted() where wires[connection]?.ends.contains(node) == true {
            cut(connection)
        }
        queue.push(.start(node), at: after(faults.downFor * generator.uniform()))
    }

    // MARK: Network

    private mutating func connect(_ node: Int, _ peer: NodeID, attempt: UInt64, life: Int) {
        guard lives[node] == life, nodes[node] != nil else { return }
        guard let other = ids.firstIndex(of: peer), nodes[other] != nil else {
            drive(node, .dialFailed(peer, attempt: attempt))
            return
        }
        let connection = ConnectionID(raw: nextConnection)
        nextConnection += 1
        wires[connection] = Cable(ends: [node, other])
        if let life = faults.connectionLife, Double(now) / 1e9 < faults.until {
            queue.push(.breaks(connection), at: after(exponential(life)))
        }
        drive(node, .connected(connection, peer, attempt: attempt))
        drive(other, .connected(connection, ids[node], attempt: nil))
    }

    private mutating func cut(_ connection: ConnectionID) {
        guard let wire = wires.removeValue(forKey: connection), wire.isOpen else { return }
        note("cut")
        for end in wire.ends where nodes[end] != nil {
            queue.push(.closed(connection, at: end), at: after(faults.delay * generator.uniform()))
        }
    }

    private mutating func send(_ message: Message, from node: Int, over connection: ConnectionID) {
        guard var wire = wires[connection], wire.isOpen else { return }
        let side = wire.ends[0] == node ? 1 : 0
        let body = message.encodedBody()
        bytesSent[node] += body.count + 5
        if case .delta = message { deltasSent[node] += 1 }
        let arrival = max(after(exponential(faults.delay)), wire.lastArrival[side])
        wire.lastArrival[side] = arrival
        wires[connection] = wire
        queue.push(
            .deliver(connection, to: wire.ends[side], kind: message.kind.rawValue, body: body),
            at: arrival)
    }

    private mutating func close(
        _ connection: ConnectionID, from node: Int, _ farewell: WireFarewell?
    ) {
        if let farewell { send(.farewell(farewell), from: node, over: connection) }
        guard var wire = wires[connection] else { return }
        let side = wire.ends[0] == node ? 1 : 0
        // The farewell arrives before the end of the connection does.
        queue.push(.closed(connection, at: wire.ends[side]), at: wire.lastArrival[side] + 1)
        wire.lastArrival[side] += 1
        wires[connection] = wire
    }

    // MARK: Driving

    private mutating func drive(_ node: Int, _ event: PeerEvent) {
        guard nodes[node] != nil else { return }
        var effects: [PeerEffect] = []
        nodes[node]?.core.handle(event, at: Instant(nanoseconds: now), into: &effects)
        for effect in effects {
            switch effect {
            case .dial(let peer, _, let attempt):
                queue.push(
                    .dialled(node, peer, attempt: attempt, life: lives[node]),
                    at: after(exponential(faults.delay)))
            case .send(let connection, let message):
                send(message, from: node, over: connection)
            case .accept: break  // Frame limits are the transport's.
            case .close(let connection, let farewell): close(connection, from: node, farewell)
            case .work(let item): enqueue(item, at: node)
            case .train(let round, let steps, let parameters, let correction):
                train(node, round, steps, parameters, correction)
            case .trainingRefused: note("training refused")
            case .wake(let time):
                let time = max(time.nanoseconds, now)
                nodes[node]?.wake = time
                queue.push(.tick(node, life: lives[node], time: time), at: time)
            case .note(let what): count(what)
            }
        }
    }

    private mutating func train(
        _ node: Int, _ round: UInt64, _ steps: Int, _ parameters: [Float], _ correction: [Float]
    ) {
        guard
            let outcome = nodes[node]?.trainer.train(
                round: round, steps: steps, parameters: parameters, correction: correction)
        else { return }
        let time = trainingTime[node] * (0.8 + 0.4 * generator.uniform())
        queue.push(.trained(node, life: lives[node], outcome), at: after(time))
    }

    private mutating func enqueue(_ item: WorkItem, at node: Int) {
        nodes[node]?.work.append(item)
        if nodes[node]?.work.count == 1 {
            queue.push(.workDone(node, life: lives[node]), at: after(workTime))
        }
    }

    private mutating func finishWork(_ node: Int) {
        guard var current = nodes[node], !current.work.isEmpty else { return }
        let item = current.work.removeFirst()
        nodes[node] = nil  // So that the vectors are not copied while they change.
        let result = current.vectors.perform(item)
        if case .addLocal(let delta) = item, case .localAdded = result {
            let weight = Double(current.core.settings.gossip.weight)
            for i in delta.indices { current.added[i] += weight * Double(delta[i]) }
        }
        let more = !current.work.isEmpty
        nodes[node] = current
        if more { queue.push(.workDone(node, life: lives[node]), at: after(workTime)) }
        drive(node, .workDone(result))
        if case .snapshot(let snapshot) = result, let node_ = nodes[node] {
            disks[node] = SimulatedCheckpoint(
                gossip: node_.core.gossip.saved, vectors: snapshot, trainer: node_.trainer)
        }
    }

    private mutating func note(_ what: String) { notes[what, default: 0] += 1 }

    private mutating func count(_ what: PeerNote) {
        switch what {
        case .linkUp: note("link up")
        case .linkDown: note("link down")
        case .newEpoch: note("new epoch")
        case .fault(_, let reason): note("fault: \(reason)")
        case .refused(_, let code, _, _): note("refused: \(code)")
        case .liveness, .phase: break
        }
    }
}
