// Room:  Membership (floor 3, pure).
// Task:  the rows of the directory: in order, with a digest of all and a serial of each change.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryTableTests.swift

import Identity

/// What is known of one member. The record is kept as bytes and read when it is asked for.
struct DirectoryRow: Sendable {
    let id: NodeID
    /// The first six bytes of the ID: its name in messages.
    let prefix: UInt64
    private let salt: UInt64

    var version: DirectoryVersion
    var bytes: [UInt8]
    var hasLeft: Bool
    /// The owner's refresh period.
    var refresh: Duration
    /// When the version last rose here.
    var rose: Instant
    /// Since when a claim about this version is known.
    var down: Instant?
    /// The table's serial when anything last changed, and when the record did.
    var changed: UInt64 = 0
    var recordChanged: UInt64 = 0
    /// The peer that told the last change, so that it is not told back.
    var source: NodeID?

    init(_ record: DirectoryRecord, source: NodeID?, at now: Instant) {
        id = record.id
        let bytes = record.id.bytes
        prefix = bytes.prefix(6).reduce(0) { $0 << 8 | UInt64($1) }
        salt = bytes.reduce(0) { Self.mix($0 << 8 ^ $0 >> 56 ^ UInt64($1)) }
        version = record.version
        self.bytes = record.bytes
        hasLeft = record.facts.state == .left
        refresh = .seconds(Int64(clamping: record.refresh))
        rose = now
        self.source = source
    }

    var isDown: Bool { down != nil }

    /// What this row adds to the digest of all.
    var digest: UInt64 {
        var sum = Self.mix(salt ^ Self.mix(version.incarnation))
        sum = Self.mix(sum ^ version.sequence)
        return Self.mix(sum ^ (UInt64(version.tag) << 1 | (isDown ? 1 : 0)))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixer = Jitter(seed: value)
        return mixer.next()
    }

    /// When it is in doubt whether the owner is still there; never of one who is known to be gone.
    var doubtful: Instant {
        hasLeft || isDown
            ? Instant(nanoseconds: .max) : rose + refresh * DirectoryLimits.patience
    }
}

/// Rows ascending by ID, at most one a member.
///
/// The digest is the sum over rows modulo 2^64, so that it hangs on what is known and not on the
/// order in which it came. It tells nodes apart; it proves nothing.
struct DirectoryTable: Sendable {
    private(set) var rows: [DirectoryRow] = []
    private(set) var digest: UInt64 = 0
    /// Counts changes.
    private(set) var serial: UInt64 = 0
    /// No row is in doubt before this.
    private(set) var nextDoubt = Instant(nanoseconds: .max)
    /// A ring of digests that this table had.
    private var past: [UInt64] = []
    private var oldest = 0

    /// - Complexity: O(log n).
    func place(of id: NodeID) -> Int? {
        let at = rows.firstPlace { $0.id < id }
        return at < rows.count && rows[at].id == id ? at : nil
    }

    /// The places of rows that messages call by this name: one, or none; two by ill luck.
    func places(of prefix: UInt64) -> Range<Int> {
        let first = rows.firstPlace { $0.prefix < prefix }
        var end = first
        while end < rows.count, rows[end].prefix == prefix { end += 1 }
        return first..<end
    }

    /// Puts a row in the place of an older one of the same member.
    ///
    /// - Complexity: O(log n), O(n) where the member is new.
    mutating func put(_ new: DirectoryRow) {
        serial += 1
        var row = new
        row.changed = serial
        row.recordChanged = serial
        digest &+= row.digest
        nextDoubt = min(nextDoubt, row.doubtful)
        let at = rows.firstPlace { $0.id < row.id }
        if at < rows.count, rows[at].id == row.id {
            digest &-= rows[at].digest
            rows[at] = row
        } else {
            rows.insert(row, at: at)
        }
    }

    mutating func claim(_ place: Int, source: NodeID?, at now: Instant) {
        serial += 1
        digest &-= rows[place].digest
        rows[place].down = now
        rows[place].source = source
        rows[place].changed = serial
        digest &+= rows[place].digest
    }

    /// Keeps the digest that is about to pass. To be called once before a batch of changes: the
    /// steps within one message are states in which no peer ever stood.
    mutating func keepDigest() {
        guard !past.contains(digest) else { return }
        if past.count < DirectoryLimits.pastDigests {
            past.append(digest)
        } else {
            past[oldest] = digest
            oldest = (oldest + 1) % past.count
        }
    }

    /// Whether this table once was what the peer's is: whatever the peer knows is known here.
    func hadDigest(_ digest: UInt64) -> Bool { past.contains(digest) }

    /// - Returns: whether a row went.
    /// - Complexity: O(n).
    mutating func retain(_ isMember: (NodeID) -> Bool) -> Bool {
        let before = rows.count
        rows.removeAll { !isMember($0.id) }
        guard rows.count < before else { return false }
        digest = rows.reduce(0) { $0 &+ $1.digest }
        // What this table had, it has no longer.
        past = []
        oldest = 0
        return true
    }

    /// Places of rows that changed after `serial`, in the order of their changes.
    ///
    /// - Complexity: O(n + k log k).
    func changed(after serial: UInt64) -> [Int] {
        guard serial < self.serial else { return [] }
        return rows.indices.filter { rows[$0].changed > serial }
            .sorted { rows[$0].changed < rows[$1].changed }
    }

    /// Members in doubt, ascending; `except` never is.
    ///
    /// - Complexity: O(1) before `nextDoubt`, else O(n).
    mutating func doubtful(at now: Instant, except own: NodeID) -> [NodeID] {
        guard now >= nextDoubt else { return [] }
        nextDoubt = Instant(nanoseconds: .max)
        var found: [NodeID] = []
        for row in rows where row.id != own {
            if row.doubtful <= now { found.append(row.id) }
            nextDoubt = min(nextDoubt, row.doubtful)
        }
        return found
    }

    /// Stops the process where the table contradicts itself. O(n).
    func checkInvariants() {
        precondition(zip(rows, rows.dropFirst()).allSatisfy { $0.id < $1.id }, "rows out of order")
        precondition(rows.reduce(0) { $0 &+ $1.digest } == digest, "the digest is not the sum")
        precondition(
            rows.allSatisfy { $0.changed <= serial && $0.recordChanged <= $0.changed },
            "a change that was not counted")
        precondition(past.count <= DirectoryLimits.pastDigests)
    }
}
