// Room:  Daemon (floor 5).
// Task:  what a trainer is told, as JSON: the words of `config/openapi.yaml`.
// May:   Federation, Gossip, Model.
// Proof: Tests/EndToEndTests/TrainerTests.swift; the API is held against config/openapi.yaml

import Federation
import Gossip
import Model

enum TrainerAnswers {
    /// - folder: nil where there is none.
    static func model(
        _ preparation: Preparation, name: String, folder: String?, bodyLimit: Int
    ) -> JSON {
        let federation = preparation.federation
        let node = preparation.identity.nodeID
        let training = federation.training
        return .object([
            ("schema", .string("starling.model/1")),
            (
                "federation",
                .object([
                    ("id", .string("\(federation.id)")), ("short", .string(federation.id.short)),
                    ("name", .string(federation.name)),
                ])
            ),
            (
                "node",
                .object([
                    ("id", .string("\(node)")), ("short", .string(node.short)),
                    ("name", .string(name)),
                ])
            ),
            ("kind", .string(federation.model.kindName)),
            ("trainer", .string(preparation.builtIn == nil ? "outside" : "built-in")),
            ("parameters", .integer(Int64(preparation.layout.count))),
            ("tensors", .array(preparation.layout.tensors.map(tensor))),
            ("private", .array(federation.model.private.map { .string($0.text) })),
            (
                "policy",
                .object([
                    ("rounds", .integer(Int64(training.rounds))),
                    ("steps", .integer(Int64(preparation.steps))),
                    ("batch", .integer(Int64(training.batch))),
                    ("rate", .number(training.rate)), ("momentum", .number(training.momentum)),
                    ("weight_decay", .number(training.weightDecay)),
                    ("schedule", .string(training.schedule.rawValue)),
                    ("correction", .bool(federation.gossip.correction)),
                ])
            ),
            ("classes", .array(federation.data.classes.map { .string($0) })),
            ("folder", folder.map { .string($0) } ?? .null),
            (
                "limits",
                .object([
                    ("body", .integer(Int64(bodyLimit))),
                    ("private", .integer(Int64(InterfaceGate.privateLimit))),
                ])
            ),
        ])
    }

    private static func tensor(_ tensor: Tensor) -> JSON {
        .object([
            ("name", .string(tensor.name)),
            ("shape", .array(tensor.shape.map { .integer(Int64($0)) })),
            ("dtype", .string(tensor.kind.rawValue)),
        ])
    }

    static func joined(
        _ session: TrainerDesk.Session, round: UInt64, rounds: UInt64, hasPrivate: Bool
    ) -> JSON {
        .object([
            ("schema", .string("starling.trainer/1")), ("session", .string(session.token)),
            ("lease_seconds", .number(TrainerDesk.lease)), ("round", .unsigned(round)),
            ("rounds", .unsigned(rounds)), ("has_private", .bool(hasPrivate)),
        ])
    }

    static var alive: JSON {
        .object([
            ("schema", .string("starling.trainer/1")),
            ("lease_seconds", .number(TrainerDesk.lease)),
        ])
    }

    static func done(_ schema: String, _ more: [(String, JSON)] = []) -> JSON {
        .object([("schema", .string(schema))] + more)
    }

    static func handedIn(accepted: Bool, again: Bool, why: String?, round: UInt64) -> JSON {
        .object([
            ("schema", .string("starling.handed/1")), ("accepted", .bool(accepted)),
            ("again", .bool(again)), ("why", .string(why)), ("round", .unsigned(round)),
        ])
    }
}
