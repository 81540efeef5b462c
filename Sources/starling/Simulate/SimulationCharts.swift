// Room:  starling (floor 6).
// Task:  the runs of a simulation as a chart: accuracy and disagreement against bytes and time.
// May:   Simulation.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Simulation

enum LearningChart {
    static func svg(
        _ plan: SimulationPlan, seeds: SeedRange, _ answers: [SimulationAnswer]
    ) -> String {
        let title =
            "\(plan.name) · \(plan.options.nodes) nodes · \(plan.spread.words) · \(seeds.words)"
            + (plan.options.faults == "none" ? "" : " · faults: \(plan.options.faults)")
        return chart(title: title, target: plan.target, answers.map(\.result)).svg
    }

    /// Four panels: accuracy above, disagreement below, bytes left, virtual time right.
    static func chart(title: String, target: Double?, _ results: [MethodResult]) -> Chart {
        let methods = Method.allCases.filter { method in
            results.contains { $0.method == method }
        }
        let isThin = results.count > methods.count
        let points = results.flatMap(\.curve)
        let bytes = ChartAxes.bytes(points.map(\.bytes))
        let seconds = ChartAxes.seconds(points.map(\.seconds))
        let accuracy = ChartAxes.percent(points.map(\.mean) + (target.map { [$0] } ?? []))
        let apart = ChartAxes.disagreement(points.map(\.consensusError))
        // Where no line is: bytes are low on the left, and late on the right all have arrived.
        func level(_ place: Chart.Level.Place) -> Chart.Level? {
            target.map {
                Chart.Level(y: $0, words: "target \(SimulationTable.percent($0))", place: place)
            }
        }
        func lines(
            _ x: @escaping (CurvePoint) -> Double, _ y: @escaping (CurvePoint) -> Double,
            to target: Double?, across: ChartScale?
        ) -> [Chart.Line] {
            methods.flatMap { method in
                results.filter { $0.method == method }.map { result in
                    line(result, x, y, to: target, across: across, isThin: isThin)
                }
            }
        }
        func panel(_ isAccuracy: Bool, _ isBytes: Bool) -> Chart.Panel {
            let y: (CurvePoint) -> Double = isAccuracy ? { $0.mean } : { $0.consensusError }
            return Chart.Panel(
                title: isAccuracy ? "accuracy, mean of the nodes" : "disagreement",
                xTitle: isBytes ? "payload bytes sent, a node" : "virtual seconds",
                x: isBytes ? bytes : seconds, y: isAccuracy ? accuracy : apart,
                lines: lines(
                    isBytes ? { $0.bytes } : { $0.seconds }, y, to: isAccuracy ? target : nil,
                    across: isBytes ? bytes : nil),
                level: isAccuracy ? level(isBytes ? .belowLeft : .belowRight) : nil,
                note: isAccuracy ? "" : note(methods, results))
        }
        return Chart(
            title: title,
            legend: methods.map { .init(style: style($0), name: name($0)) },
            panels: [
                panel(true, true), panel(true, false), panel(false, true), panel(false, false),
            ]
        )
    }

    private static func style(_ method: Method) -> Chart.Style {
        switch method {
        case .starling: .solid
        case .fedAvg: .dashed
        case .denseGossip: .dotted
        case .alone: .dashDotted
        case .pooled: .fine
        }
    }

    private static func name(_ method: Method) -> String {
        method == .alone ? "alone (sends nothing)" : method.rawValue
    }

    /// - target: a ring where the line first comes to it.
    /// - across: the scale of an axis of bytes: who sends none is drawn across all of it, at the
    ///   end's height.
    private static func line(
        _ result: MethodResult, _ x: (CurvePoint) -> Double, _ y: (CurvePoint) -> Double,
        to target: Double?, across: ChartScale?, isThin: Bool
    ) -> Chart.Line {
        var points = result.curve.map { (x: x($0), y: y($0)) }
        if let across, let last = points.last, points.allSatisfy({ $0.x <= 0 }) {
            points = [(across.low, last.y), (across.high, last.y)]
            return Chart.Line(style: style(result.method), isThin: isThin, points: points)
        }
        let first = target.flatMap { target in points.first { $0.y >= target } }
        return Chart.Line(
            style: style(result.method), isThin: isThin, points: points, mark: first)
    }

    /// A logarithm has no place for no disagreement at all. Rows in one place have nobody to
    /// disagree: nothing is said of them.
    private static func note(_ methods: [Method], _ results: [MethodResult]) -> String {
        let silent = methods.filter { method in
            let curves = results.filter { $0.method == method }.flatMap(\.curve)
            return method != .pooled && curves.allSatisfy { !($0.consensusError > 0) }
        }
        return silent.isEmpty ? "" : silent.map(\.rawValue).joined(separator: ", ") + ": none"
    }
}

enum AveragingChart {
    /// Two panels: disagreement against bytes and against virtual time.
    static func svg(title: String, target: Double, _ report: AveragingReport) -> String {
        let level = Chart.Level(
            y: target, words: "target \(ChartAxes.share(target))", place: .aboveLeft)
        let apart = ChartAxes.disagreement(report.curve.map(\.consensusError) + [target])
        func panel(
            _ xTitle: String, _ x: ChartScale, _ points: [(x: Double, y: Double)]
        )
            -> Chart.Panel
        {
            Chart.Panel(
                title: "disagreement, of that at the start", xTitle: xTitle, x: x, y: apart,
                lines: [
                    Chart.Line(
                        style: .solid, isThin: false, points: points,
                        mark: points.first { $0.y <= target })
                ], level: level)
        }
        return Chart(
            title: title, legend: [.init(style: .solid, name: "starling")],
            panels: [
                panel(
                    "payload bytes sent, a node", ChartAxes.bytes(report.curve.map(\.bytes)),
                    report.curve.map { ($0.bytes, $0.consensusError) }),
                panel(
                    "virtual seconds", ChartAxes.seconds(report.curve.map(\.seconds)),
                    report.curve.map { ($0.seconds, $0.consensusError) }),
            ]
        ).svg
    }
}

/// Axes by what they measure.
private enum ChartAxes {
    static func bytes(_ values: [Double]) -> ChartScale {
        .logarithmic(values) { value in
            switch value {
            case ..<1e3: "\(Figures.plain(value)) B"
            case ..<1e6: "\(Figures.plain(value / 1e3)) kB"
            case ..<1e9: "\(Figures.plain(value / 1e6)) MB"
            default: "\(Figures.plain(value / 1e9)) GB"
            }
        }
    }

    static func seconds(_ values: [Double]) -> ChartScale {
        .linear(values + [0], label: { Figures.plain($0) })
    }

    static func percent(_ values: [Double]) -> ChartScale {
        .linear(values, most: 1) { Figures.plain($0 * 100) + " %" }
    }

    static func disagreement(_ values: [Double]) -> ChartScale {
        .logarithmic(values, label: share)
    }

    static func share(_ value: Double) -> String {
        value < 1e-5 ? Figures.scientific(value) : Figures.plain(value * 100) + " %"
    }
}
