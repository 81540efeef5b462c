// Room:  starling (floor 6).
// Task:  `admit`, `expel`, `endorse`: a member's word on who may take part.
// May:   ArgumentParser, Daemon, Identity.
// Proof: Tests/EndToEndTests/RosterTests.swift

import ArgumentParser
import Daemon
import Identity

struct AdmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admit",
        abstract: "Propose that a node becomes a member, and endorse that.",
        discussion: """
            The node's operator gives you its ID (starling id). It is a member as
            soon as more than the federation's quorum have endorsed it; the others
            see it with `starling actions`, and endorse it with `starling endorse`.

              starling admit ID --name dave --address dave.example:7447
            """)

    @Argument(help: "The newcomer's node ID, as `starling id` prints it.")
    var id: String

    @Option(help: "Its name, for people.")
    var name: String

    @Option(help: "host:port at which it can be dialled; may be given again. None: it dials out.")
    var address: [String] = []

    @OptionGroup var query: NodeQuery

    func run() throws {
        let id = try NodeID(text: id)
        try query.act(
            "/v1/roster/admit",
            [("id", "\(id)"), ("name", name)] + address.map { ("address", $0) }
        ) { RosterText.lines($0) }
    }
}

struct ExpelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expel",
        abstract: "Propose that a member is thrown out, and endorse that.",
        discussion: """
            As soon as more than the quorum have endorsed it, every node
            disconnects the member, and refuses it from then on.

              starling expel ID
            """)

    @Argument(help: "The member's node ID, or its name.")
    var member: String

    @OptionGroup var query: NodeQuery

    func run() throws {
        try query.act("/v1/roster/expel", [("member", member)]) {
            RosterText.lines($0)
        }
    }
}

struct EndorseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endorse",
        abstract: "Endorse an admission or an expulsion that another member has proposed.",
        discussion: """
            `starling actions` shows what is open. A member endorses one action a
            generation. Where the votes are split and none finds a quorum, agree by
            telephone on one, and endorse that with --ballot 1.

              starling endorse 3fa9c2
              starling endorse 3fa9c2 --ballot 1
            """)

    @Argument(help: "The first digits of the action's hash.")
    var action: String

    @Option(help: "A number higher than that of your earlier endorsement in this generation.")
    var ballot: Int?

    @OptionGroup var query: NodeQuery

    func run() throws {
        let ballot = ballot.map { [("ballot", "\($0)")] } ?? []
        try query.act("/v1/roster/endorse", [("action", action)] + ballot) {
            RosterText.lines($0)
        }
    }
}

/// What these commands say.
enum RosterText {
    static func lines(_ reply: RosterReply) -> [String] {
        let action = reply.action
        var lines = ["\(describe(action)): action \(action.hash.prefix(12))"]
        if action.effective {
            lines.append("decided: generation \(action.generation)")
        } else {
            let rest = action.needed - action.endorsers.count
            lines.append(
                "endorsed by \(action.endorsers.count) of \(action.needed) needed "
                    + "(\(action.endorsers.joined(separator: ", ")))")
            lines.append(
                "\(rest) more \(rest == 1 ? "member has" : "members have") to say: "
                    + "starling endorse \(action.hash.prefix(12))")
        }
        return lines
    }

    static func describe(_ action: RosterActionStatus) -> String {
        let who = action.name ?? String(action.id.prefix(8))
        return action.kind == "admit" ? "admit \(who)" : "expel \(who)"
    }
}
