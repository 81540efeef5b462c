// Room:  starling (floor 6).
// Task:  the result of a simulation as JSON.
// May:   Model, Simulation.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Model
import Simulation

/// `starling simulate --json` prints this and nothing else. Accuracies are shares from 0 to 1 on
/// rows that no node has; bytes are payload bytes sent, means over the nodes. What was not reached
/// or is no number is null.
struct SimulationResult: Encodable {
    struct Setting: Encodable {
        let data: String
        let nodes: Int
        let partition: String
        let parameters: Int
        let rounds: Int
        let steps: Int
        let view: Int
        let fraction: Double
        let values: String
        let exchanges: Int
        let faults: String
        let target: OrNull<Double>
    }

    struct Accuracy: Encodable {
        let mean: OrNull<Double>
        let worst: OrNull<Double>
    }

    struct Bytes: Encodable {
        let perNode: Double
        let toTargetPerNode: OrNull<Double>

        enum CodingKeys: String, CodingKey {
            case perNode = "per_node"
            case toTargetPerNode = "to_target_per_node"
        }
    }

    struct Point: Encodable {
        let seconds: Double
        let round: Double
        let bytes: Double
        let mean: OrNull<Double>
        let worst: OrNull<Double>
        let consensusError: OrNull<Double>

        enum CodingKeys: String, CodingKey {
            case seconds, round, bytes, mean, worst
            case consensusError = "consensus_error"
        }
    }

    /// Of those that were up at the end.
    struct Node: Encodable {
        let node: Int
        let accuracy: OrNull<Double>
        let bytes: Int
        let deltas: Int
        let rounds: Int
        let roundSeconds: Double

        enum CodingKeys: String, CodingKey {
            case node, accuracy, bytes, deltas, rounds
            case roundSeconds = "round_seconds"
        }
    }

    struct Run: Encodable {
        let method: String
        let seed: UInt64
        let accuracy: Accuracy
        let consensusError: OrNull<Double>
        let optimumDistance: OrNull<Double>
        let rounds: Int
        let virtualSeconds: Double
        let secondsToTarget: OrNull<Double>
        let bytes: Bytes
        /// Whether all nodes were done within the bound.
        let finished: Bool
        /// Starling's; null for the other methods.
        let nodes: OrNull<[Node]>
        let curve: [Point]

        enum CodingKeys: String, CodingKey {
            case method, seed, accuracy
            case consensusError = "consensus_error"
            case optimumDistance = "optimum_distance"
            case rounds
            case virtualSeconds = "virtual_seconds"
            case secondsToTarget = "seconds_to_target"
            case bytes, finished, nodes, curve
        }

        init(_ answer: SimulationAnswer) {
            let result = answer.result
            method = result.method.rawValue
            seed = answer.seed
            accuracy = Accuracy(mean: OrNull(result.mean), worst: OrNull(result.worst))
            consensusError = OrNull(result.consensusError)
            optimumDistance = OrNull(answer.optimumDistance)
            rounds = result.rounds
            virtualSeconds = result.virtualSeconds
            secondsToTarget = OrNull(result.secondsToTarget)
            bytes = Bytes(
                perNode: result.bytesPerNode, toTargetPerNode: OrNull(result.bytesToTarget))
            finished = answer.report?.allFinished ?? true
            nodes = OrNull(
                answer.report?.nodes.map { node in
                    Node(
                        node: node.node, accuracy: OrNull(node.accuracy), bytes: node.payloadSent,
                        deltas: node.deltasSent, rounds: node.rounds,
                        roundSeconds: node.roundSeconds)
                })
            curve = result.curve.map { point in
                Point(
                    seconds: point.seconds, round: point.round, bytes: point.bytes,
                    mean: OrNull(point.mean), worst: OrNull(point.worst),
                    consensusError: OrNull(point.consensusError))
            }
        }
    }

    let schema = "starling.simulate/1"
    /// Of the events of all runs.
    let digest: String
    let events: UInt64
    let setting: Setting
    let runs: [Run]
    let invariants: Invariants
    let wallSeconds: Double

    enum CodingKeys: String, CodingKey {
        case schema, digest, events, setting, runs, invariants
        case wallSeconds = "wall_seconds"
    }

    init(
        _ plan: SimulationPlan, parameters: Int, _ answers: [SimulationAnswer], wallSeconds: Double
    ) {
        let reports = answers.compactMap(\.report)
        digest = Digests.text(reports.map(\.digest))
        events = reports.reduce(0) { $0 + $1.events }
        setting = Setting(
            data: plan.name, nodes: plan.options.nodes, partition: plan.spread.rawValue,
            parameters: parameters, rounds: plan.rounds, steps: plan.steps, view: plan.view,
            fraction: plan.fraction, values: plan.options.values.rawValue,
            exchanges: plan.exchanges, faults: plan.options.faults, target: OrNull(plan.target))
        runs = answers.map(Run.init)
        invariants = Invariants(
            checked: reports.reduce(0) { $0 + $1.checked },
            violations: reports.count { $0.violation != nil })
        self.wallSeconds = wallSeconds
    }
}

struct Invariants: Encodable {
    let checked: UInt64
    let violations: Int
}

/// A value, or null in so many letters.
struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

extension OrNull<Double> {
    /// What is not finite cannot be said in JSON.
    init(_ value: Double?) { self.value = value.flatMap { $0.isFinite ? $0 : nil } }
}

enum Digests {
    /// One run's digest as it is; several, in their order, mixed into one.
    static func text(_ digests: [UInt64]) -> String {
        guard var digest = digests.first else { return Figures.hexadecimal(0) }
        for next in digests.dropFirst() {
            digest = SplitMix64.mix(digest &* 0x9E37_79B9_7F4A_7C15 ^ next)
        }
        return Figures.hexadecimal(digest)
    }
}
