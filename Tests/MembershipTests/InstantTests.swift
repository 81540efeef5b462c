// Room:  tests of Membership.
// Task:  points in time that cannot overflow.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct InstantTests {
    @Test func addingAndSubtractingAreOpposites() {
        let a = Instant(nanoseconds: 5_000_000_000)
        #expect(a + .milliseconds(1500) == Instant(nanoseconds: 6_500_000_000))
        #expect(a + .milliseconds(-1500) == Instant(nanoseconds: 3_500_000_000))
        #expect((a + .seconds(3)) - a == .seconds(3))
        #expect(a - (a + .seconds(3)) == .seconds(-3))
    }

    @Test func theEndsOfTimeHold() {
        let end = Instant(nanoseconds: .max)
        #expect(end + .seconds(1) == end)
        #expect(Instant(nanoseconds: 1) + .seconds(-1) == Instant(nanoseconds: 0))
        #expect(Instant(nanoseconds: 0) + .seconds(Int64.max) > Instant(nanoseconds: 1 << 62))
        #expect(end - Instant(nanoseconds: 0) == .nanoseconds(Int64.max))
    }
}
