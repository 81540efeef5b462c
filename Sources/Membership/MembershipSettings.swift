// Room:  Membership (floor 3, pure).
// Task:  the numbers that steer view, dialling and suspicion.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests (every rule's test draws on them)

/// Defaults are our guesses unless a source is named; see the room's README.
public struct MembershipSettings: Sendable, Equatable {
    /// Links that a node strives for. A federation of up to `view + 1` nodes is a full mesh.
    public var view = 7
    /// Links beyond `view` that a node still accepts when others open them.
    public var viewSlack = 3
    /// Bound of the first wait before a member is dialled again; doubles with each failure.
    public var backoffBase = Duration.milliseconds(250)
    /// Where the doubling stops. A member that is down is dialled at this rate for ever.
    public var backoffCap = Duration.seconds(30)
    /// A dial without news for so long has failed. The shell gives its dial the same limit.
    public var dialTimeout = Duration.seconds(5)
    /// Dials under way at once.
    public var dialsInFlight = 4
    /// A link that was quiet for so long is asked whether anybody is there.
    public var heartbeatInterval = Duration.seconds(2)
    /// What that grows to, a quarter at a time, while nothing else is said on the link.
    public var restInterval = Duration.seconds(5)
    /// Silence after a question, or after the loss of a link, that makes a member suspect.
    public var suspectAfter = Duration.seconds(6)
    /// Silence after a question, or after the loss of a link, that makes a member down.
    public var downAfter = Duration.seconds(20)
    /// How unlikely a silence must be, by the peer's own answers so far, before it makes a member
    /// suspect: -log10 of the probability (Hayashibara et al. 2004). Zero: a fixed `suspectAfter`.
    public var phi = 8.0
    /// How far this node may doubt itself: suspicion takes up to 1 + `healthLimit` times as long
    /// (Lifeguard's 8). Zero: never.
    public var healthLimit = 8
    /// Above a full mesh, one link that is as old as this gives way to another member, about once
    /// in this time. Zero: never.
    public var redrawEvery = Duration.seconds(1800)
    /// Whether this node can be dialled; said in its Hello.
    public var listening: Bool

    public init(listening: Bool = true) { self.listening = listening }

    /// The most links that a node has.
    public var limit: Int { view + viewSlack }

    /// Whether the numbers make sense together.
    public var isSound: Bool {
        view >= 1 && viewSlack >= 0 && dialsInFlight >= 1
            && backoffBase > .zero && backoffCap >= backoffBase && dialTimeout > .zero
            && heartbeatInterval > .zero && suspectAfter >= heartbeatInterval
            && downAfter > suspectAfter && phi >= 0 && healthLimit >= 0 && redrawEvery >= .zero
    }
}
