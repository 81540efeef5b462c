// Room:  DaemonTests.
// Task:  a lane that hangs is noticed, a long round and an idle lane are not.
// May:   Daemon.
// Proof: itself

import Synchronization
import Testing

@testable import Daemon

@Suite struct WatchdogTests {
    private typealias Look = Watchdog.Look

    /// `#expect` cannot take what changes.
    private final class Kept {
        private var dog = Watchdog()
        func isAlive(_ looks: [Look], at now: Duration) -> Bool { dog.isAlive(looks, at: now) }
    }

    @Test func a_lane_with_work_and_no_progress_is_dead_after_the_patience() {
        let dog = Kept()
        let stuck = [Look(jobs: 2, beats: 7), Look(jobs: 0, beats: 3)]
        #expect(dog.isAlive(stuck, at: .seconds(0)))
        #expect(dog.isAlive(stuck, at: .seconds(299)))
        #expect(!dog.isAlive(stuck, at: .seconds(300)))
        #expect(dog.isAlive([Look(jobs: 2, beats: 8), stuck[1]], at: .seconds(301)), "it moves")
    }

    @Test func an_hour_of_one_round_is_no_reason_while_its_steps_go_on() {
        let dog = Kept()
        for second in 0..<360 {
            let look = Look(jobs: 1, beats: UInt64(second / 20))
            #expect(dog.isAlive([look], at: .seconds(second * 10)))
        }
    }

    @Test func an_idle_lane_is_alive_and_its_patience_begins_with_its_work() {
        let dog = Kept()
        #expect(dog.isAlive([Look(jobs: 0, beats: 1)], at: .zero))
        #expect(dog.isAlive([Look(jobs: 0, beats: 1)], at: .seconds(9000)))
        #expect(dog.isAlive([Look(jobs: 1, beats: 1)], at: .seconds(9010)))
        #expect(dog.isAlive([Look(jobs: 1, beats: 1)], at: .seconds(9299)))
        #expect(!dog.isAlive([Look(jobs: 1, beats: 1)], at: .seconds(9300)))
    }

    @Test func a_lane_counts_what_it_was_given_and_what_it_has_done() async {
        let gate = AsyncStream.makeStream(of: Void.self)
        let lane = Lane<Int>({ 0 }) { state, job in
            state += job
            if state == 3 { gate.continuation.finish() }
        }
        for job in [1, 2] { lane.submit(job) }
        for await _ in gate.stream {}
        // The job that opened the gate is counted when it returns.
        while lane.pulse.jobs > 0 { await Task.yield() }
        #expect(lane.pulse.beats == 2)
    }
}
