// Room:  tests of Daemon.
// Task:  a lane does its jobs in order, one at a time, with a state of its own.
// May:   Daemon.
// Proof: itself

import Testing

@testable import Daemon

@Suite struct LaneTests {
    @Test func jobs_are_done_in_order_on_one_state() async {
        let (results, told) = AsyncStream.makeStream(of: Int.self)
        let lane = Lane<Int>({ 0 }) { sum, job in
            sum = 3 &* sum &+ job
            told.yield(sum)
            if job == 499 { told.finish() }
        }
        for job in 0..<500 { lane.submit(job) }
        var seen: [Int] = []
        for await result in results { seen.append(result) }
        var expected: [Int] = []
        for job in 0..<500 { expected.append(3 &* (expected.last ?? 0) &+ job) }
        #expect(seen == expected)
    }

    @Test func what_was_submitted_before_the_lane_was_let_go_of_is_still_done() async {
        let (results, told) = AsyncStream.makeStream(of: Int.self)
        do {
            let lane = Lane<Int>({ told }) { $0.yield($1) }
            for job in 0..<10 { lane.submit(job) }
        }
        var seen: [Int] = []
        for await result in results {
            seen.append(result)
            if seen.count == 10 { break }
        }
        #expect(seen == Array(0..<10))
    }
}
