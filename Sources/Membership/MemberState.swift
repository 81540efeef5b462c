// Room:  Membership (floor 3, pure).
// Task:  what this node knows and does about one other member.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests

/// A question on a link that nothing has followed yet.
struct Question: Sendable {
    /// When it was first put: silence is timed from here.
    var asked: Instant
    /// It is repeated, each time with a new token.
    var lastAsked: Instant
    /// The peer has opened a connection as if there were none, so this one gets less patience.
    var contested: Bool
}

/// The one connection in use to a peer.
struct Link: Sendable {
    let connection: ConnectionID
    let outgoing: Bool
    /// Whether this is the end of the higher ID, which leaves the questions to the other.
    let isHigher: Bool
    let up: Instant
    var heard: Instant
    /// When the frame before that came: how long the link was quiet last.
    var heardBefore: Instant
    var question: Question?
    /// Of the newest probe that was not answered: `heard` ends a silence before the answer that
    /// the frame holds is read.
    var token: UInt64?
    var tokenSent: Instant
    var roundTrip: Duration?
}

/// A dial under way.
struct Dial: Sendable {
    let attempt: UInt64
    var deadline: Instant
}

/// One other member.
struct MemberState: Sendable {
    /// Whether it can be dialled at all: it has addresses, and its Hello, if any, says so.
    var listens: Bool
    var liveness = Liveness.unknown
    /// When `liveness` last changed.
    var since: Instant

    var link: Link?
    /// The link was lost then, and its place is kept.
    var heldSince: Instant?

    var dial: Dial?
    /// Dials so far; the number of the newest.
    var attempts: UInt64 = 0
    /// Failures in a row; forgotten once a link has lasted.
    var failures = 0
    /// Refusals in a row because the peer's view was full.
    var refusals = 0
    /// When the present row of failures began.
    var troubledSince: Instant?
    /// Not dialled before this.
    var notBefore: Instant

    /// How long its answers took, on all its links.
    var answers = AnswerTimes()
    /// On the last link, when that is gone.
    var lastHeard: Instant?
    /// The federation takes it for down; `claimedHere` if this node said so.
    var isClaimedDown = false
    var claimedHere = false
    /// Was gone, and is heard of again: dialled as if it were gone, until there is news.
    var isReturning = false
    /// An inquiry is under way that wants a dial of our own.
    var isDoubted = false
    /// Somebody has vouched for it: not asked about again before this.
    var notDoubtedBefore = Instant(nanoseconds: 0)

    /// The tries so far say nothing about the next one.
    mutating func startAnew(notBefore instant: Instant) {
        failures = 0
        refusals = 0
        troubledSince = nil
        notBefore = instant
    }

    init(listens: Bool, since: Instant, notBefore: Instant) {
        self.listens = listens
        self.since = since
        self.notBefore = notBefore
    }

    /// Has a link, or a place that is kept for it.
    var isPlaced: Bool { link != nil || heldSince != nil }

    /// Went away or cannot be reached: dialled for ever, but no hope for filling the view.
    var isGone: Bool { liveness == .down || liveness == .left || (isClaimedDown && link == nil) }

    /// The last tries did not lead to a link.
    var isTroubled: Bool { failures > 0 || refusals > 0 }
}
