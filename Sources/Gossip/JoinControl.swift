// Room:  Gossip (pure core).
// Task:  fetching a snapshot of the parameters: whom to ask for what, and when to ask another.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/JoinControlTests.swift

import Model

/// A run of a node's parameters, as they were when it was asked.
public struct SnapshotChunk: Equatable, Sendable {
    public var start: Int
    /// At least 1.
    public var count: Int
    /// `x - genesis` of the run, as the codec wrote it.
    public var payload: [UInt8]
    /// Of the decoded `x` at its places.
    public var digest: UInt64
    /// Rounds that the sender has done.
    public var round: UInt64

    public init(start: Int, count: Int, payload: [UInt8], digest: UInt64, round: UInt64) {
        self.start = start
        self.count = count
        self.payload = payload
        self.digest = digest
        self.round = round
    }
}

/// How far a node is with fetching its first parameters.
public struct JoinProgress: Equatable, Sendable {
    /// Parameters that are here, of how many.
    public var done: Int
    public var all: Int
    /// Who is being asked, or gave the last ones.
    public var from: LinkID?
}

/// Who has what, and what has been asked for: of a node that starts from nothing.
///
/// The parameters come in order, a run at a time, one request out. Every run stands for itself,
/// since all peers' parameters are near each other: where one peer dies, the next one gives the
/// rest.
struct JoinControl: Sendable {
    /// The most parameters that are asked for at once.
    static let run = 65_536
    /// Another peer is asked when one has not answered in this time (our guess).
    static let patience = Duration.seconds(10)
    /// A peer that is joining itself is not asked again sooner (our guess).
    static let pause = Duration.seconds(5)
    /// Linked for so long without a run, the node begins at genesis after all (our guess).
    static let limit = Duration.seconds(60)

    enum Phase: Equatable, Sendable {
        /// Has not begun; most nodes never do.
        case none
        case fetching
        case over
    }

    /// What an answer is good for.
    enum Verdict: Equatable {
        case take
        /// Late: others have given the same meanwhile.
        case ignore
        case fault
    }

    /// One linked peer.
    struct Source: Equatable, Sendable {
        var isGrown: Bool
        /// Asked over this connection, and not answered yet.
        var asked: Range<Int>?
        var notBefore = Duration.zero
    }

    private(set) var phase = Phase.none
    private(set) var done = 0
    private(set) var all = 0
    private(set) var from: LinkID?
    private(set) var sources = LinkTable<Source>()
    /// The request that is waited for, and how long.
    private var current: (link: LinkID, until: Duration)?
    /// A run is being taken over by the data half.
    private var isTaking = false
    /// Since when a run has been missed; nil: no peer is linked.
    private var missedSince: Duration?

    var isFetching: Bool { phase == .fetching }

    // MARK: Links

    /// A connection has become the link of its pair.
    mutating func met(_ link: LinkID, isGrown: Bool, at now: Duration) {
        sources[link] = Source(isGrown: isGrown)
        if missedSince == nil { missedSince = now }
    }

    /// A linked peer that had nothing to give has something now.
    mutating func grew(_ link: LinkID) {
        sources[link]?.isGrown = true
        sources[link]?.notBefore = .zero
    }

    /// It is gone: whatever was asked over it is asked of another.
    mutating func parted(_ link: LinkID) {
        sources[link] = nil
        if current?.link == link { current = nil }
        if sources.isEmpty { missedSince = nil }
    }

    // MARK: Fetching

    /// - parameters: `d`, at least 1.
    mutating func begin(parameters: Int, at now: Duration) {
        phase = .fetching
        all = parameters
        done = 0
        missedSince = now
    }

    /// Whether nobody who is linked has given anything for too long.
    func isInVain(at now: Duration) -> Bool {
        guard phase == .fetching, !isTaking, let missedSince else { return false }
        return now >= missedSince + Self.limit
    }

    mutating func giveUp() {
        phase = .over
        current = nil
    }

    /// What is to be asked now, and of whom; nil: an answer is waited for, or nobody can be asked.
    ///
    /// The one that answered last is asked again; else one by a draw, so that newcomers do not all
    /// ask the same.
    mutating func nextRequest(
        at now: Duration, by generator: inout SeededGenerator
    ) -> (link: LinkID, run: Range<Int>)? {
        guard phase == .fetching, !isTaking else { return nil }
        if let current {
            guard now >= current.until else { return nil }
            self.current = nil
        }
        guard let link = draw(at: now, by: &generator) else { return nil }
        let run = done..<min(done + Self.run, all)
        sources[link]?.asked = run
        from = link
        current = (link, now + Self.patience)
        return (link, run)
    }

    private func draw(at now: Duration, by generator: inout SeededGenerator) -> LinkID? {
        let free = sources.ids.filter { link in
            sources[link].map { $0.isGrown && $0.asked == nil && $0.notBefore <= now } ?? false
        }
        if let from, free.contains(from) { return from }
        return free.isEmpty ? nil : free[generator.below(free.count)]
    }

    /// - run: what the answer covers; nil: the peer has nothing, it is joining itself.
    mutating func received(_ run: Range<Int>?, from link: LinkID, at now: Duration) -> Verdict {
        guard let asked = sources[link]?.asked, run == nil || run == asked else { return .fault }
        sources[link]?.asked = nil
        if current?.link == link { current = nil }
        guard let run else {
            sources[link]?.notBefore = now + Self.pause
            if from == link { from = nil }
            return .ignore
        }
        guard phase == .fetching, !isTaking, run.lowerBound == done else { return .ignore }
        isTaking = true
        from = link
        return .take
    }

    /// The data half has the run. Whether it was the last one.
    mutating func taken(upTo end: Int, at now: Duration) -> Bool {
        isTaking = false
        done = end
        missedSince = sources.isEmpty ? nil : now
        guard done == all else { return false }
        phase = .over
        current = nil
        return true
    }

    /// The data half found the run to be none.
    mutating func refused(from link: LinkID) {
        isTaking = false
        if from == link { from = nil }
    }

    /// When something is due though nothing happens.
    var nextWake: Duration? {
        guard phase == .fetching, !isTaking else { return nil }
        var next = missedSince.map { $0 + Self.limit }
        func take(_ time: Duration) { next = next.map { min($0, time) } ?? time }
        if let current {
            take(current.until)
        } else {
            for source in sources.values where source.isGrown && source.asked == nil {
                take(source.notBefore)
            }
        }
        return next
    }
}
