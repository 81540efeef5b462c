// Room:  Membership (floor 3, pure).
// Task:  one connection a pair: which is kept, which is refused, what its end means.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/ConnectionTests.swift

extension Membership {
    /// Why a connection with this peer would be closed at once; nil where it would be a link.
    ///
    /// Lets an acceptor say so instead of its Hello. `connected` decides by the same rule.
    ///
    /// - parameter peerIsIsolated: the peer has no link at all: a full view makes room for it.
    public func objection(
        to peer: NodeID, outgoing: Bool, peerIsIsolated: Bool = false
    ) -> CloseCause? {
        guard phase != .left, !isExpelled else { return .leaving }
        guard let place = place(of: peer) else { return .notAMember(peer) }
        let state = members[place]
        if let link = state.link {
            // Of two that were opened from opposite ends, both ends keep the one of the lower ID,
            // in whichever order they learn of them. Of two that were opened from the same end,
            // the newer: its opener knows best that the older is dead.
            let openedByLower = outgoing ? own < peer : peer < own
            return link.outgoing == outgoing || openedByLower ? nil : .duplicate
        }
        return state.heldSince != nil || peerIsIsolated || hasRoom ? nil : .viewFull
    }

    private var hasRoom: Bool { census.placed < settings.limit }

    /// Whether this node has neither a link nor a place kept for one, as its Hello says: members
    /// whose views are full then give up another link for it. Else a node that lost all its peers
    /// stays alone for ever among others whose full views need nobody.
    ///
    /// - Source: HyParView (Leitão, Pereira, Rodrigues 2007, section 4.2): the high priority of a
    ///   node whose active view is empty.
    public var isIsolated: Bool { census.placed == 0 }

    /// Gives up one place at random for a peer that has none: a kept one, where there is one, else
    /// a link.
    private mutating func makeRoom(at now: Instant, into out: inout [MembershipEffect]) {
        let kept = members.met.filter { members[$0].heldSince != nil }
        let candidates = kept.isEmpty ? members.met.filter { members[$0].link != nil } : kept
        guard !candidates.isEmpty else { return }
        let place = candidates[jitter.below(candidates.count)]
        if let link = unlink(place, at: now) { out.append(.close(link.connection, .viewFull)) }
        release(place, reason: .redrawn, into: &out)
        become(.unknown, place, at: now, into: &out)
        // It shall find another peer before it is asked to come back.
        members[place].notBefore = now + settings.backoffBase + backoff(step: 3)
    }

    /// A connection is ready: TLS and both Hellos were accepted.
    ///
    /// - parameter outgoing: whether this node dialled.
    /// - parameter peerListens: as its Hello says.
    /// - parameter peerIsIsolated: as its Hello says.
    public mutating func connected(
        _ peer: NodeID, connection: ConnectionID, outgoing: Bool, peerListens: Bool,
        peerIsIsolated: Bool = false, at now: Instant, into out: inout [MembershipEffect]
    ) {
        precondition(connections[connection] == nil, "the shell gave one connection's name twice")
        let objection = objection(to: peer, outgoing: outgoing, peerIsIsolated: peerIsIsolated)
        guard let place = place(of: peer), phase != .left, !isExpelled else {
            out.append(.close(connection, objection ?? .leaving))
            return
        }
        members[place].listens = peerListens && !addresses(of: place).isEmpty
        if outgoing { members[place].dial = nil }
        vouchedFor(place, at: now)
        switch objection {
        case nil:
            if !members[place].isPlaced, !hasRoom { makeRoom(at: now, into: &out) }
            if connections.isEmpty { tryAllAgain(besides: place, at: now) }
            replaceLink(of: place, into: &out)
            members[place].link = Link(
                connection: connection, outgoing: outgoing, isHigher: peer < own, up: now,
                heard: now, heardBefore: now,
                tokenSent: now)
            members[place].isClaimedDown = false
            members[place].claimedHere = false
            members[place].isReturning = false
            members[place].heldSince = nil
            connections[connection] = place
            members[place].troubledSince = nil
            out.append(.linkUp(peer, connection))
            become(.alive, place, at: now, into: &out)
        case .duplicate?:
            out.append(.close(connection, .duplicate))
            contest(place, at: now, into: &out)
        case let cause?:
            // One that dialled us stays as good a candidate as it was.
            out.append(.close(connection, cause))
            if outgoing { wait(place, after: .viewFull, at: now) }
        }
        settle(at: now, into: &out)
    }

    /// A connection is gone, by whatever cause; also one that this machine closed.
    ///
    /// - parameter refusal: what the peer's Farewell said, if it sent one.
    public mutating func disconnected(
        _ connection: ConnectionID, refusal: Refusal? = nil, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        guard let place = connections[connection], let link = unlink(place, at: now) else {
            return  // Closed from here before: legal.
        }
        if refusal == nil, now - link.up >= settings.suspectAfter {
            // A link that has lasted and then breaks is no failure of dialling.
            members[place].notBefore = now + backoff(step: 1)
        } else {
            tryAgain(place, after: refusal, at: now, into: &out)
        }
        if members[place].heldSince != nil {
            out.append(.linkDown(id(place), reason: .lost))
        }
        settle(at: now, into: &out)
    }

    /// Takes the link away and keeps its place. Emits nothing: why it went, the caller knows.
    mutating func unlink(_ place: Int, at now: Instant) -> Link? {
        guard let link = members[place].link else { return nil }
        connections[link.connection] = nil
        members[place].link = nil
        members[place].lastHeard = link.heard
        members[place].heldSince = now
        if now - link.up >= settings.suspectAfter {
            members[place].failures = 0
            members[place].refusals = 0
        }
        return link
    }

    /// Gives up the place of a peer that has no link any more.
    mutating func release(
        _ place: Int, reason: LinkDownReason, into out: inout [MembershipEffect]
    ) {
        guard members[place].heldSince != nil else { return }
        members[place].heldSince = nil
        out.append(.linkDown(id(place), reason: reason))
    }

    private mutating func replaceLink(of place: Int, into out: inout [MembershipEffect]) {
        guard let link = members[place].link else { return }
        connections[link.connection] = nil
        members[place].link = nil
        out.append(.close(link.connection, .duplicate))
        out.append(.linkDown(id(place), reason: .lost))
    }
}
