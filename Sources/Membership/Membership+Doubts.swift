// Room:  Membership (floor 3, pure).
// Task:  members without a link here: a dial, and the word of two others, before they are down.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DoubtTests.swift

/// One member that others are asked about.
struct Inquiry: Sendable {
    let place: Int
    let token: UInt64
    /// Those that have not answered yet.
    var waiting: [ConnectionID]
    var deadline: Instant
}

extension Membership {
    /// Inquiries under way at once; further doubts are dropped, and come again. (Our guess.)
    static let inquiriesAtOnce = 8
    /// How many others are asked (SWIM's k, there 3).
    static let confirmers = 2
    /// For how many times `downAfter` a member is let alone that somebody has vouched for.
    static let trust = 3

    /// The directory has had no newer record of this member for long. It is dialled, where it
    /// listens, and two random peers are asked; without any sign of life within `suspectAfter` it
    /// is down.
    ///
    /// May be called as often as one likes: an inquiry under way, a member that is judged by its
    /// link, that is known to be down or was vouched for of late changes nothing.
    ///
    /// - Source: SWIM (Das, Gupta, Motivala 2002, section 4.1): direct, then indirect ping. Ours
    ///   asks at once, and whether there is a link rather than for a ping.
    public mutating func doubt(
        _ subject: NodeID, at now: Instant, into out: inout [MembershipEffect]
    ) {
        guard phase == .running, !isExpelled, let place = place(of: subject) else { return }
        let state = members[place]
        guard !state.isPlaced, state.liveness != .left, !state.isClaimedDown,
            state.notDoubtedBefore <= now, inquiries.count < Self.inquiriesAtOnce,
            !inquiries.contains(where: { $0.place == place })
        else { return }
        var peers = zip(members.met, members.states)
            .filter { $1.link != nil && $1.liveness == .alive }.map { $0.0 }
        guard !peers.isEmpty else { return }  // Nobody to ask: doubt this end first.
        let token = nextToken
        nextToken += 1
        var waiting: [ConnectionID] = []
        while waiting.count < Self.confirmers, !peers.isEmpty {
            let peer = peers.remove(at: jitter.below(peers.count))
            guard let link = members[peer].link else { continue }
            waiting.append(link.connection)
            out.append(.askAbout(via: link.connection, subject: subject, token: token))
        }
        inquiries.append(
            Inquiry(place: place, token: token, waiting: waiting, deadline: now + suspectAfter))
        if state.listens {
            members[place].isDoubted = true
            members[place].notBefore = now
        }
        settle(at: now, into: &out)
    }

    /// A peer asks whether this node has a link with the subject. Answered from what is known: no
    /// dial, no state, one answer a question.
    ///
    /// - Complexity: O(log met).
    public func asked(
        about subject: NodeID, by connection: ConnectionID, token: UInt64,
        into out: inout [MembershipEffect]
    ) {
        guard phase == .running, connections[connection] != nil else { return }
        let isLinked = place(of: subject).map { members[$0].link != nil } ?? false
        let alive = subject == own || (isLinked && liveness(of: subject) == .alive)
        out.append(.tellAbout(connection, token: token, alive: alive))
    }

    /// The answer to an `askAbout`. One that was not asked for, or comes twice, changes nothing.
    public mutating func answeredAbout(
        by connection: ConnectionID, token: UInt64, alive: Bool, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        guard phase == .running,
            let at = inquiries.firstIndex(where: { $0.token == token }),
            let peer = inquiries[at].waiting.firstIndex(of: connection)
        else { return }
        if alive {
            vouchedFor(inquiries[at].place, at: now)
        } else {
            inquiries[at].waiting.remove(at: peer)
            judgeInquiries(at: now, into: &out)
        }
        settle(at: now, into: &out)
    }

    /// Inquiries to which all have said no, or whose time is over.
    mutating func judgeInquiries(at now: Instant, into out: inout [MembershipEffect]) {
        for inquiry in inquiries {
            let isAnswered = inquiry.waiting.isEmpty && !members[inquiry.place].isDoubted
            guard isAnswered || inquiry.deadline <= now else { continue }
            inquiries.removeAll { $0.token == inquiry.token }
            members[inquiry.place].isDoubted = false
            declareDown(inquiry.place, at: now, into: &out)
        }
    }

    /// A sign of life: whoever doubts this member is answered.
    mutating func vouchedFor(_ place: Int, at now: Instant) {
        guard let at = inquiries.firstIndex(where: { $0.place == place }) else { return }
        inquiries.remove(at: at)
        members[place].isDoubted = false
        members[place].notDoubtedBefore = now + downAfter * Self.trust
    }

    /// A dial came to nothing.
    mutating func notReached(_ place: Int) {
        if members[place].isDoubted { members[place].isDoubted = false }
    }
}
