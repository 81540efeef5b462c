// Room:  starling (floor 6).
// Task:  runs a plan by each method and seed, on all processors.
// May:   Simulation.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Simulation

/// One method's run of one seed.
struct SimulationAnswer: Sendable {
    let seed: UInt64
    let result: MethodResult
    /// Of Starling alone: the others are formulas, without events and laws.
    let report: RunReport?
    /// From the true optimum, where it was asked for; relative to its norm.
    var optimumDistance: Double?
}

struct SimulationRuns: Sendable {
    let plan: SimulationPlan
    let seeds: SeedRange
    let methods: [Method]
    /// Show the events from this one on; one seed only.
    let traceFrom: UInt64?

    /// - Returns: by seed, then by method, in their order.
    /// - Throws: what is wrong with the first seed whose task cannot be made.
    func run(_ screen: SimulationScreen) throws -> [SimulationAnswer] {
        let answers = Parallel.map(
            seeds.count * methods.count,
            until: { (answer: Result<SimulationAnswer, any Error>) in
                if case .failure = answer { true } else { false }
            },
            { number in
                let (seed, method) = (
                    seeds[number / methods.count], methods[number % methods.count]
                )
                return Result { try run(method, seed: seed, screen) }
            })
        screen.clear()
        return try answers.map { try $0.get() }
    }

    private func run(
        _ method: Method, seed: UInt64, _ screen: SimulationScreen
    ) throws -> SimulationAnswer {
        let task = try plan.task(seed: seed)
        let progress = { (point: CurvePoint) -> Bool in
            screen.show { words(method, seed, point) }
            return true
        }
        let settings = plan.comparison(task, seed: seed)
        let result: MethodResult
        switch method {
        case .starling:
            let report = StarlingRun.run(
                task, plan.starling(task, seed: seed), traceFrom: traceFrom, progress: progress,
                trace: StandardError.say)
            return SimulationAnswer(
                seed: seed, result: report.result, report: report,
                optimumDistance: plan.optimumDistance(task, report, seed: seed))
        case .fedAvg: result = FedAvg.run(task, settings, progress: progress)
        case .denseGossip: result = DenseGossip.run(task, settings, progress: progress)
        case .alone: result = Alone.run(task, settings, progress: progress)
        case .pooled: result = Pooled.run(task, settings, progress: progress)
        }
        return SimulationAnswer(seed: seed, result: result, report: nil)
    }

    private func words(_ method: Method, _ seed: UInt64, _ point: CurvePoint) -> String {
        "seed \(seed) · \(method.rawValue) · round \(Figures.fixed(point.round, 0)) of "
            + "\(plan.rounds) · accuracy \(Figures.percent(point.mean)) · "
            + "\(Figures.bytes(rounding: point.bytes)) a node"
    }
}
