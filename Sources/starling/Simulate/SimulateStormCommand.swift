// Room:  starling (floor 6).
// Task:  `simulate storm`: many small worlds, everything in them drawn by the seed.
// May:   ArgumentParser, Simulation.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import ArgumentParser
import Simulation

struct SimulateStormCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storm",
        abstract: "Many small worlds under every fault at once: does a law ever break?",
        discussion: """
            Each seed draws its own world: nodes, settings, faults. The first seed in which a law
            breaks is shown whole, and the exit status is 1.

              starling simulate storm --seeds 1..1000
              starling simulate storm --seed 777 --from 1200
            """)

    @Option(help: "One world.")
    var seed: UInt64?

    @Option(help: .init("Several worlds (default: 1..200).", valueName: "a..b"))
    var seeds: SeedRange?

    @Option(help: .init("Show every event from this one on, on stderr.", valueName: "event"))
    var from: UInt64?

    @Flag(help: "Print one JSON object, starling.storm/1.")
    var json = false

    func run() throws {
        let watch = Stopwatch()
        let seeds = try SimulationChecks.seeds(
            seed, self.seeds, from: from, most: 10_000_000, usually: SeedRange(1, 200))
        let screen = SimulationScreen(isQuiet: from != nil)
        let event = from
        let worlds = Parallel.map(
            seeds.count, until: { (world: StormWorld) in world.violation != nil },
            { number in
                let seed = seeds[number]
                screen.show { "seed \(seed), \(number) of \(seeds.count) worlds" }
                return StormWorld(
                    SmallStorm.run(seed: seed, traceFrom: event, trace: StandardError.say),
                    keepsConfiguration: seeds.count == 1)
            })
        screen.clear()
        let result = StormResult(worlds, seeds, wallSeconds: watch.seconds)
        if json {
            try JSONOutput.show(result)
        } else {
            for line in result.lines(of: seeds, worlds) { print(line) }
        }
        if let last = worlds.last, let violation = last.violation {
            throw SimulationError.lawBroken(
                seed: last.seed, violation, drawn: last.configuration,
                again: "starling simulate storm")
        }
    }
}

/// What is kept of a world.
struct StormWorld: Sendable {
    let seed: UInt64
    let digest: UInt64
    let events: UInt64
    let checked: UInt64
    let virtualSeconds: Double
    let violation: Violation?
    let configuration: [String]

    init(_ report: StormReport, keepsConfiguration: Bool) {
        seed = report.seed
        digest = report.digest
        events = report.events
        checked = report.checked
        virtualSeconds = report.virtualSeconds
        violation = report.violation
        configuration =
            keepsConfiguration || violation != nil ? report.configuration : []
    }
}

/// `starling simulate storm --json` prints this and nothing else.
struct StormResult: Encodable {
    struct Broken: Encodable {
        let seed: UInt64
        let law: String
        let event: UInt64
        let configuration: [String]
        let lines: [String]
    }

    let schema = "starling.storm/1"
    let digest: String
    let firstSeed: UInt64
    /// The last that was looked at.
    let lastSeed: UInt64
    let worlds: Int
    let events: UInt64
    let virtualSeconds: Double
    let invariants: Invariants
    let violation: OrNull<Broken>
    let wallSeconds: Double

    enum CodingKeys: String, CodingKey {
        case schema, digest
        case firstSeed = "first_seed"
        case lastSeed = "last_seed"
        case worlds, events
        case virtualSeconds = "virtual_seconds"
        case invariants, violation
        case wallSeconds = "wall_seconds"
    }

    init(_ worlds: [StormWorld], _ seeds: SeedRange, wallSeconds: Double) {
        digest = Digests.text(worlds.map(\.digest))
        firstSeed = seeds.first
        lastSeed = worlds.last?.seed ?? seeds.first
        self.worlds = worlds.count
        events = worlds.reduce(0) { $0 + $1.events }
        virtualSeconds = worlds.reduce(0) { $0 + $1.virtualSeconds }
        let broken = worlds.filter { $0.violation != nil }
        invariants = Invariants(
            checked: worlds.reduce(0) { $0 + $1.checked }, violations: broken.count)
        violation = OrNull(
            broken.first.flatMap { world in
                world.violation.map {
                    Broken(
                        seed: world.seed, law: $0.law, event: $0.event,
                        configuration: world.configuration, lines: $0.lines)
                }
            })
        self.wallSeconds = wallSeconds
    }

    func lines(of seeds: SeedRange, _ worlds: [StormWorld]) -> [String] {
        var lines = [
            Terminal.standardOutput.painted("storm · \(seeds.words)", .bold),
            "\(Figures.grouped(self.worlds)) \(self.worlds == 1 ? "world" : "worlds"), "
                + "\(SeedRange(firstSeed, lastSeed).words), "
                + "\(Figures.span(seconds: virtualSeconds)) of virtual time",
        ]
        // One world is shown with what it has drawn.
        if seeds.count == 1 { lines += worlds.flatMap(\.configuration).map(Terminal.harmless) }
        return lines
            + Laws.lines(
                checked: invariants.checked, events: events, violations: invariants.violations,
                digest: digest, wallSeconds: wallSeconds)
    }
}
