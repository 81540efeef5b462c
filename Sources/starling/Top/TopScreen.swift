// Room:  starling (floor 6).
// Task:  the screen of `top`: from what is known, a size and a way of sorting to lines.
// May:   Daemon (the answers as values).
// Proof: Tests/StarlingTests/TopScreenTests.swift

import Daemon

struct TopScreen {
    var columns: Int
    var rows: Int
    var terminal: Terminal
    /// Nothing beyond ASCII.
    var isPlain = false
    var order = TopOrder.name
    /// Members that have been scrolled away.
    var offset = 0

    /// Lines between the top and the first member, and below the last.
    private static let frame = 6

    /// How many members have room.
    var room: Int { max(1, rows - Self.frame) }

    /// At most as many lines as there are rows, none wider than the screen.
    func lines(_ facts: TopFacts) -> [String] {
        guard let status = facts.status else { return [] }
        var lines = head(status, facts)
        lines.append("")
        let members = order.sorted(facts.members)
        let first = min(offset, max(0, members.count - room))
        let shown = members.dropFirst(first).prefix(room)
        lines += table(Array(shown), facts).lines(width: columns, for: terminal)
        if rows > lines.count + 1 {
            lines += Array(repeating: "", count: rows - lines.count - 1)
        }
        lines.append(foot(facts, first..<(first + shown.count), of: members.count))
        return Array(lines.suffix(rows))
    }

    private func head(_ status: NodeStatus, _ facts: TopFacts) -> [String] {
        let links = status.links == 1 ? "1 link" : "\(status.links) links"
        let first =
            "\(status.federation.name) (\(status.federation.short))  "
            + "\(status.members) members, \(links), up "
            + Figures.span(seconds: status.uptime_seconds)
        var second =
            "\(status.node.name)  \(status.phase), round \(Figures.grouped(status.round)) of "
            + Figures.grouped(status.rounds)
        if let accuracy = status.held_out.accuracy {
            second += ", accuracy \(Figures.percent(accuracy))"
        }
        if let loss = status.held_out.loss ?? status.loss {
            second += ", loss \(Figures.small(loss))"
        }
        let apart = status.disagreement.map(Figures.small) ?? "-"
        let own = facts.members.first { $0.state == "self" }.flatMap { facts.history[$0.id] } ?? []
        let line = Sparkline.text(own, width: min(24, max(8, columns - 60)), isPlain: isPlain)
        var third = "apart \(apart) \(line)"
        if let rates = facts.rates {
            third +=
                "  out \(Figures.bytes(UInt64(rates.sent)))/s, "
                + "in \(Figures.bytes(UInt64(rates.received)))/s"
        }
        return [
            terminal.painted(cut(first), .bold), cut(second), cut(third),
        ]
    }

    private func table(_ members: [MembersStatus.Member], _ facts: TopFacts) -> TextTable {
        // What a narrow screen has no room for goes first.
        let isWide = columns >= 72
        let trend = columns >= 100 ? 24 : 10
        var all: [TextTable.Column] = [
            .init(title: "member", isFlexible: true), .init(title: "state"),
            .init(title: "round", alignment: .right),
            .init(title: "accuracy", alignment: .right),
        ]
        if isWide {
            all += [
                .init(title: "apart", alignment: .right), .init(title: "trend"),
                .init(title: "link"), .init(title: "out", alignment: .right),
                .init(title: "in", alignment: .right),
            ]
        }
        var table = TextTable(all)
        for member in members {
            var cells: [TextTable.Cell] = [
                .init(member.name, member.state == "self" ? .bold : nil),
                .init(member.state, Self.style(member.state)),
                .init(
                    (member.round.map(Figures.grouped) ?? "-")
                        + (member.finished == true ? (isPlain ? " done" : " ✓") : "")),
                .init(member.accuracy.map(Figures.percent) ?? "-"),
            ]
            if isWide {
                let link = facts.links[member.id]
                cells += [
                    .init(member.disagreement.map(Figures.small) ?? "-"),
                    .init(
                        Sparkline.text(
                            facts.history[member.id] ?? [], width: trend, isPlain: isPlain)),
                    .init(link.map { $0.direction == "dialled" ? "out" : "in" } ?? "-"),
                    .init(link.map { Figures.bytes($0.bytes.sent) } ?? "-"),
                    .init(link.map { Figures.bytes($0.bytes.received) } ?? "-"),
                ]
            }
            table.add(cells)
        }
        return table
    }

    private func foot(_ facts: TopFacts, _ shown: Range<Int>, of count: Int) -> String {
        if let silence = facts.silence {
            let text = "no answer for \(Figures.span(seconds: silence.seconds)): \(silence.reason)"
            return terminal.painted(cut(text), .red)
        }
        let place =
            shown.count < count
            ? "\(shown.lowerBound + 1) to \(shown.upperBound) of \(count), " : ""
        return terminal.painted(
            cut("\(place)by \(order.rawValue)  s sort  j k scroll  q quit"), .dim)
    }

    private func cut(_ text: String) -> String {
        let text = Terminal.harmless(text)
        guard text.count > columns else { return text }
        return isPlain ? String(text.prefix(columns)) : TextTable.cut(text, to: columns)
    }

    private static func style(_ state: String) -> Terminal.Style? {
        switch state {
        case "self", "alive": .green
        case "suspect": .yellow
        case "down": .red
        default: .dim
        }
    }
}
