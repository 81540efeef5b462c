// Room:  Peer (pure core).
// Task:  links: from membership's word to gossip's, resumption, and the effects of both.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/ResumeTests.swift

import Gossip
import Membership
import Wire

extension Peer {
    // MARK: Membership

    mutating func onMembership(
        at now: Instant, into out: inout [PeerEffect],
        _ body: (inout Membership, inout [MembershipEffect]) -> Void
    ) {
        var effects: [MembershipEffect] = []
        body(&membership, &effects)
        for effect in effects {
            switch effect {
            case .dial(let peer, let addresses, let attempt):
                out.append(.dial(peer, addresses: addresses, attempt: attempt))
            case .close(let connection, let cause):
                _ = remove(connection)
                out.append(.close(connection, cause.farewell))
            case .linkUp(let peer, let connection):
                linkUp(peer, connection, at: now, into: &out)
            case .linkDown(let peer, let reason):
                linkDown(peer, reason, at: now, into: &out)
            case .probe(_, let connection, let token):
                let beat = heartbeat(probe: true, token: token, on: connection)
                out.append(.send(connection, beat))
            case .wake(let time):
                membershipWake = time
            case .changed(let peer, let liveness):
                out.append(.note(.liveness(peer, liveness)))
            case .askAbout(let connection, let subject, let token):
                var question = WireQuestion()
                question.subjectBytes = subject.bytes
                question.token = token
                out.append(.send(connection, .question(question)))
            case .tellAbout(let connection, let token, let alive):
                var answer = WireAnswer()
                answer.token = token
                answer.reachable = alive
                out.append(.send(connection, .answer(answer)))
            case .claimDown(let peer): claimDown(peer, at: now, into: &out)
            }
        }
    }

    private mutating func linkUp(
        _ peer: NodeID, _ connection: ConnectionID, at now: Instant, into out: inout [PeerEffect]
    ) {
        links[peer] = ActiveLink(connection: connection)
        if let link = link(to: peer) {
            gossip.register(link, ownIsLower: settings.own < peer)
        }
        let outgoing = connections[connection]?.outgoing ?? false
        out.append(.note(.linkUp(peer, outgoing: outgoing)))
        meet(peer, over: connection, at: now, into: &out)
        tellStanding(peer, into: &out)
    }

    private mutating func linkDown(
        _ peer: NodeID, _ reason: LinkDownReason, at now: Instant, into out: inout [PeerEffect]
    ) {
        links[peer] = nil
        keeping.askedAt[peer] = nil
        keeping.summaryAfter[peer] = nil
        books?.directory.parted(peer)
        out.append(.note(.linkDown(peer, reason)))
        guard let link = link(to: peer) else { return }
        onGossip(at: now, into: &out) {
            $0.linkDown(link, forLong: reason != .lost, at: now.origin, into: &$1)
        }
    }

    // MARK: Resumption

    /// Both ends tell where they stand, once per connection and only while nothing on the link is
    /// under way: what is told must still be true when the other end acts on it.
    private mutating func tellStanding(_ peer: NodeID, into out: inout [PeerEffect]) {
        // A link is silent until this node has parameters: its standing is told then.
        guard !gossip.isJoining, let active = links[peer], !active.ownSent,
            let link = link(to: peer), let standing = gossip.tellStanding(of: link)
        else { return }
        links[peer]?.ownSent = true
        resumesSent += 1
        var resume = WireResume(standing)
        resume.life = life
        resume.number = resumesSent
        out.append(.send(active.connection, .resume(resume)))
    }

    mutating func resumed(
        _ resume: WireResume, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let peer = linkedPeer(of: connection), let active = links[peer]
        else { return }  // The other end keeps a connection that this one does not: it learns.
        guard active.peerStanding == nil else {
            fault(connection, "a second resume", at: now, into: &out)
            return
        }
        guard isLatest(resume, from: peer) else {
            return abandon(
                connection, CloseCause.duplicate.farewell, refusal: .duplicate, at: now, into: &out)
        }
        links[peer]?.peerStanding = resume.standing
        raise(peer, at: now, into: &out)
    }

