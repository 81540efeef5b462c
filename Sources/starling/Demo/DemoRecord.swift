// Room:  starling (floor 6).
// Task:  what has been seen of the nodes so far, and the figures in it.
// May:   Daemon (the status it serves), Learning, Model.   May not: clock, sockets, processes.
// Proof: Tests/EndToEndTests

import Daemon
import Model

/// One look at all nodes.
struct DemoSnapshot: Sendable {
    struct Reading: Sendable {
        /// Nil where the node did not answer.
        var status: NodeStatus?
        /// With their accuracy on the test split; nil where they were not asked for.
        var model: (parameters: [Float], accuracy: Double)?
        /// IDs of those that it has a link to, and of all in its roster; nil where not asked for.
        var linked: Set<String>?
        var members: Set<String>?
    }

    /// Seconds since the first daemon was launched, when the last answer had come.
    var seconds: Double
    var readings: [Reading]
}

/// The nodes as last seen, the bytes of every process that they ever had, and when the target was
/// reached.
struct DemoRecord: Sendable {
    /// What one process of a node has sent, as last seen: a restarted daemon counts from 0.
    struct Sent: Sendable, Equatable {
        var bytes: UInt64 = 0
        var deltas: UInt64 = 0
        var deltaBytes: UInt64 = 0
    }

    struct Node: Sendable {
        var status: NodeStatus?
        var parameters: [Float]?
        var accuracy: Double?
        var kills = 0
        /// Killed, and not seen again since.
        var isAway = false
        /// What a storm does to it: `stopped`, `not yet`, `lost`; nil while it is well.
        var plight: String?
        /// IDs of all in its roster, where they were asked for.
        var members: Set<String>?
        fileprivate var processes: [(pid: Int32, sent: Sent)] = []

        /// Over all its processes.
        var sent: Sent {
            processes.reduce(into: Sent()) { total, process in
                total.bytes += process.sent.bytes
                total.deltas += process.sent.deltas
                total.deltaBytes += process.sent.deltaBytes
            }
        }

        /// Nobody waits for it: it has ended by itself in a storm.
        var isLost: Bool { plight == "lost" }

        var isFinished: Bool { !isAway && plight == nil && status?.phase == "finished" }
    }

    struct Reached: Sendable, Equatable {
        let seconds: Double
        let sentPerNode: Double
    }

    let target: Double
    private(set) var seconds = 0.0
    private(set) var nodes: [Node]
    /// When the mean accuracy of the nodes' own models first reached the target.
    private(set) var reached: Reached?

    init(nodes: Int, target: Double) {
        self.nodes = Array(repeating: Node(), count: nodes)
        self.target = target
    }

    /// - pids: of the processes that run now, 0 where there is none: an answer of an older one that
    ///   was under way when it was killed counts its bytes, and is no sign of life.
    mutating func take(_ snapshot: DemoSnapshot, pids: [Int32]) {
        precondition(snapshot.readings.count >= nodes.count, "one reading for each node")
        seconds = max(seconds, snapshot.seconds)
        // A storm's guest stands behind the nodes, and counts for nothing.
        for (index, reading) in snapshot.readings.prefix(nodes.count).enumerated() {
            if let status = reading.status {
                nodes[index].count(status)
                nodes[index].status = status
                if status.pid == pids[index] { nodes[index].isAway = false }
            }
            if let members = reading.members { nodes[index].members = members }
            if let model = reading.model {
                nodes[index].parameters = model.parameters
                nodes[index].accuracy = model.accuracy
            }
        }
        if reached == nil, let mean = meanAccuracy, mean >= target {
            reached = Reached(seconds: snapshot.seconds, sentPerNode: perNode(\.bytes))
        }
    }

    /// - kills: how often it has been killed so far.
    mutating func inStorm(_ node: Int, plight: String?, kills: Int) {
        nodes[node].plight = plight
        nodes[node].kills = kills
    }

    mutating func killed(_ node: Int) {
        nodes[node].kills += 1
        nodes[node].isAway = true
    }

    /// Nil until every node's parameters have been seen.
    var meanAccuracy: Double? {
        let known = nodes.compactMap(\.accuracy)
        guard known.count == nodes.count else { return nil }
        return known.reduce(0, +) / Double(known.count)
    }

    var worstAccuracy: Double? {
        meanAccuracy == nil ? nil : nodes.compactMap(\.accuracy).min()
    }

    /// Mean over the nodes.
    func perNode(_ figure: KeyPath<Sent, UInt64>) -> Double {
        nodes.reduce(0) { $0 + Double($1.sent[keyPath: figure]) } / Double(nodes.count)
    }

    /// Share of its rounds that the slowest node has done.
    var slowest: Double {
        nodes.map { node in
            guard let status = node.status, status.rounds > 0 else { return 0 }
            return ["training", "waiting", "joining"].contains(status.phase)
                ? Double(status.round) / Double(status.rounds) : 1
        }.min() ?? 0
    }

    /// How far the nodes are apart: the root mean square of their distances from the mean of all,
    /// relative to the way from genesis to that mean.
    ///
    /// Nil where no parameters are known, or nothing has moved. A storm may lose a node: the others
    /// are compared.
    func disagreement(genesis: [Float]) -> Double? {
        let vectors = nodes.compactMap(\.parameters)
        guard !vectors.isEmpty else { return nil }
        var (apart, way) = (0.0, 0.0)
        for place in genesis.indices {
            let values = vectors.map { Double($0[place]) }
            let mean = values.reduce(0, +) / Double(values.count)
            for value in values { apart += (value - mean) * (value - mean) }
            way += (mean - Double(genesis[place])) * (mean - Double(genesis[place]))
        }
        guard way > 0 else { return nil }
        return (apart / Double(vectors.count) / way).squareRoot()
    }
}

extension DemoRecord.Node {
    fileprivate mutating func count(_ status: NodeStatus) {
        let sent = DemoRecord.Sent(
            bytes: status.bytes.sent, deltas: status.deltas.sent,
            deltaBytes: status.deltas.payload_bytes)
        if let place = processes.firstIndex(where: { $0.pid == status.pid }) {
            processes[place].sent = sent
        } else {
            processes.append((status.pid, sent))
        }
    }
}
