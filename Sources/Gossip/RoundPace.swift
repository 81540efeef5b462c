// Room:  Gossip (pure core).
// Task:  when a round begins and when its exchanges are started.
// May:   nothing.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/RoundPaceTests.swift

/// A node's own pace. Nobody waits for anybody; but a round lasts at least a round trip, since
/// messages that take many rounds starve learning (measured).
struct RoundPace: Equatable, Sendable {
    /// How many times the mean a single exchange counts at most: a network that has become slow is
    /// known after a dozen exchanges (our guess).
    private static let outlier = 4

    /// Running mean of the time that training a round takes.
    private(set) var training: Duration?
    /// Running mean of an own exchange, from the delta sent to both applied.
    private(set) var roundTrip: Duration?
    private(set) var roundBegan: Duration?
    /// When the round's exchanges are to be started, latest first.
    private(set) var due: [Duration] = []
    /// The round that is next may not begin before this.
    private(set) var nextRound: Duration = .zero

    /// How long a round is expected to last.
    var expected: Duration { max(training ?? .zero, roundTrip ?? .zero) }

    /// A round begins: its exchanges are spread over the time that it will take.
    mutating func begin(at now: Duration, exchanges: Int) {
        roundBegan = now
        due.removeAll(keepingCapacity: true)
        for i in (0..<exchanges).reversed() { due.append(now + expected * i / max(exchanges, 1)) }
    }

    mutating func trained(at now: Duration) {
        guard let began = roundBegan else { return }
        training = Self.mean(training, now - began)
        nextRound = max(now, began + (roundTrip ?? .zero))
    }

    /// One exchange whose peer stood still, or whose link was cut, says little of the next ones: it
    /// counts as a few times the mean. (A peer that was frozen for 20 s made rounds of seconds for all
    /// that were linked to it.)
    mutating func exchanged(offeredAt: Duration, at now: Duration) {
        let took = now - offeredAt
        let most = roundTrip.map { max($0, .milliseconds(1)) * Self.outlier }
        roundTrip = Self.mean(roundTrip, min(took, most ?? took))
    }

    /// The next exchange is due: takes it off the list.
    mutating func takeDue(at now: Duration) -> Bool {
        guard let next = due.last, next <= now else { return false }
        due.removeLast()
        return true
    }

    /// No more exchanges of this round.
    mutating func forgetDue() { due.removeAll(keepingCapacity: true) }

    private static func mean(_ old: Duration?, _ new: Duration) -> Duration {
        guard let old else { return new }
        return old * 4 / 5 + new / 5
    }
}