    /// Whether no later resume of this peer's life has come before. One that was held up on a slow
    /// connection, which its sender has given up since, says what is true no more: acting on it
    /// would drop exchanges that are open. (Found by the simulator.)
    private mutating func isLatest(_ resume: WireResume, from peer: NodeID) -> Bool {
        guard resume.life != 0 else { return true }
        if let latest = latestResume[peer], latest.life == resume.life,
            resume.number <= latest.number
        {
            return false
        }
        latestResume[peer] = (resume.life, resume.number)
        return true
    }

    /// Work has ended: links that were waiting for that go on.
    mutating func resumeWhereSteady(at now: Instant, into out: inout [PeerEffect]) {
        guard links.values.contains(where: { !$0.isUp }) else { return }
        for peer in links.keys.sorted() where links[peer]?.isUp == false {
            tellStanding(peer, into: &out)
            raise(peer, at: now, into: &out)
        }
    }

    /// Both standings are known: gossip decides, alike at both ends, and goes on.
    private mutating func raise(_ peer: NodeID, at now: Instant, into out: inout [PeerEffect]) {
        guard let active = links[peer], active.ownSent, !active.isUp,
            let standing = active.peerStanding, let link = link(to: peer),
            let own = gossip.standing(of: link)
        else { return }
        links[peer]?.isUp = true
        if case .newEpoch(let epoch) = LinkResume.decide(own: own, peer: standing) {
            out.append(.note(.newEpoch(peer, epoch)))
        }
        onGossip(at: now, into: &out) {
            $0.linkUp(link, peer: standing, at: now.origin, into: &$1)
        }
        // Whether the peer is still in its rounds decides whether this node may end its own.
        tell(active.connection, into: &out)
    }

    /// Hands a message to gossip, if it came over the connection that is the link.
    mutating func toGossip(
        from connection: ConnectionID, at now: Instant, into out: inout [PeerEffect],
        _ body: (inout GossipControl, LinkID, inout [GossipEffect]) -> Void
    ) {
        guard let peer = linkedPeer(of: connection), let active = links[peer],
            let link = link(to: peer)
        else { return }
        guard active.isUp else {
            // The peer has both standings and may speak as soon as it has; ours is out, so this
            // end has them too, unless the peer skipped its own.
            fault(connection, "a message of the gossip before the resume", at: now, into: &out)
            return
        }
        onGossip(at: now, into: &out) { body(&$0, link, &$1) }
    }

    // MARK: Gossip

    mutating func onGossip(
        at now: Instant, into out: inout [PeerEffect],
        _ body: (inout GossipControl, inout [GossipEffect]) -> Void
    ) {
        var effects: [GossipEffect] = []
        body(&gossip, &effects)
        for effect in effects {
            switch effect {
            case .work(let item): out.append(.work(item))
            case .send(let link, let delta):
                send(.delta(WireDelta(delta)), on: link, into: &out)
            case .sendReference(let link, let reference):
                send(.reference(WireReference(reference)), on: link, into: &out)
            case .fault(let link, let fault):
                if let connection = links[peer(of: link)]?.connection {
                    self.fault(connection, fault.reason, at: now, into: &out)
                }
            case .train(let round, let steps, let parameters, let correction):
                out.append(
                    .train(
                        round: round, steps: steps, parameters: parameters,
                        correction: correction))
            case .trainingRefused(let count): out.append(.trainingRefused(inARow: count))
            case .phase(let phase): out.append(.note(.phase(phase)))
            case .requestChunk(let link, let start, let count):
                request(start, count, on: link, into: &out)
            case .joined(let link, let round):
                out.append(.note(.joined(peer(of: link), round: round)))
            case .joinedNobody: out.append(.note(.joinedNobody))
            }
        }
    }

    func send(_ message: Message, on link: LinkID, into out: inout [PeerEffect]) {
        guard let active = links[peer(of: link)] else { return }
        out.append(.send(active.connection, message))
    }
}

extension Peer {
    /// The gossip's side of the link to a member, for people.
    public func linkSummary(of peer: NodeID) -> LinkSummary? {
        link(to: peer).flatMap { gossip.summary(of: $0) }
    }
}
