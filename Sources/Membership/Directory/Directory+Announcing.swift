// Room:  Membership (floor 3, pure).
// Task:  the own record: when it is made anew, and how it rises above what others hold of it.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryAnnouncingTests.swift

import Identity

/// The own record and what is still to be said.
struct OwnRecord: Sendable {
    let signer: RecordSigner
    /// The highest incarnation and sequence that any record of this node is known to have.
    var floor: DirectoryVersion
    var told: DirectoryRecord?
    var toldAt = Instant(nanoseconds: 0)
    var facts: DirectoryFacts?
    /// Others claim this node down, or hold a record above `told`: a newer one must be made.
    var isContested = false
    var urgent = Allowance()

    init(signer: RecordSigner, incarnation: UInt64) {
        self.signer = signer
        floor = DirectoryVersion(incarnation: incarnation, sequence: 0, tag: 0)
    }

    /// Above the floor; nil where there is nothing above, which only the owner of the key can
    /// have brought about.
    var next: DirectoryVersion? {
        if floor.sequence < DirectoryRecord.highest {
            return DirectoryVersion(
                incarnation: floor.incarnation, sequence: floor.sequence + 1, tag: 0)
        }
        guard floor.incarnation < DirectoryRecord.highest else { return nil }
        return DirectoryVersion(incarnation: floor.incarnation + 1, sequence: 1, tag: 0)
    }
}

extension Directory {
    /// Says what this node is now. A new record is made at once where others must know: a new
    /// state, addresses, software or phase; of other progress at most one each max(2 s,
    /// members / 50 s); with nothing new one each max(60 s, 9 s · members), so that its age says
    /// something.
    ///
    /// - Returns: when it wants to be called again.
    /// - Complexity: O(log n) and a signature where a record is made.
    @discardableResult
    public mutating func announce(_ facts: DirectoryFacts, at now: Instant) -> Instant {
        own.facts = facts
        makeRecordIfDue(at: now)
        return nextAnnouncement
    }

    /// When `announce` is to be called, with whatever the facts are then. To be read after each
    /// `receive` too: a claim may have to be refuted. The end of time where there is nothing to say.
    public var nextAnnouncement: Instant {
        guard let facts = own.facts, own.next != nil else { return Instant(nanoseconds: .max) }
        if own.told == nil { return Instant(nanoseconds: 0) }
        if isUrgent {
            return own.urgent.next(burst: DirectoryLimits.urgentBurst, gap: pace)
        }
        return own.toldAt
            + (facts == own.told?.facts ? DirectoryLimits.refresh(members: members) : pace)
    }

    /// What the own record says; nil before the first.
    public var announced: DirectoryFacts? { own.told?.facts }

    /// The own record as news, unasked for: what a node that leaves still says to its peers. Nil
    /// before the first record.
    public var ownNews: [UInt8]? {
        own.told.map {
            DirectoryMessage.news(span: .none, [.record($0.bytes, isDown: false)]).bytes
        }
    }

    private var isUrgent: Bool {
        guard let told = own.told, let facts = own.facts else { return true }
        return own.isContested || facts.isUrgent(after: told.facts)
    }

    private var pace: Duration { DirectoryLimits.pace(members: members) }

    private mutating func makeRecordIfDue(at now: Instant) {
        guard let facts = own.facts, let next = own.next, now >= nextAnnouncement else { return }
        if own.told != nil, isUrgent {
            // A hostile accuser makes this node talk no more than its own training does.
            _ = own.urgent.take(at: now, burst: DirectoryLimits.urgentBurst, gap: pace)
        }
        let record = DirectoryRecord(
            signer: own.signer, federation: federation, incarnation: next.incarnation,
            sequence: next.sequence, facts: facts,
            refresh: UInt64(DirectoryLimits.refresh(members: members).components.seconds))
        own.floor = record.version
        own.told = record
        own.toldAt = now
        own.isContested = false
        table.keepDigest()
        table.put(DirectoryRow(record, source: nil, at: now))
    }

    /// A record of this node's own that came from outside and is above the one it made: it was
    /// restored from a backup, or another node has its key. Rises above it.
    mutating func meetOwn(
        _ record: DirectoryRecord, at now: Instant, into changes: inout [DirectoryChange]
    ) {
        own.floor = max(own.floor, record.version)
        contest(at: now)
        changes.append(.ownAbove)
    }

    /// The own record is claimed down: the next one refutes it.
    ///
    /// - Returns: false where a refutation is due already.
    /// - Source: SWIM §4.2; there the incarnation rises, here the sequence.
    mutating func meetOwnClaim(
        at now: Instant, into changes: inout [DirectoryChange]
    ) -> Bool {
        guard !own.isContested else { return false }
        contest(at: now)
        changes.append(.ownRefuted)
        return true
    }

    private mutating func contest(at now: Instant) {
        own.isContested = true
        makeRecordIfDue(at: now)
    }
}
