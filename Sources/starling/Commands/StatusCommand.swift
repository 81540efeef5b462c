// Room:  starling (floor 6).
// Task:  `status`: one running node, for people or as JSON.
// May:   ArgumentParser, Daemon.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a running node is doing.",
        discussion: """
              starling status --config starling.toml
              starling status --state state --json
            """)

    @OptionGroup var query: NodeQuery

    func run() throws {
        try query.show("/v1/status") { (status: NodeStatus) in
            Self.sheet(status).lines(for: .standardOutput)
        }
    }

    private static func sheet(_ status: NodeStatus) -> FactSheet {
        var sheet = FactSheet()
        sheet.add("node", "\(status.node.name) (\(status.node.short))", .bold)
        sheet.add(
            "federation",
            "\(status.federation.name) (\(status.federation.short)), \(status.members) members, "
                + (status.links == 1 ? "1 link" : "\(status.links) links"))
        sheet.add(
            "phase",
            "\(status.phase), round \(status.round) of \(status.rounds)"
                + (status.round > status.rounds ? ", overtime while others train" : ""),
            style(phase: status.phase))
        if let joining = status.joining {
            let share = Double(joining.done) / Double(max(joining.all, 1))
            sheet.add(
                "joining",
                "\(Figures.percent(share)) of the parameters are here"
                    + (joining.from.map { ", from \($0)" } ?? ", nobody has any yet"))
        }
        if let accuracy = status.held_out.accuracy {
            let loss = status.held_out.loss.map { ", loss \(Figures.small($0))" } ?? ""
            sheet.add(
                "held out",
                "accuracy \(Figures.percent(accuracy))\(loss)"
                    + (status.trainer == nil
                        ? " (\(Figures.grouped(status.held_out.rows)) rows)" : ""))
        } else if status.trainer == nil {
            sheet.add(
                "held out", "not measured yet (\(Figures.grouped(status.held_out.rows)) rows)")
        }
        let samples = Figures.grouped(status.samples)
        let loss = status.loss.map { "loss \(Figures.small($0)), " } ?? ""
        sheet.add(
            "training",
            "\(loss)\(samples) samples, \(Figures.grouped(status.parameters)) parameters")
        if let trainer = status.trainer { add(trainer, to: &sheet) }
        sheet.add("disagreement", status.disagreement.map(Figures.small) ?? "not known yet")
        sheet.add(
            "bytes",
            "\(Figures.bytes(status.bytes.sent)) sent, \(Figures.bytes(status.bytes.received)) "
                + "received")
        sheet.add(
            "deltas",
            "\(Figures.grouped(status.deltas.sent)) sent, "
                + Figures.bytes(status.deltas.payload_bytes))
        if let error = status.checkpoint.error {
            sheet.add("checkpoint", error, .red)
        } else if let generation = status.checkpoint.generation {
            let round = status.checkpoint.round.map { ", round \($0)" } ?? ""
            sheet.add("checkpoint", "generation \(generation)\(round)")
        } else {
            sheet.add("checkpoint", "none yet")
        }
        let addresses = status.address.joined(separator: ", ")
        sheet.add("listens on", addresses.isEmpty ? "nothing: dials out only" : addresses)
        if status.refused > 0 {
            sheet.add("refused", "\(Figures.grouped(status.refused)) connections")
        }
        sheet.add(
            "software",
            "\(status.software), process \(status.pid), up "
                + Figures.span(seconds: status.uptime_seconds))
        for warning in status.warnings { sheet.add("warning", warning, .yellow) }
        return sheet
    }

    private static func add(_ trainer: NodeStatus.Trainer, to sheet: inout FactSheet) {
        guard trainer.present else { return sheet.add("trainer", "none has joined", .yellow) }
        let process = trainer.pid.map { " (process \($0))" } ?? ""
        let since = trainer.since_seconds.map { ", for " + Figures.span(seconds: $0) } ?? ""
        sheet.add("trainer", (trainer.name ?? "") + process + since)
        for name in trainer.metrics.keys.sorted() {
            sheet.add("", "\(name) \(Figures.small(trainer.metrics[name] ?? 0))")
        }
    }

    private static func style(phase: String) -> Terminal.Style? {
        switch phase {
        case "finished": .green
        case "failed": .red
        default: nil
        }
    }
}

struct PeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
        abstract: "Show the other members as a running node sees them.",
        discussion: """
              starling peers --config starling.toml
              starling peers --state state --json
            """)

    @OptionGroup var query: NodeQuery

    func run() throws {
        try query.show("/v1/peers") { (status: PeersStatus) in
            Self.table(status.peers).lines(for: .standardOutput)
        }
    }

    private static func table(_ peers: [PeersStatus.Peer]) -> TextTable {
        var table = TextTable([
            .init(title: "name", isFlexible: true), .init(title: "id"), .init(title: "state"),
            .init(title: "link"), .init(title: "round", alignment: .right),
            .init(title: "accuracy", alignment: .right),
            .init(title: "apart", alignment: .right), .init(title: "sent", alignment: .right),
            .init(title: "rtt", alignment: .right),
        ])
        for peer in peers {
            let trip = peer.round_trip_ms.map { Figures.fixed($0, $0 < 10 ? 1 : 0) + " ms" }
            table.add([
                .init(peer.name), .init(peer.short),
                .init(peer.state, style(state: peer.state)),
                .init(peer.linked ? peer.direction ?? "yes" : "-"),
                .init(peer.round.map(String.init) ?? "-"),
                .init(peer.accuracy.map(Figures.percent) ?? "-"),
                .init(peer.disagreement.map(Figures.small) ?? "-"),
                .init(Figures.bytes(peer.bytes.sent)), .init(trip ?? "-"),
            ])
        }
        return table
    }

    static func style(state: String) -> Terminal.Style? {
        switch state {
        case "alive": .green
        case "suspect": .yellow
        case "down": .red
        default: .dim
        }
    }
}
