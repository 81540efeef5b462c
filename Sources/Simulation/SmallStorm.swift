// Room:  Simulation (floor 5, pure).
// Task:  a small world with everything drawn by the seed, under every fault at once.
// May:   Codec, Gossip, Membership, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/SmallStormTests.swift

import Codec
import Gossip
import Membership
import Model

/// What a small storm came to.
public struct StormReport: Sendable {
    public let seed: UInt64
    public let digest: UInt64
    public let events: UInt64
    public let checked: UInt64
    public let virtualSeconds: Double
    public let violation: Violation?
    /// What the seed drew, a line a thing.
    public let configuration: [String]
    /// How often what happened.
    public let notes: [String: Int]
}

/// Eight nodes, a few dozen parameters, some seconds of virtual time.
public enum SmallStorm {
    static let nodes = 8
    /// When the faults stop, in virtual seconds.
    static let roughSeconds = 4.0
    /// The most that a node takes for its rounds when nothing goes wrong, in virtual seconds.
    static let calmSeconds = 4.0
    /// How far apart nodes may be when each link agrees to within its bound: there are others
    /// between two nodes of the world.
    static let apart = 4.0
    /// Genesis is within 1 of zero and every target within 5; what comes this far diverges.
    static let reach: Float = 40
    /// Everybody is done in this time after the faults have stopped: the slowest node's rounds from
    /// the start, and as much again for those that wait for it.
    static let patience = 900.0

    /// Runs the world of a seed to its end, or to the first law that is broken.
    ///
    /// - traceFrom: events from this number on are told to `trace`, a line each.
    /// - Complexity: some ten thousand events.
    public static func run(
        seed: UInt64, traceFrom: UInt64? = nil, trace: @escaping (String) -> Void = { _ in }
    ) -> StormReport {
        run(plan(seed: seed), seed: seed, traceFrom: traceFrom, trace: trace)
    }

    static func run(
        _ drawn: Drawn, seed: UInt64, traceFrom: UInt64? = nil,
        trace: @escaping (String) -> Void = { _ in }
    ) -> StormReport {
        var world = World(drawn.plan)
        if let traceFrom { world.tellEvents(from: traceFrom, to: trace) }
        let rough = drawn.plan.faults.until
        let bound = apart * drawn.plan.gossip.agreement
        var nextLook = rough
        // A node may have finished while nobody could reach it: it is not over before all agree.
        _ = world.run(
            until: { world in
                guard world.seconds > nextLook, world.everybodyHasFinished else { return false }
                nextLook = world.seconds + 0.05
                return world.consensusDistance(from: world.plan.genesis) <= bound
            }, limit: rough + patience)
        if world.violation == nil { world.demandTheEnd(agreement: bound) }
        if world.violation == nil { world.lookAtTheEnd() }
        return StormReport(
            seed: seed, digest: world.digest, events: world.events, checked: world.checked,
            virtualSeconds: world.seconds, violation: world.violation,
            configuration: drawn.lines, notes: world.notes)
    }

    /// A world to be, and what was drawn for it in words.
    struct Drawn {
        var plan: WorldPlan
        var lines: [String]
    }

    static func plan(seed: UInt64) -> Drawn {
        var draw = SeededGenerator(seed: seed).derived(77)
        let dimension = 8 + draw.below(41)
        let genesis = (0..<dimension).map { _ in Float(draw.uniform()) }
        let kinds = ValueKind.allCases
        let options = CodecOptions(
            fraction: 0.1 + 0.4 * draw.uniform(), minimum: 1 + draw.below(8),
            values: kinds[draw.below(kinds.count)])
        var gossip = GossipSettings(
            rounds: UInt64(5 + draw.below(20)), steps: 1 + draw.below(8),
            exchanges: 1 + draw.below(3), rate: Float(draw.logUniform(0.01...0.2)))
        gossip.youngRounds = UInt64(draw.below(10))
        gossip.agreement = 1e-3
        gossip.correction = draw.chance(0.9)
        var membership = membership(&draw)
        let spread = [1.0, 1, 3, 10, 20][draw.below(5)]
        let slowest = min(calmSeconds / Double(gossip.rounds), 0.02 * spread)
        let weighs = draw.chance(0.5)
        let nodes = (0..<nodes).map { node in
            // Far enough from zero that the guard opens.
            let target = (0..<dimension).map { _ in Float(2 + 3 * draw.uniform()) }
            return NodePlan(
                weight: weighs ? Float(draw.logUniform(1...10)) : 1,
                roundSeconds: slowest / draw.logUniform(1...max(spread, 1.01)),
                trainer: QuadraticTrainer(
                    target: target, rate: gossip.rate, seed: seed &* 31 &+ UInt64(node)))
        }
        let faults = faults(&draw)
        if draw.chance(0.4) {
            gossip.keptReferences = draw.below(4)
            // Where links break before they agree, and what they were at is forgotten each time,
            // nobody ever finishes. (Seed 3322 was such a world: its patience was below its delay.)
            membership.suspectAfter *= 8
            membership.downAfter *= 8
        }
        do {
            let layout = try ParameterLayout([("x", [dimension])])
            var plan = WorldPlan(
                seed: seed, genesis: genesis, codec: DeltaCodec(layout: layout, options: options),
                gossip: gossip, membership: membership, nodes: nodes, faults: faults)
            plan.reach = reach
            return Drawn(
                plan: plan,
                lines: [
                    "\(nodes.count) nodes, speeds 1:\(Int(spread)), weights "
                        + (weighs ? "1 to 10" : "1"),
                    "d \(dimension), k \(options.count(dimension)), values "
                        + "\(options.values.rawValue), view \(membership.view)",
                    "rounds \(gossip.rounds) of \(gossip.steps) steps, \(gossip.exchanges) "
                        + "exchanges, rate \(gossip.rate), young \(gossip.youngRounds)"
                        + (gossip.correction ? "" : ", no correction")
                        + (gossip.keptReferences < .max ? ", keeps \(gossip.keptReferences)" : ""),
                ] + faults.words)
        } catch {
            preconditionFailure("one tensor of \(dimension) entries is a layout: \(error)")
        }
    }

