// Room:  Membership (floor 3, pure).
// Task:  the directory's constants: sizes, paces, patience.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/DirectoryFiguresTests.swift

/// Constants and the few formulas between them. All are our guess where nothing else is said.
public enum DirectoryLimits {
    /// Bytes of one message, any kind. Below a frame's 64 KiB, so that a heartbeat waits for little.
    public static let message = 16_384
    /// Bytes of one record, signature and extensions of later versions included.
    public static let record = 1024
    /// Bytes of the software's name.
    public static let software = 64

    /// How long an answer to a summary is waited for before another peer is asked.
    static let answerTimeout = Duration.seconds(3)
    /// An answer within this is no burden.
    static let quickAnswer = Duration.milliseconds(250)
    /// The longest pause between summaries to a peer with which nothing can be agreed.
    static let longestPause = Duration.seconds(64)
    /// Messages handled of one peer: so many at once, and one more every `messageGap`. A newcomer
    /// to a thousand members needs 18 for the whole directory.
    static let messageBurst = 64
    static let messageGap = Duration.milliseconds(250)
    /// Urgent records of one's own that go at once; one more every `pace`.
    static let urgentBurst = 8
    /// Digests of the past by which a peer is seen to be merely behind.
    static let pastDigests = 128
    /// Refresh periods without a new record after which a member is in doubt.
    static let patience = 3
    /// Seconds between records that one may announce.
    static let refreshRange: ClosedRange<UInt64> = 1...86_400

    /// How often progress may be announced: the whole federation makes at most 50 records a second.
    static func pace(members: Int) -> Duration {
        .milliseconds(max(2000, 20 * min(members, 1 << 20)))
    }

    /// After how long a node at rest says that it is still there: one record in nine seconds in
    /// the whole federation, which is what the bytes of a federation at rest hang on.
    static func refresh(members: Int) -> Duration {
        .seconds(max(60, min(9 * min(members, 1 << 20), Int(refreshRange.upperBound))))
    }
}

/// So many at once, then one every `gap`. One instant of state.
///
/// - Source: the generic cell rate algorithm, ITU-T I.371.
struct Allowance: Sendable {
    private var paidUntil = Instant(nanoseconds: 0)

    /// When the next one is allowed.
    func next(burst: Int, gap: Duration) -> Instant { paidUntil + gap * -(burst - 1) }

    mutating func take(at now: Instant, burst: Int, gap: Duration) -> Bool {
        guard now >= next(burst: burst, gap: gap) else { return false }
        paidUntil = max(paidUntil, now) + gap
        return true
    }
}
