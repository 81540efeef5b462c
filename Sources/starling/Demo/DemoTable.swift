// Room:  starling (floor 6).
// Task:  the demo in words: the live table, the progress line, the tables of the result.
// May:   nothing but the plan, the record and the result.
// Proof: Tests/EndToEndTests

/// Lines of at most 80 columns.
struct DemoTable {
    let plan: DemoPlan
    let terminal: Terminal

    // MARK: While it runs

    /// - height: the most lines; the nodes that do not fit are counted.
    func live(_ record: DemoRecord, seconds: Double, note: String, height: Int) -> [String] {
        let room = max(2, height - 6)
        let shown = record.nodes.count <= room ? record.nodes.count : room - 1
        var table = TextTable([
            .init(title: "node"), .init(title: "phase", minimum: 9),
            .init(title: "    round", alignment: .right), .init(title: "links", alignment: .right),
            .init(title: "accuracy", alignment: .right),
            .init(title: "disagreement", alignment: .right),
            .init(title: "    sent", alignment: .right),
        ])
        for index in 0..<shown { table.add(row(index, record.nodes[index])) }
        var lines = ["\(title) · \(Figures.fixed(seconds, 0)) s", ""]
        lines += table.lines(for: terminal)
        if shown < record.nodes.count { lines.append("and \(record.nodes.count - shown) more") }
        let mean = "mean accuracy \(percent(record.meanAccuracy))"
        lines += ["", note.isEmpty ? mean : "\(mean) · \(note)"]
        return lines
    }

    /// Where there is no terminal: one line now and then.
    func progress(_ record: DemoRecord, seconds: Double) -> String {
        let rounds = record.nodes.map { $0.status?.round ?? 0 }
        let finished = record.nodes.filter(\.isFinished).count
        return "\(Figures.fixed(seconds, 0)) s: rounds \(rounds.min() ?? 0) to "
            + "\(rounds.max() ?? 0) of \(plan.training.rounds), \(finished) of \(rounds.count) "
            + "nodes finished, mean accuracy \(percent(record.meanAccuracy))"
    }

    private func row(_ index: Int, _ node: DemoRecord.Node) -> [TextTable.Cell] {
        let status = node.status
        let phase = node.plight ?? (node.isAway ? "killed" : status?.phase ?? "starting")
        return [
            .init(plan.sites[index].name), .init(phase, style(phase)),
            .init(status.map { rounds($0.round, of: $0.rounds) } ?? "-"),
            .init(node.isAway || node.plight != nil ? "-" : status.map { "\($0.links)" } ?? "-"),
            .init(percent(node.accuracy)),
            .init(status?.disagreement.map { Figures.fixed($0 * 100, 2) + " %" } ?? "-"),
            .init(Figures.bytes(node.sent.bytes)),
        ]
    }

    /// `200+12`: a node that has done its rounds goes on while its peers are still in theirs.
    private func rounds(_ done: UInt64, of all: UInt64) -> String {
        done <= all ? "\(done)/\(all)" : "\(all)+\(done - all)"
    }

    private func style(_ phase: String) -> Terminal.Style? {
        switch phase {
        case "finished": .green
        case "killed", "failed", "lost": .red
        case "starting", "waiting", "stopped", "cut off", "not yet": .yellow
        default: nil
        }
    }

    // MARK: At the end

    func result(_ result: DemoResult, keptIn folder: String?) -> [String] {
        var lines = [title, setting(result), ""]
        lines += accuracies(result.accuracy).lines(for: terminal) + [""]
        lines += costs(result).lines(for: terminal) + [""]
        if let storm = result.storm {
            lines += weather(storm).lines(for: terminal) + [""] + verdict(storm)
        } else if !result.killed.isEmpty {
            lines.append("Killed (SIGKILL) and started again: \(list(result.killed)).")
        }
        if let folder { lines.append("Keys, data, configuration and logs: \(folder)") }
        lines.append("Read on: README.md; how it works: Sources/Gossip/README.md")
        return lines
    }

    private func setting(_ result: DemoResult) -> String {
        "\(Figures.grouped(result.parameters)) parameters · \(result.rounds) rounds of "
            + "\(plan.training.steps) steps · seed \(result.seed)"
    }

    private func accuracies(_ accuracy: DemoResult.Accuracy) -> TextTable {
        var table = TextTable([
            .init(title: "accuracy on unseen rows"), .init(title: "    mean", alignment: .right),
            .init(title: "   worst", alignment: .right), .init(title: ""),
        ])
        func add(_ name: String, _ values: DemoResult.MeanAndWorst, _ remark: String) {
            table.add([
                .init(name), .init(percent(values.mean)), .init(percent(values.worst)),
                .init(remark),
            ])
        }
        add("alone", accuracy.alone, "each node on its own rows")
        add("federated", accuracy.federated, "by gossip, nobody in the middle")
        table.add([
            "pooled", .init(percent(accuracy.pooled)), "", "all rows in one place, for comparison",
        ])
        return table
    }

    private func costs(_ result: DemoResult) -> TextTable {
        var table = TextTable([
            .init(title: "what it took, a node", minimum: 25),
            .init(title: "", alignment: .right, minimum: 8),
            .init(title: ""),
        ])
        let (bytes, toTarget) = (result.bytes, result.toTarget)
        let target = "to \(Figures.fixed(toTarget.accuracy * 100, 0)) % mean accuracy"
        table.add([
            "bytes sent", .init(size(bytes.sentPerNode)),
            "TLS included; \(size(bytes.payloadPerNode)) of it deltas",
        ])
        table.add([
            "the same in dense gossip", .init(size(bytes.densePerNode)),
            "\(Figures.fixed(bytes.ratio, 1)) times as much",
        ])
        table.add([
            .init(target), .init(toTarget.sentPerNode.map(size) ?? "-"),
            .init(toTarget.seconds.map { "after \(Figures.fixed($0, 1)) s" } ?? "not reached"),
        ])
        table.add(["time", .init(Figures.fixed(result.seconds, 1) + " s"), "until all finished"])
        table.add([
            "disagreement", .init(Figures.fixed(result.disagreement * 100, 2) + " %"),
            "of the way from the start",
        ])
        return table
    }

    private var title: String {
        let data = plan.options.data.rawValue
        return terminal.painted(
            "\(data) · \(plan.sites.count) nodes · \(plan.spread.words)", .bold)
    }

    private func percent(_ share: Double?) -> String { share.map(Figures.percent) ?? "-" }

    private func size(_ bytes: Double) -> String {
        Figures.bytes(UInt64(max(bytes, 0).rounded()))
    }

    private func list(_ names: [String]) -> String {
        let shown = names.prefix(4).joined(separator: ", ")
        return names.count > 4 ? "\(shown) and \(names.count - 4) more" : shown
    }
}
