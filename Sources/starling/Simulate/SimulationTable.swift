// Room:  starling (floor 6).
// Task:  a simulation's result in words: one column a method, one line a figure.
// May:   Simulation.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Simulation

/// Lines of at most 80 columns. Over several seeds every figure is mean ± standard error.
struct SimulationTable {
    let plan: SimulationPlan
    let parameters: Int
    let seeds: SeedRange
    let methods: [Method]

    func lines(
        _ answers: [SimulationAnswer], wallSeconds: Double, for terminal: Terminal
    ) -> [String] {
        var lines = heading + [""]
        lines[0] = terminal.painted(lines[0], .bold)
        lines += figures(answers).lines(for: terminal)
        lines += pooled(answers) + [""]
        let reports = answers.compactMap(\.report)
        lines += Laws.lines(
            checked: reports.reduce(0) { $0 + $1.checked },
            events: reports.reduce(0) { $0 + $1.events },
            violations: reports.count { $0.violation != nil },
            digest: Digests.text(reports.map(\.digest)), wallSeconds: wallSeconds)
        return lines
    }

    // MARK: Heading

    /// What was run, in full.
    var heading: [String] {
        let options = plan.options
        let title = "\(plan.name) · \(options.nodes) nodes · \(plan.spread.words)"
        var second = [
            "view \(plan.view)",
            "\(Figures.plain(plan.fraction * 100)) % in \(options.values.rawValue)",
            "\(plan.exchanges) exchanges a round",
        ]
        if options.weighsSamples { second.append("weighed by rows") }
        if options.weights > 1 { second.append("weights 1:\(Figures.plain(options.weights))") }
        if !options.corrects { second.append("no correction") }
        var third = [
            "delay \(Figures.plain(options.delay * 1000)) ms",
            "a round \(Figures.plain(options.roundTime)) s",
        ]
        if options.slowness > 1 {
            third.append("speeds 1:\(Figures.plain(options.slowness))")
        }
        let named = options.faults == "none" ? [] : [options.faults]
        let faults = named + options.fault.map { "\($0.key) \(Figures.plain($0.value))" }
        third.append(
            faults.isEmpty ? "no faults" : "faults: \(faults.joined(separator: ", "))")
        return [
            Terminal.harmless(title),
            "\(Figures.grouped(parameters)) parameters · \(plan.rounds) rounds of \(plan.steps) "
                + "steps · \(seeds.words)",
            second.joined(separator: " · "),
            third.joined(separator: " · "),
        ]
    }

    // MARK: Figures

    /// Rows in one place send nothing and disagree with nobody: a line, and no column.
    private func pooled(_ answers: [SimulationAnswer]) -> [String] {
        let results = answers.map(\.result).filter { $0.method == .pooled }
        guard let mean = Mean(results.map(\.mean)) else { return [] }
        let accuracy = mean.text(times: 100, decimals: 1, unit: "%")
        return ["", "all rows in one place, as many steps as a node: \(accuracy)"]
    }

    private func figures(_ answers: [SimulationAnswer]) -> TextTable {
        let methods = methods.filter { $0 != .pooled }
        let isCompared = methods.count > 1
        var table = TextTable(
            [.init(title: "")]
                + methods.map { .init(title: $0.rawValue, alignment: .right) })
        let results = methods.map { method in
            answers.filter { $0.result.method == method }.map(\.result)
        }
        func add(_ name: String, _ text: ([MethodResult]) -> String) {
            table.add([.init(name)] + results.map { .init(text($0)) })
        }
        func mean(
            _ results: [MethodResult], _ figure: (MethodResult) -> Double, _ text: (Mean) -> String
        ) -> String {
            Mean(results.map(figure)).map(text) ?? "-"
        }
        add("accuracy, mean") { mean($0, \.mean) { $0.text(times: 100, decimals: 1, unit: "%") } }
        add("accuracy, worst") { mean($0, \.worst) { $0.text(times: 100, decimals: 1, unit: "%") } }
        add("disagreement") {
            mean($0, \.consensusError) { $0.short(times: 100, unit: "%") }
        }
        let distances = answers.compactMap(\.optimumDistance)
        if plan.options.optimum, let mean = Mean(distances) {
            let text = mean.text(times: 100, decimals: 4, unit: "%")
            table.add(
                [.init("off the optimum")]
                    + methods.map {
                        .init($0 == .starling ? text : "-")
                    })
        }
        add("rounds") { results in
            mean(results, { Double($0.rounds) }) { $0.text(decimals: ($0.error ?? 0) > 0 ? 1 : 0) }
        }
        add("virtual time") { mean($0, \.virtualSeconds) { $0.short(unit: "s") } }
        add("bytes a node") { mean($0, \.bytesPerNode) { $0.bytes } }
        guard let target = plan.target else { return table }
        let name = Self.percent(target)
        add("bytes to \(name)") { reached($0, \.bytesToTarget) { $0.bytes } }
        if isCompared, let place = methods.firstIndex(of: .starling) {
            let own = results[place]
            add("  times Starling's") { times($0, of: own) }
        }
        add("time to \(name)") { reached($0, \.secondsToTarget) { $0.short(unit: "s") } }
        if seeds.count > 1, results.contains(where: { $0.contains { $0.bytesToTarget == nil } }) {
            add("reached it") { results in
                "\(results.count { $0.bytesToTarget != nil }) of \(results.count)"
            }
        }
        return table
    }

    /// `95 %`, `97.5 %`.
    static func percent(_ share: Double) -> String {
        Figures.plain(share * 100) + " %"
    }

    /// Over the seeds that came to the target.
    private func reached(
        _ results: [MethodResult], _ figure: (MethodResult) -> Double?, _ text: (Mean) -> String
    ) -> String {
        Mean(results.compactMap(figure)).map(text) ?? "never"
    }

    /// Seed by seed, where both came to the target.
    private func times(_ results: [MethodResult], of own: [MethodResult]) -> String {
        let ratios = zip(results, own).compactMap { other, own -> Double? in
            guard let bytes = other.bytesToTarget, let least = own.bytesToTarget, least > 0 else {
                return nil
            }
            return bytes / least
        }
        // Who sends nothing is no multiple of anybody.
        if !ratios.isEmpty, ratios.allSatisfy({ $0 == 0 }) { return "-" }
        return Mean(ratios).map { mean in
            mean.text(decimals: mean.value < 9.95 ? 1 : 0, unit: "×")
        } ?? "never"
    }
}

extension SeedRange {
    /// `seed 5`, `seeds 1 to 20`.
    var words: String {
        count == 1 ? "seed \(first)" : "seeds \(first) to \(last)"
    }
}

/// The closing lines of every simulation.
enum Laws {
    static func lines(
        checked: UInt64, events: UInt64, violations: Int, digest: String, wallSeconds: Double
    ) -> [String] {
        let outcome = violations == 0 ? "none broken" : "\(violations) broken"
        return [
            "laws: \(Figures.grouped(checked)) looked at in \(Figures.grouped(events)) events, "
                + outcome,
            "digest \(digest) · \(Figures.fixed(wallSeconds, 1)) s",
        ]
    }
}
