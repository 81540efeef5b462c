// Room:  starling (floor 6).
// Task:  `members`, `actions`, `invite`, `leave`: the roster and the directory, for people.
// May:   ArgumentParser, Daemon.
// Proof: Tests/EndToEndTests/RosterTests.swift

import ArgumentParser
import Daemon

struct MembersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members",
        abstract: "Show who may take part, who is there, and how far they are.",
        discussion: """
            Members that this node has no link with are shown as their own signed
            records say.

              starling members --config starling.toml
            """)

    @OptionGroup var query: NodeQuery

    func run() throws {
        try query.show("/v1/members") { (status: MembersStatus) in
            Self.table(status.members).lines(for: .standardOutput)
                + [
                    "generation \(status.generation), \(status.members.count) members, "
                        + "\(status.needed) to decide"
                ]
        }
    }

    private static func table(_ members: [MembersStatus.Member]) -> TextTable {
        var table = TextTable([
            .init(title: "name", isFlexible: true), .init(title: "id"), .init(title: "state"),
            .init(title: "for", alignment: .right), .init(title: "link"),
            .init(title: "round", alignment: .right), .init(title: "accuracy", alignment: .right),
            .init(title: "address"),
        ])
        for member in members {
            table.add([
                .init(member.name), .init(member.short),
                .init(member.state, PeersCommand.style(state: member.state)),
                .init(member.since_seconds.map { Figures.span(seconds: $0) } ?? "-"),
                .init(member.linked ? "yes" : "-"),
                .init(member.round.map(String.init) ?? "-"),
                .init(member.accuracy.map(Figures.percent) ?? "-"),
                .init(member.addresses.first ?? "-"),
            ])
        }
        return table
    }
}

struct ActionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "actions",
        abstract: "Show admissions and expulsions: those that are open, those that were decided.",
        discussion: """
              starling actions --config starling.toml
            """)

    @OptionGroup var query: NodeQuery

    func run() throws {
        try query.show("/v1/actions") { (status: ActionsStatus) in Self.lines(status) }
    }

    private static func lines(_ status: ActionsStatus) -> [String] {
        var lines: [String] = []
        if status.open.isEmpty && status.decided.isEmpty {
            lines.append("nothing was proposed yet: the members are the founders")
        } else {
            var table = TextTable([
                .init(title: "action"), .init(title: "generation", alignment: .right),
                .init(title: "what", isFlexible: true), .init(title: "endorsed"),
                .init(title: "ballot", alignment: .right),
            ])
            for action in status.decided + status.open {
                table.add([
                    .init(String(action.hash.prefix(12))), .init("\(action.generation)"),
                    .init(RosterText.describe(action)),
                    .init(
                        action.effective
                            ? "decided" : "\(action.endorsers.count) of \(action.needed)",
                        action.effective ? .green : .yellow),
                    .init("\(action.ballot)"),
                ])
            }
            lines += table.lines(for: .standardOutput)
        }
        lines.append("generation \(status.generation), history \(status.hash.prefix(16))")
        return lines + status.evidence.map { "evidence: \($0)" }
    }
}

struct InviteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Print what a newcomer needs besides its own key.",
        discussion: """
            The invitation names the roster's generation and the hash of its
            history, so that the newcomer cannot be led onto a fork of it. None of
            it is secret.

              starling invite --config starling.toml
            """)

    @OptionGroup var query: NodeQuery

    func run() throws {
        try query.show("/v1/invitation") { (status: InvitationStatus) in
            [
                "# 1. Send this file too (federation \(status.federation.prefix(16))…): "
                    + status.file,
                "# 2. Into the newcomer's configuration:",
            ] + status.section
        }
    }
}

struct LeaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave",
        abstract: "Say good-bye to all peers, save, and stop the node.",
        discussion: """
            The peers close the books with this node at once, instead of waiting for
            it. It stays a member, and may come back at any time.

              starling leave --config starling.toml
            """)

    @OptionGroup var query: NodeQuery

    func run() throws {
        try query.act("/v1/leave") { (reply: LeaveReply) in
            ["said good-bye to \(reply.links) \(reply.links == 1 ? "peer" : "peers"); stopping"]
        }
    }
}
