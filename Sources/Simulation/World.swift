// Room:  Simulation (floor 5, pure).
// Task:  many nodes in one process under a virtual clock and a faulty network, by one seed.
// May:   Peer, Gossip, Membership, Wire, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Gossip
import Membership
import Model
import Peer
import Wire

/// A world of nodes that drive the real protocol core.
///
/// Time, delays, speeds and faults are drawn from the plan's seed; laws are looked at after every
/// event, and the first that is broken ends the run.
public struct World {
    enum Event {
        case start(Int)
        case tick(Int, life: Int, at: Instant)
        case dialled(Int, to: Int, attempt: UInt64, life: Int, began: UInt64)
        case arrives(ConnectionID, side: Int, Parcel)
        case closed(ConnectionID, side: Int)
        case workDone(Int, life: Int)
        case trained(Int, life: Int, TrainingOutcome)
        case checkpoint(Int, life: Int)
        case fault(FaultEvent)
    }

    /// Does independent jobs 0..<count, on any threads, and returns when all are done.
    public typealias Workers = (_ count: Int, _ job: @escaping @Sendable (Int) -> Void) -> Void

    public let plan: WorldPlan
    public let roster: Roster
    /// Virtual time in nanoseconds.
    public internal(set) var now: UInt64 = 0
    /// How often what happened, for tests and reports.
    public internal(set) var notes: [String: Int] = [:]
    /// Of each node: everything that it sent, and of that the compressed parameters themselves.
    public internal(set) var bytesSent: [Int]
    public internal(set) var payloadSent: [Int]
    public internal(set) var deltasSent: [Int]
    /// Exchanges that were applied, counted at both ends.
    public internal(set) var exchangesApplied: UInt64 = 0
    /// Over those exchanges: the sum of the smaller `near` that the two ends said.
    var nearSum = 0.0

    let ids: [NodeID]
    var nodes: [SimulatedNode?]
    var lives: [NodeLife]
    var queue = EventQueue<Event>()
    var cables: [ConnectionID: Cable] = [:]
    var partitions: [Partitioning] = []
    var nextConnection: UInt64 = 1
    var nextPartition = 0
    var generator: SeededGenerator
    var trace: EventTrace
    var laws: LawBook
    /// The first law that was broken; nothing happens after it.
    public internal(set) var violation: Violation?
    /// Events at this very instant: time must go on.
    var eventsAtNow = 0
    /// Where work over vectors is done; nil: on the calling thread.
    public var workers: Workers?
    /// Events from this number on are told to `tell`.
    var tellFrom = UInt64.max
    var tell: (String) -> Void = { _ in }

    public init(_ plan: WorldPlan) {
        self.plan = plan
        let count = plan.nodes.count
        generator = SeededGenerator(seed: plan.seed)
        var naming = generator.derived(1)
        let founders = (0..<count).map { _ in
            let bytes = (0..<32).map { _ in UInt8(naming.below(256)) }
            guard let id = NodeID(bytes: bytes) else {
                preconditionFailure("an ID has 32 bytes")
            }
            return Member(id: id, name: id.short, addresses: ["simulated:1"])
        }
        do {
            roster = try Roster(founders: founders)
        } catch {
            preconditionFailure("256 random bits came twice: \(error)")
        }
        ids = roster.members.map(\.id)
        nodes = Array(repeating: nil, count: count)
        bytesSent = Array(repeating: 0, count: count)
        payloadSent = bytesSent
        deltasSent = bytesSent
        trace = EventTrace(nodes: count)
        laws = LawBook(
            nodes: count, dimension: plan.genesis.count, reach: plan.reach)
        lives = []
        for _ in 0..<count {
            let drift = plan.faults.clockDrift * (2 * generator.uniform() - 1)
            lives.append(
                NodeLife(
                    clock: SimulatedClock(
                        at: 0, reading: UInt64(generator.uniform() * 1e12), rate: 1 + drift),
                    disk: VirtualDisk(roster: roster)))
        }
        drawStarts()
        drawFaults()
    }

    /// Events so far.
    public var events: UInt64 { trace.number }
    /// Of every event, with its time, place and content: the same plan gives the same digest.
    public var digest: UInt64 { trace.digest }
    /// How many times a law was looked at.
    public var checked: UInt64 { laws.checked }
    public var seconds: Double { Double(now) / 1e9 }
    /// Whether faults still happen.
    var isRough: Bool { seconds < plan.faults.until }

    /// Tells every event from this number on, a line each.
    public mutating func tellEvents(from number: UInt64, to tell: @escaping (String) -> Void) {
        tellFrom = number
        self.tell = tell
    }

    func after(_ seconds: Double) -> UInt64 { now + UInt64(max(0, seconds) * 1e9) }

    mutating func note(_ what: String) { notes[what, default: 0] += 1 }

    /// Runs until the condition holds, a law is broken, nothing is left to happen, or virtual time
    /// is over.
    ///
    /// - Returns: whether the condition came to hold.
    public mutating func run(
        until condition: (borrowing World) -> Bool, limit seconds: Double
    ) -> Bool {
        let end = UInt64(seconds * 1e9)
        while violation == nil, let time = queue.nextTime, time <= end,
            let (_, event) = queue.pop()
        {
            eventsAtNow = time > now ? 0 : eventsAtNow + 1
            now = max(now, time)
            handle(event)
            if condition(self) { return true }
        }
        return violation == nil && condition(self)
    }

    /// One event at one node, or at none; then the laws.
    private mutating func handle(_ event: Event) {
        for node in places(of: event) where lives[node].pausedUntil > now {
            return queue.push(event, at: lives[node].pausedUntil)
        }
        switch event {
        case .start(let node): start(node)
        case .tick(let node, let life, let time):
            guard lives[node].number == life, nodes[node]?.wake == time else { return }
            nodes[node]?.wake = nil
            record("tick", node)
            drive(node, .tick)
            lookAtLaws(node)
        case .dialled(let node, let other, let attempt, let life, let began):
            guard lives[node].number == life, nodes[node] != nil else { return }
            dialled(node, to: other, attempt: attempt, began: began)
        case .arrives(let connection, let side, let parcel):
            arrive(parcel, over: connection, side: side)
        case .closed(let connection, let side): tellClosed(connection, side: side)
        case .workDone(let node, let life):
            guard lives[node].number == life else { return }
            finishWork(node)
        case .trained(let node, let life, let outcome):
            guard lives[node].number == life else { return }
            record("trained", node, detail: UInt64(outcome.steps))
            drive(node, .trained(outcome))
            lookAtLaws(node)
        case .checkpoint(let node, let life):
            guard lives[node].number == life else { return }
            enqueue(.snapshot, at: node)
            queue.push(
                .checkpoint(node, life: life), at: after(plan.faults.checkpointEvery))
        case .fault(let fault): happen(fault)
        }
    }

    /// The nodes that an event waits for while they stand still.
    private func places(of event: Event) -> [Int] {
        switch event {
        case .tick(let node, _, _), .workDone(let node, _), .trained(let node, _, _),
            .checkpoint(let node, _):
            [node]
        case .dialled(let node, let other, _, _, _): [node, other]
        case .arrives(let connection, let side, _), .closed(let connection, let side):
            cables[connection].map { [$0.ends[side]] } ?? []
        case .start, .fault: []
        }
    }

    mutating func record(
        _ what: StaticString, _ node: Int, with other: Int = -1, detail: UInt64 = 0,
        content: UInt64 = 0
    ) {
        let entry = trace.record(
            what, node: node, other: other, detail: detail, content: content, at: now)
        if entry.number >= tellFrom { tell(entry.line) }
    }
}