    /// Quick enough that members are taken for dead, and found again, within the storm.
    private static func membership(_ draw: inout SeededGenerator) -> MembershipSettings {
        var settings = MembershipSettings()
        settings.view = 3 + draw.below(5)
        settings.heartbeatInterval = .milliseconds(100 + draw.below(400))
        settings.suspectAfter = settings.heartbeatInterval * 2
        settings.downAfter = settings.heartbeatInterval * (3 + draw.below(8))
        settings.backoffBase = .milliseconds(20 + draw.below(100))
        settings.backoffCap = .milliseconds(500 + draw.below(1500))
        settings.dialTimeout = .milliseconds(300 + draw.below(700))
        return settings
    }

    /// Each kind of fault by the toss of a coin, at a rate of its own.
    private static func faults(_ draw: inout SeededGenerator) -> Faults {
        func maybe(_ value: Double, _ draw: inout SeededGenerator) -> Double? {
            draw.chance(0.6) ? value : nil
        }
        var faults = Faults()
        faults.until = roughSeconds
        faults.delay = draw.logUniform(0.0005...0.02)
        faults.delaySigma = 0.2 + 1.5 * draw.uniform()
        faults.slowLinks = maybe(0.2, &draw) ?? 0
        faults.bandwidth = maybe(draw.logUniform(5e3...1e6), &draw)
        faults.connectionLife = maybe(draw.logUniform(0.2...5), &draw)
        faults.partitionEvery = maybe(draw.logUniform(0.3...3), &draw)
        faults.partitionFor = draw.logUniform(0.05...1)
        faults.replay = maybe(0.5, &draw) ?? 0
        faults.garbageEvery = maybe(draw.logUniform(0.1...2), &draw)
        faults.crashEvery = maybe(draw.logUniform(0.5...8), &draw)
        faults.downFor = draw.logUniform(0.05...2)
        faults.wipe = maybe(0.3, &draw) ?? 0
        faults.damage = maybe(0.4, &draw) ?? 0
        faults.checkpointEvery = draw.logUniform(0.05...1)
        faults.clockDrift = maybe(0.1, &draw) ?? 0
        faults.clockJumpEvery = maybe(draw.logUniform(0.5...4), &draw)
        faults.clockJump = draw.logUniform(0.05...20)
        faults.pauseEvery = maybe(draw.logUniform(0.5...8), &draw)
        faults.pauseFor = draw.logUniform(0.05...1)
        faults.leavers = maybe(0.4 * draw.uniform(), &draw) ?? 0
        faults.late = maybe(0.5 * draw.uniform(), &draw) ?? 0
        faults.redrawEvery = maybe(draw.logUniform(0.2...2), &draw)
        return faults
    }
}

extension Faults {
    /// What can go wrong, a line a kind.
    var words: [String] {
        func every(_ what: String, _ mean: Double?) -> String? {
            mean.map { "\(what) every \(Self.short($0)) s" }
        }
        let lines: [String?] = [
            "delay \(Self.short(delay * 1000)) ms, sigma \(Self.short(delaySigma))"
                + (slowLinks > 0 ? ", slow pairs \(Self.short(slowLinks))" : "")
                + (bandwidth.map { ", \(Int($0)) bytes/s" } ?? ""),
            connectionLife.map { "connections live \(Self.short($0)) s" },
            every("partition of \(Self.short(partitionFor)) s", partitionEvery),
            every("crash", crashEvery).map {
                $0 + " a node, away up to \(Self.short(downFor)) s, wiped \(Self.short(wipe)), "
                    + "damaged \(Self.short(damage)), checkpoint every "
                    + "\(Self.short(checkpointEvery)) s"
            },
            clockDrift > 0 ? "clocks drift by \(Self.short(clockDrift))" : nil,
            every("clock jump up to \(Self.short(clockJump)) s", clockJumpEvery),
            every("pause of \(Self.short(pauseFor)) s", pauseEvery),
            leavers > 0 ? "leavers \(Self.short(leavers))" : nil,
            late > 0 ? "late \(Self.short(late))" : nil,
            replay > 0 ? "replays \(Self.short(replay))" : nil,
            every("garbage", garbageEvery), every("redraw", redrawEvery),
        ]
        return lines.compactMap { $0 }
    }

    /// Three digits after the point.
    private static func short(_ value: Double) -> String {
        "\((value * 1000).rounded() / 1000)"
    }
}
