// Room:  Membership (floor 3, pure).
// Task:  the machine of one node that keeps its links: state, life cycle, the passing of time.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests (steps), Tests/MembershipTests/NetworkTests.swift (properties)

/// Keeps this node's links to the other members: whom to dial and when, which connection is the
/// one of a pair, who is alive.
///
/// Order of use: `start`; then every event as it comes; `tick` at the time of the newest `wake`;
/// at last `leave`. What the roster and the directory say (`adopt`, `learn`, `claimedDown`,
/// `departed`) may come before `start` too. Effects are appended to `out` and must be carried out
/// in order. Methods return at once: O(met) for events of connections and of time, O(log met) for
/// `heard`; met are members with whom something has happened. Looking for somebody new to dial is
/// O(members). A late, repeated or stale event is legal and changes nothing.
public struct Membership: Sendable {
    enum Phase: Sendable { case idle, running, left }

    public let own: NodeID
    /// Changed by `adopt` alone.
    public internal(set) var roster: Roster
    public let settings: MembershipSettings

    var phase = Phase.idle
    /// By place in the roster.
    var members: MemberTable
    let ownPlace: Int
    /// Only looked up in, never walked through.
    var connections: [ConnectionID: Int] = [:]
    var jitter: Jitter
    var nextToken: UInt64 = 1
    var health: LocalHealth
    /// How many deviations above its mean a silence is suspect.
    let patience: Double
    /// Addresses that the directory names, where they are others than the roster's. By place.
    var learnt: [Int: [String]] = [:]
    /// Members that others are asked about.
    var inquiries: [Inquiry] = []
    /// When a link is to give way; nil in a full mesh.
    var nextRedraw: Instant?
    /// The time of the last `wake` that has not come yet.
    var armed: Instant?

    /// - parameter own: a member of `roster`; checking that is the caller's, who can say it well.
    /// - parameter seed: decides every wait and every pick.
    public init(
        own: NodeID, roster: Roster, settings: MembershipSettings, now: Instant,
        generator seed: UInt64
    ) {
        guard let ownPlace = roster.place(of: own) else {
            preconditionFailure("this node was never in the roster")
        }
        precondition(settings.isSound, "settings that contradict each other")
        self.own = own
        self.roster = roster
        self.settings = settings
        self.ownPlace = ownPlace
        members = MemberTable(roster: roster, own: ownPlace, now: now)
        jitter = Jitter(seed: seed)
        health = LocalHealth(limit: settings.healthLimit)
        patience = AnswerTimes.deviations(phi: settings.phi)
    }

    /// Whether this node itself is no longer in the roster: it has no links then and dials nobody.
    public var isExpelled: Bool { !roster.contains(own) }

    /// A federation this small is a full mesh.
    var isFullMesh: Bool { roster.count <= settings.view + 1 }

    /// Of another member; nil for this node, for strangers and for the expelled.
    func place(of peer: NodeID) -> Int? {
        guard let place = roster.place(of: peer), place != ownPlace, roster.contains(peer) else {
            return nil
        }
        return place
    }

    func id(_ place: Int) -> NodeID { roster.members[place].id }

    /// Begins to dial. First tries are spread over `backoffBase`; those to members that are known
    /// to be down, from before, come after the others'.
    public mutating func start(at now: Instant, into out: inout [MembershipEffect]) {
        switch phase {
        case .running, .left: return
        case .idle: phase = .running
        }
        for place in roster.members.indices where place != ownPlace {
            let wait = jitter.duration(below: settings.backoffBase)
            let isLater = members.hasMet(place) && members[place].isClaimedDown
            members.rest(place, until: now + (isLater ? settings.backoffBase + wait : wait))
        }
        settle(at: now, into: &out)
    }

    /// Everything that time causes: dials that are due, questions, suspicion, down.
    public mutating func tick(at now: Instant, into out: inout [MembershipEffect]) {
        switch phase {
        case .idle, .left: return
        case .running: break
        }
        guard !isExpelled else { return }
        if let armed {
            if armed + settings.heartbeatInterval / 4 < now { health.worsen(at: now) }
            if armed + settings.heartbeatInterval < now { doubtItself(at: now) }
        }
        if let armed, armed <= now { self.armed = nil }
        health.ease(every: settings.suspectAfter, at: now)
        giveUpDials(at: now, into: &out)
        for place in members.met { watch(place, at: now, into: &out) }
        judgeInquiries(at: now, into: &out)
        redraw(at: now, into: &out)
        settle(at: now, into: &out)
    }

    /// Says good-bye on every link, and dials no more.
    public mutating func leave(at now: Instant, into out: inout [MembershipEffect]) {
        switch phase {
        case .left: return
        case .idle, .running: phase = .left
        }
        closeAll(.leaving, reason: .left, at: now, into: &out)
        assertInvariants()
    }

    /// No links and no dials any more.
    mutating func closeAll(
        _ cause: CloseCause, reason: LinkDownReason, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        for place in members.met {
            let wasPlaced = members[place].isPlaced
            if let link = members[place].link { out.append(.close(link.connection, cause)) }
            members[place].link = nil
            members[place].heldSince = nil
            members[place].dial = nil
            members[place].isDoubted = false
            if wasPlaced { out.append(.linkDown(id(place), reason: reason)) }
            become(.unknown, place, at: now, into: &out)
        }
        connections = [:]
        inquiries = []
        armed = nil
    }

    /// The end of every event: dial what is due, ask for the next tick.
    mutating func settle(at now: Instant, into out: inout [MembershipEffect]) {
        guard phase == .running, !isExpelled else { return }
        planRedraw(at: now)
        let census = dialDue(at: now, into: &out)
        // What is overdue, since this node doubts itself less than it did, is asked for at once: a
        // tick asked for in the past would look as if this node had slept.
        let next = nextDeadline(census).map { max($0, now) }
        if let next, next != armed { out.append(.wake(at: next)) }
        armed = next
        assertInvariants()
    }

    mutating func become(
        _ liveness: Liveness, _ place: Int, at now: Instant, into out: inout [MembershipEffect]
    ) {
        guard members[place].liveness != liveness else { return }
        members[place].liveness = liveness
        members[place].since = now
        if liveness != .unknown { members[place].isReturning = false }
        out.append(.changed(id(place), liveness))
    }

    /// The earliest time at which `tick` has something to do.
    private func nextDeadline(_ census: Census) -> Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant?) {
            guard let instant else { return }
            earliest = earliest.map { min($0, instant) } ?? instant
        }
        let slot = census.dials < settings.dialsInFlight
        let fill = wantsMore(census)
        let heal = mayHeal(census)
        for (place, state) in zip(members.met, members.states) {
            consider(state.dial?.deadline)
            consider(watchDeadline(of: state, place))
            if slot, isWanted(state, fill: fill, heal: heal) { consider(state.notBefore) }
        }
        if slot, fill { consider(members.nextUntried) }
        for inquiry in inquiries { consider(inquiry.deadline) }
        consider(nextRedraw)
        consider(health.easesAt(every: settings.suspectAfter))
        return earliest
    }
}
