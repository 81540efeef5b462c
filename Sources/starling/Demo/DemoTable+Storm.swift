// Room:  starling (floor 6).
// Task:  a storm in words: faults by kind, what came back, what did not.
// May:   nothing but the result.
// Proof: Tests/EndToEndTests/StormTests.swift

extension DemoTable {
    /// Faults by kind.
    func weather(_ storm: StormOutcome) -> TextTable {
        var table = TextTable([
            .init(title: "a storm of \(Figures.span(seconds: storm.minutes * 60))"),
            .init(title: "faults", alignment: .right),
            .init(title: "recovered", alignment: .right),
            .init(title: "slowest", alignment: .right),
        ])
        for kind in StormPlan.Kind.allCases {
            guard let detail = storm.detail[kind.rawValue] else { continue }
            let isWhole = detail.recovered == detail.injected
            table.add([
                .init(kind.words), .init("\(detail.injected)"),
                .init("\(detail.recovered)", isWhole ? nil : .red),
                .init(detail.slowest.map { Figures.fixed($0, 1) + " s" } ?? "-"),
            ])
        }
        return table
    }

    func verdict(_ storm: StormOutcome) -> [String] {
        var lines: [String] = []
        if let seconds = storm.expelled {
            lines.append(
                "Expelled: without a link anywhere \(Figures.fixed(seconds, 1)) s after the last "
                    + "word.")
        }
        if let rounds = storm.leastRoundsCut {
            lines.append(
                "While halves were cut from each other, each node did \(Figures.grouped(rounds)) "
                    + "rounds or more.")
        }
        lines.append(
            storm.lost == 0
                ? terminal.painted("Nothing lost.", .green)
                : terminal.painted("Lost: \(storm.lostNodes.joined(separator: ", ")).", .red))
        return lines
    }
}

extension StormPlan.Kind {
    fileprivate var words: String {
        switch self {
        case .kill: "killed"
        case .killOlder: "killed, back from an older checkpoint"
        case .killBare: "killed, back with nothing but the key"
        case .stop: "stopped for a while"
        case .halves: "cut into halves"
        case .alone: "cut off alone"
        case .admission: "admitted by quorum"
        case .expulsion: "expelled by quorum"
        }
    }
}
