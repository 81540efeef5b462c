// Room:  DaemonTests.
// Task:  a peer causes a few lines, then few; others are heard; memory has a bound.
// May:   Daemon.
// Proof: itself

import Testing

@testable import Daemon

@Suite struct LogLimiterTests {
    /// `#expect` cannot take what changes.
    private final class Kept {
        var limiter = LogLimiter()
        func admit(_ event: String, _ peer: String, _ now: Double) -> UInt64? {
            limiter.admit(event, of: peer, at: now)
        }
    }

    @Test func a_burst_is_told_and_then_one_every_ten_seconds_with_what_was_left_out() {
        let kept = Kept()
        for _ in 0..<8 { #expect(kept.admit("link-up", "bob", 0) == 0) }
        for _ in 0..<5 { #expect(kept.admit("link-up", "bob", 1) == nil) }
        #expect(kept.admit("link-up", "bob", 11) == 5)
        #expect(kept.admit("link-up", "bob", 12) == nil)
        #expect(kept.limiter.suppressed == 6)
        // Other events and other peers have their own.
        #expect(kept.admit("fault", "bob", 12) == 0)
        #expect(kept.admit("link-up", "carol", 12) == 0)
        for _ in 0..<8 { #expect(kept.admit("link-up", "bob", 1000) != nil) }
        #expect(kept.admit("link-up", "bob", 1000) == nil, "no more than a burst is saved up")
    }

    @Test func a_clock_that_goes_back_lets_nothing_through() {
        let kept = Kept()
        for _ in 0..<8 { #expect(kept.admit("fault", "bob", 100) != nil) }
        #expect(kept.admit("fault", "bob", 50) == nil)
    }

    @Test func ten_thousand_peers_take_no_more_places_than_there_are() {
        let kept = Kept()
        for peer in 0..<10_000 { _ = kept.admit("fault", "\(peer)", 0) }
        #expect(kept.limiter.count <= LogLimiter.capacity + 1)
        #expect(kept.limiter.suppressed > 0, "those without a place share one")
        #expect(kept.admit("fault", "new", 1000) == 0, "when it is quiet there is room again")
        #expect(kept.limiter.count < 10)
    }
}
