// Room:  SimulationTests.
// Task:  each kind of fault happens, by itself, and the world learns all the same.
// May:   Simulation, Peer, Gossip, Membership, Codec, Model.
// Proof: itself

import Gossip
import Membership
import Testing

@testable import Simulation

@Suite struct FaultTests {
    /// Four nodes that train for some two seconds under the faults of that name, four times as
    /// often.
    private func world(_ name: String, seed: UInt64 = 1) throws -> QuadraticWorld {
        var faults = try #require(Faults.named(name, delay: 0.003, round: 0.03, until: 2))
        faults.leavers *= 4
        faults.garbageEvery = faults.garbageEvery.map { $0 / 4 }
        faults.connectionLife = faults.connectionLife.map { $0 / 4 }
        faults.partitionEvery = faults.partitionEvery.map { $0 / 4 }
        faults.crashEvery = faults.crashEvery.map { $0 / 4 }
        return try QuadraticWorld(
            nodes: 4, dimension: 20, rounds: 40, seed: seed, faults: faults,
            paces: [0.03, 0.03, 0.04, 0.05])
    }

    private func end(_ it: inout QuadraticWorld) -> String? {
        let until = it.world.plan.faults.until
        let bound = 4e-3
        _ = it.world.run(
            until: {
                $0.seconds > until && $0.everybodyHasFinished
                    && $0.consensusDistance(from: $0.plan.genesis) < bound
            }, limit: 600)
        it.world.demandTheEnd(agreement: bound)
        it.world.lookAtTheEnd()
        return it.world.violation?.law
    }

    @Test func every_field_can_be_set_alone_by_its_name() {
        let fields = Mirror(reflecting: Faults()).children.compactMap(\.label)
        #expect(Faults.keys == fields.sorted())
        func set(_ key: String, _ value: Double) -> Faults? {
            var faults = Faults()
            return faults.set(key, value) ? faults : nil
        }
        for key in Faults.keys {
            let changed = set(key, 0.75)
            #expect(changed != nil && changed != Faults(), "\(key)")
            #expect(set(key, -1) == nil && set(key, .nan) == nil)
        }
        #expect(set("crashEvery", 2)?.crashEvery == 2)
        #expect(set("crashEvery", 0) == Faults(), "0 is never")
        #expect(set("gale", 1) == nil)
    }

    /// The marks that each kind of fault leaves.
    @Test(arguments: [
        ("none", []), ("delay", []), ("cuts", ["cut", "replay"]), ("partitions", ["partition"]),
        ("crashes", ["crash", "new epoch"]), ("disks", ["damaged"]), ("clocks", []),
        ("churn", ["leave"]), ("hostile", ["garbage", "unparsable"]), ("storm", ["crash", "cut"]),
    ])
    func under_each_kind_of_fault_all_laws_hold_and_all_end(
        name: String, marks: [String]
    ) throws {
        var notes: [String: Int] = [:]
        for seed in UInt64(1)...2 {
            var it = try world(name, seed: seed)
            #expect(end(&it) == nil, "seed \(seed): \(it.world.violation?.lines ?? [])")
            #expect(it.world.checked > 1000)
            notes.merge(it.world.notes) { $0 + $1 }
        }
        for mark in marks { #expect(notes[mark, default: 0] > 0, "\(mark): \(notes)") }
    }

    @Test func every_name_is_tried_above() throws {
        #expect(Faults.names.count == 10)
    }

    @Test func without_faults_none_happens() throws {
        var it = try world("none")
        #expect(end(&it) == nil)
        let marks = [
            "cut", "replay", "partition", "crash", "damaged", "garbage", "leave", "redraw",
        ]
        #expect(marks.allSatisfy { it.world.notes[$0] == nil }, "\(it.world.notes)")
    }

    @Test func names_that_nobody_knows_are_none() {
        #expect(Faults.named("weather", delay: 0.01, round: 0.1, until: 1) == nil)
    }

    @Test func a_storm_is_all_of_them() throws {
        let storm = try #require(Faults.named("storm", delay: 0.01, round: 0.1, until: 10))
        #expect(storm.connectionLife != nil && storm.partitionEvery != nil)
        #expect(storm.crashEvery != nil && storm.wipe > 0 && storm.damage > 0)
        #expect(storm.clockDrift > 0 && storm.pauseEvery != nil && storm.garbageEvery != nil)
        #expect(storm.leavers > 0 && storm.late > 0 && storm.replay > 0)
    }

    // MARK: Clocks

    @Test func a_clock_that_runs_fast_is_ahead_and_finds_its_times_again() {
        var clock = SimulatedClock(at: 1000, reading: 50, rate: 1.5)
        #expect(clock.reading(at: 1000).nanoseconds == 50)
        #expect(clock.reading(at: 3000).nanoseconds == 3050)
        let time = clock.time(of: Instant(nanoseconds: 3049), notBefore: 0)
        #expect(clock.reading(at: time) >= Instant(nanoseconds: 3049))
        #expect(clock.reading(at: time - 1) < Instant(nanoseconds: 3049))
        clock.jump(10_000, at: 3000)
        #expect(clock.reading(at: 3000).nanoseconds == 13_050)
        #expect(clock.time(of: Instant(nanoseconds: 9000), notBefore: 3000) == 3000)
    }

    // MARK: The trace

    @Test func two_runs_of_one_seed_have_one_digest_and_others_another() throws {
        var digests: [UInt64] = []
        for seed in [3, 3, 4] as [UInt64] {
            var it = try world("storm", seed: seed)
            #expect(end(&it) == nil)
            digests.append(it.world.digest)
        }
        #expect(digests[0] == digests[1] && digests[0] != digests[2])
    }

    @Test func events_are_told_from_the_number_that_was_asked_for() throws {
        var it = try world("none")
        nonisolated(unsafe) var lines: [String] = []  // Told on this thread, within `run`.
        it.world.tellEvents(from: 40) { lines.append($0) }
        _ = it.world.run(until: { $0.events >= 60 }, limit: 10)
        #expect((20...40).contains(lines.count))
        #expect(lines.first?.hasPrefix("event 40 at ") == true)
    }
}
