// Room:  GossipTests.
// Task:  when rounds begin and their exchanges are due.
// May:   Gossip.
// Proof: itself

import Testing

@testable import Gossip

@Suite struct RoundPaceTests {
    private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

    @Test func exchanges_of_the_first_round_are_due_at_once() {
        var pace = RoundPace()
        pace.begin(at: at(5), exchanges: 2)
        #expect(pace.due == [at(5), at(5)])
        #expect(pace.nextRound == .zero)
    }

    @Test func exchanges_are_spread_over_the_time_that_a_round_takes() {
        var pace = RoundPace()
        pace.begin(at: at(0), exchanges: 2)
        pace.trained(at: at(100))
        pace.begin(at: at(100), exchanges: 4)
        #expect(pace.due == [at(175), at(150), at(125), at(100)])
        #expect(pace.takeDue(at: at(99)) == false)
        #expect(pace.takeDue(at: at(125)) == true)
        #expect(pace.takeDue(at: at(125)) == true)
        #expect(pace.takeDue(at: at(125)) == false)
        pace.forgetDue()
        #expect(pace.takeDue(at: at(1000)) == false)
    }

    @Test func a_round_lasts_at_least_a_round_trip() {
        var pace = RoundPace()
        pace.begin(at: at(0), exchanges: 1)
        pace.exchanged(offeredAt: at(0), at: at(300))
        pace.trained(at: at(100))
        #expect(pace.nextRound == at(300))
        pace.begin(at: at(300), exchanges: 1)
        pace.trained(at: at(700))
        #expect(pace.nextRound == at(700))
    }

    @Test func times_are_running_means() {
        var pace = RoundPace()
        pace.begin(at: at(0), exchanges: 1)
        pace.trained(at: at(100))
        pace.begin(at: at(100), exchanges: 1)
        pace.trained(at: at(300))
        #expect(pace.training == at(120))
        pace.exchanged(offeredAt: at(0), at: at(10))
        pace.exchanged(offeredAt: at(0), at: at(35))
        #expect(pace.roundTrip == at(15))
        #expect(pace.expected == at(120))
    }

    @Test func one_exchange_that_hung_lengthens_no_round_but_a_slow_network_is_soon_known() {
        var pace = RoundPace()
        pace.exchanged(offeredAt: at(0), at: at(10))
        pace.exchanged(offeredAt: at(0), at: at(20_000))
        #expect(pace.roundTrip == at(16))
        for _ in 0..<12 { pace.exchanged(offeredAt: at(0), at: at(2000)) }
        #expect(pace.roundTrip.map { $0 > at(1000) } == true)
    }

    @Test func no_exchanges_are_no_division_by_zero() {
        var pace = RoundPace()
        pace.begin(at: at(1), exchanges: 0)
        #expect(pace.due.isEmpty)
    }
}
