// Room:  Daemon (floor 5).
// Task:  the answers about members and roster as JSON.
// May:   nothing but the standard library.
// Proof: Tests/DaemonTests/JSONTests.swift

extension MembersStatus {
    var json: JSON {
        .object([
            ("schema", .string(schema)), ("generation", .unsigned(generation)),
            ("hash", .string(hash)), ("needed", .integer(Int64(needed))),
            ("members", .array(members.map(\.json))),
        ])
    }
}

extension MembersStatus.Member {
    fileprivate var json: JSON {
        .object([
            ("id", .string(id)), ("short", .string(short)), ("name", .string(name)),
            ("state", .string(state)), ("since_seconds", .number(since_seconds)),
            ("linked", .bool(linked)), ("addresses", .strings(addresses)),
            ("software", .string(software)), ("round", .unsigned(round)),
            ("rounds", .unsigned(rounds)), ("finished", finished.map { .bool($0) } ?? .null),
            ("loss", .number(loss)), ("accuracy", .number(accuracy)),
            ("disagreement", .number(disagreement)),
            ("record_age_seconds", .number(record_age_seconds)),
            ("admitted_in", .unsigned(admitted_in)),
        ])
    }
}

extension RosterActionStatus {
    var json: JSON {
        .object([
            ("hash", .string(hash)), ("generation", .unsigned(generation)),
            ("kind", .string(kind)), ("id", .string(id)), ("name", .string(name)),
            ("addresses", .strings(addresses)), ("ballot", .integer(Int64(ballot))),
            ("endorsers", .strings(endorsers)), ("needed", .integer(Int64(needed))),
            ("effective", .bool(effective)),
        ])
    }
}

extension ActionsStatus {
    var json: JSON {
        .object([
            ("schema", .string(schema)), ("generation", .unsigned(generation)),
            ("hash", .string(hash)), ("open", .array(open.map(\.json))),
            ("decided", .array(decided.map(\.json))), ("evidence", .strings(evidence)),
        ])
    }
}

extension RosterReply {
    var json: JSON {
        .object([
            ("schema", .string(schema)), ("action", action.json),
            ("generation", .unsigned(generation)),
        ])
    }
}

extension InvitationStatus {
    var json: JSON {
        .object([
            ("schema", .string(schema)), ("federation", .string(federation)),
            ("file", .string(file)), ("generation", .unsigned(generation)),
            ("hash", .string(hash)), ("addresses", .strings(addresses)),
            ("invitation", .string(invitation)),
        ])
    }
}

extension LeaveReply {
    var json: JSON {
        .object([("schema", .string(schema)), ("links", .integer(Int64(links)))])
    }
}

extension JSON {
    fileprivate static func strings(_ values: [String]) -> JSON {
        .array(values.map { .string($0) })
    }
}
