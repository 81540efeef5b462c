// Room:  starling (floor 6).
// Task:  the result of a demo as figures, and as JSON.
// May:   Daemon (the status it serves).
// Proof: Tests/EndToEndTests

import Daemon

/// `starling demo --json` prints this and nothing else. Accuracies are shares from 0 to 1 on the
/// fixed test split, bytes are means over the nodes.
struct DemoResult: Codable, Sendable, Equatable {
    struct MeanAndWorst: Codable, Sendable, Equatable {
        var mean: Double
        var worst: Double

        init(_ values: [Double]) {
            mean = values.reduce(0, +) / Double(max(values.count, 1))
            worst = values.min() ?? 0
        }
    }

    struct Accuracy: Codable, Sendable, Equatable {
        var alone: MeanAndWorst
        var federated: MeanAndWorst
        var pooled: Double
    }

    struct Bytes: Codable, Sendable, Equatable {
        /// Everything written to sockets between nodes, TLS included.
        var sentPerNode: Double
        /// Of that, the compressed deltas themselves.
        var payloadPerNode: Double
        /// What the same deltas would be as plain 32-bit numbers.
        var densePerNode: Double
        var ratio: Double

        enum CodingKeys: String, CodingKey {
            case sentPerNode = "sent_per_node"
            case payloadPerNode = "payload_per_node"
            case densePerNode = "dense_per_node"
            case ratio
        }
    }

    /// From the launch of the first daemon; null where the target was not reached.
    struct ToTarget: Codable, Sendable, Equatable {
        var accuracy: Double
        var seconds: Double?
        var sentPerNode: Double?

        enum CodingKeys: String, CodingKey {
            case accuracy, seconds
            case sentPerNode = "sent_per_node"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(accuracy, forKey: .accuracy)
            try container.encode(seconds, forKey: .seconds)
            try container.encode(sentPerNode, forKey: .sentPerNode)
        }
    }

    struct Node: Codable, Sendable, Equatable {
        var name: String
        var id: String
        var accuracy: Double
        var alone: Double
        var round: UInt64
        var phase: String
        var links: Int
        var bytesSent: UInt64
        var deltasSent: UInt64
        /// As the node itself estimates it.
        var disagreement: Double?
        var rows: Int
        /// How often it got SIGKILL.
        var killed: Int

        enum CodingKeys: String, CodingKey {
            case name, id, accuracy, alone, round, phase, links, disagreement, rows, killed
            case bytesSent = "bytes_sent"
            case deltasSent = "deltas_sent"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(id, forKey: .id)
            try container.encode(accuracy, forKey: .accuracy)
            try container.encode(alone, forKey: .alone)
            try container.encode(round, forKey: .round)
            try container.encode(phase, forKey: .phase)
            try container.encode(links, forKey: .links)
            try container.encode(bytesSent, forKey: .bytesSent)
            try container.encode(deltasSent, forKey: .deltasSent)
            try container.encode(disagreement, forKey: .disagreement)
            try container.encode(rows, forKey: .rows)
            try container.encode(killed, forKey: .killed)
        }
    }

    var schema = "starling.demo/1"
    var dataset: String
    var partition: String
    var nodes: Int
    var seed: UInt64
    var rounds: Int
    var parameters: Int
    /// From the launch of the first daemon until all had finished.
    var seconds: Double
    var accuracy: Accuracy
    var bytes: Bytes
    var toTarget: ToTarget
    /// Measured on the final parameters: `DemoRecord.disagreement`.
    var disagreement: Double
    /// Names, in the order in which they were killed.
    var killed: [String]
    var nodesDetail: [Node]
    /// Absent where there was none.
    var storm: StormOutcome?

    enum CodingKeys: String, CodingKey {
        case storm
        case schema, dataset, partition, nodes, seed, rounds, parameters, seconds, accuracy, bytes
        case toTarget = "to_target"
        case disagreement, killed
        case nodesDetail = "nodes_detail"
    }

    /// - record: with the final look at every node.
    init(
        plan: DemoPlan, places: [DemoFolder.Place], record: DemoRecord, comparison: DemoComparison,
        killed: [Int], storm: StormOutcome? = nil
    ) {
        self.storm = storm
        let accuracies = record.nodes.map { $0.accuracy ?? 0 }
        dataset = plan.options.data.rawValue
        partition = plan.spread.rawValue
        nodes = plan.sites.count
        seed = plan.options.seed
        rounds = plan.training.rounds
        parameters = plan.architecture.layout.count
        seconds = record.seconds
        accuracy = Accuracy(
            alone: MeanAndWorst(comparison.alone), federated: MeanAndWorst(accuracies),
            pooled: comparison.pooled)
        let sent = record.perNode(\.bytes)
        let dense = 4 * Double(parameters) * record.perNode(\.deltas)
        bytes = Bytes(
            sentPerNode: sent, payloadPerNode: record.perNode(\.deltaBytes), densePerNode: dense,
            ratio: sent > 0 ? dense / sent : 0)
        toTarget = ToTarget(
            accuracy: record.target, seconds: record.reached?.seconds,
            sentPerNode: record.reached?.sentPerNode)
        disagreement = record.disagreement(genesis: plan.genesis) ?? 0
        self.killed = killed.map { plan.sites[$0].name }
        nodesDetail = record.nodes.indices.map { index in
            let (node, site) = (record.nodes[index], plan.sites[index])
            return Node(
                name: site.name, id: "\(places[index].id)", accuracy: accuracies[index],
                alone: comparison.alone[index], round: node.status?.round ?? 0,
                phase: node.status?.phase ?? "unknown", links: node.status?.links ?? 0,
                bytesSent: node.sent.bytes, deltasSent: node.sent.deltas,
                disagreement: node.status?.disagreement, rows: site.rows.rows,
                killed: node.kills)
        }
    }
}
