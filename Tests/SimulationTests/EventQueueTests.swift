// Room:  SimulationTests.
// Task:  the order of events.
// May:   Simulation, Model.
// Proof: itself

import Model
import Testing

@testable import Simulation

@Suite struct EventQueueTests {
    @Test func events_come_in_the_order_of_their_times() {
        var queue = EventQueue<Int>()
        for (event, time) in [5, 1, 9, 0, 3].enumerated() { queue.push(event, at: UInt64(time)) }
        #expect(queue.count == 5)
        var order: [Int] = []
        while let (_, event) = queue.pop() { order.append(event) }
        #expect(order == [3, 1, 4, 0, 2])
        #expect(queue.isEmpty && queue.pop() == nil)
    }

    @Test func events_of_one_time_come_in_the_order_of_their_arrival() {
        var queue = EventQueue<Int>()
        for event in 0..<50 { queue.push(event, at: 7) }
        #expect((0..<50).allSatisfy { queue.pop()?.event == $0 })
    }

    @Test(arguments: UInt64(1)...20)
    func pushed_and_popped_at_random_it_agrees_with_sorting(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = EventQueue<Int>()
        var waiting: [(time: UInt64, event: Int)] = []
        for event in 0..<300 {
            if generator.below(3) > 0 {
                let time = UInt64(generator.below(20))
                queue.push(event, at: time)
                waiting.append((time, event))
            } else {
                let first = waiting.indices.min {
                    (waiting[$0].time, waiting[$0].event) < (waiting[$1].time, waiting[$1].event)
                }
                let expected = first.map { waiting.remove(at: $0) }
                let got = queue.pop()
                #expect(got?.time == expected?.time, "seed \(seed)")
                #expect(got?.event == expected?.event, "seed \(seed)")
            }
        }
    }
}
