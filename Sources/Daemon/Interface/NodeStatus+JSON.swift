// Room:  Daemon (floor 5).
// Task:  the local interface's answers as JSON; reading them back is NodeStatus's Decodable.
// May:   nothing but the standard library.
// Proof: Tests/DaemonTests/JSONTests.swift

extension NodeStatus {
    var json: JSON {
        .object([
            ("schema", .string(schema)), ("node", node.json), ("federation", federation.json),
            ("software", .string(software)), ("pid", .integer(Int64(pid))),
            ("uptime_seconds", .number(uptime_seconds)), ("phase", .string(phase)),
            ("joining", joining?.json ?? .null),
            ("round", .unsigned(round)), ("rounds", .unsigned(rounds)),
            ("samples", .unsigned(samples)), ("loss", .number(loss)),
            (
                "held_out",
                .object([
                    ("loss", .number(held_out.loss)), ("accuracy", .number(held_out.accuracy)),
                    ("rows", .integer(Int64(held_out.rows))),
                ])
            ),
            ("disagreement", .number(disagreement)), ("links", .integer(Int64(links))),
            ("members", .integer(Int64(members))), ("parameters", .integer(Int64(parameters))),
            ("privacy", .string(privacy)),
            (
                "bytes",
                .object([
                    ("sent", .unsigned(bytes.sent)), ("received", .unsigned(bytes.received)),
                    ("payload_sent", .unsigned(bytes.payload_sent)),
                ])
            ),
            (
                "deltas",
                .object([
                    ("sent", .unsigned(deltas.sent)),
                    ("payload_bytes", .unsigned(deltas.payload_bytes)),
                ])
            ),
            ("refused", .unsigned(refused)),
            (
                "checkpoint",
                .object([
                    ("generation", .unsigned(checkpoint.generation)),
                    ("round", .unsigned(checkpoint.round)), ("error", .string(checkpoint.error)),
                ])
            ),
            ("warnings", .array(warnings.map { .string($0) })),
            ("address", .array(address.map { .string($0) })),
            ("trainer", trainer?.json ?? .null),
        ])
    }
}

extension NodeStatus.Trainer {
    fileprivate var json: JSON {
        .object([
            ("present", .bool(present)), ("name", .string(name)),
            ("pid", pid.map { .integer(Int64($0)) } ?? .null),
            ("since_seconds", .number(since_seconds)),
            (
                "metrics",
                .object(metrics.keys.sorted().map { ($0, .number(metrics[$0])) })
            ),
        ])
    }
}

extension NodeStatus.Name {
    fileprivate var json: JSON {
        .object([("id", .string(id)), ("short", .string(short)), ("name", .string(name))])
    }
}

extension NodeStatus.Joining {
    fileprivate var json: JSON {
        .object([
            ("done", .integer(Int64(done))), ("all", .integer(Int64(all))), ("from", .string(from)),
        ])
    }
}

extension PeersStatus {
    var json: JSON {
        .object([("schema", .string(schema)), ("peers", .array(peers.map(\.json)))])
    }
}

extension PeersStatus.Peer {
    fileprivate var json: JSON {
        .object([
            ("id", .string(id)), ("short", .string(short)), ("name", .string(name)),
            ("state", .string(state)), ("linked", .bool(linked)),
            ("direction", .string(direction)), ("since_seconds", .number(since_seconds)),
            ("epoch", .unsigned(epoch)), ("exchange", .unsigned(exchange)),
            ("exchanges", .unsigned(exchanges)), ("disagreement", .number(disagreement)),
            ("round", .unsigned(round)), ("rounds", .unsigned(rounds)),
            ("accuracy", .number(accuracy)), ("round_trip_ms", .number(round_trip_ms)),
            ("clock_difference_seconds", .number(clock_difference_seconds)),
            ("problem", .string(problem)),
            (
                "bytes",
                .object([
                    ("sent", .unsigned(bytes.sent)), ("received", .unsigned(bytes.received)),
                ])
            ),
            ("attempts", .unsigned(attempts)), ("failures", .integer(Int64(failures))),
        ])
    }
}

extension InterfaceFailure {
    var json: JSON {
        .object([
            ("schema", .string(schema)), ("code", .string(code)), ("error", .string(error)),
            ("hint", .string(hint)),
        ])
    }
}
