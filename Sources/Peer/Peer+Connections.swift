// Room:  Peer (pure core).
// Task:  connections: greeting, refusing, heartbeats, farewells.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/GreetingTests.swift

import Gossip
import Membership
import Wire

extension Peer {
    mutating func connected(
        _ connection: ConnectionID, _ peer: NodeID, attempt: UInt64?, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        let waiting = connections.values.count { $0.peer == peer && !$0.greeted }
        guard waiting < settings.greetingsPerPeer else {
            out.append(
                .close(connection, WireFarewell(.overloaded, reason: "too many connections")))
            return
        }
        connections[connection] = Connection(peer: peer, attempt: attempt, openedAt: now)
        greetings += 1
        var hello = settings.hello(at: now)
        hello.isolated = membership.isIsolated
        hello.grown = gossip.isGrown
        out.append(.send(connection, .hello(hello)))
    }

    mutating func received(
        _ message: Message, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let known = connections[connection] else { return }  // Closed from here before.
        if case .farewell(let farewell) = message {
            connections[connection]?.refusal = farewell.code.refusal
            if farewell.code != .duplicate, farewell.code != .leaving {
                out.append(
                    .note(
                        .refused(
                            known.peer, farewell.code, reason: farewell.reason, byPeer: true)))
            }
            return
        }
        guard known.greeted else {
            guard case .hello(let hello) = message else {
                fault(connection, "the first message was not a hello", at: now, into: &out)
                return
            }
            greeted(hello, on: connection, at: now, into: &out)
            return
        }
        membership.heard(connection, at: now)
        switch message {
        case .hello: fault(connection, "a second hello", at: now, into: &out)
        case .resume(let resume): resumed(resume, on: connection, at: now, into: &out)
        case .reference(let reference):
            toGossip(from: connection, at: now, into: &out) {
                $0.received(reference.linkReference, on: $1, at: now.origin, into: &$2)
            }
        case .delta(let delta):
            toGossip(from: connection, at: now, into: &out) {
                $0.received(delta.linkDelta, on: $1, at: now.origin, into: &$2)
            }
        case .heartbeat(let beat): heard(beat, on: connection, at: now, into: &out)
        case .directory(let message): received(message, on: connection, at: now, into: &out)
        case .endorsements(let message): received(message, on: connection, at: now, into: &out)
        case .question(let question):
            guard let subject = NodeID(bytes: question.subjectBytes) else { return }
            onMembership(at: now, into: &out) {
                $0.asked(about: subject, by: connection, token: question.token, into: &$1)
            }
        case .answer(let answer):
            onMembership(at: now, into: &out) {
                $0.answeredAbout(
                    by: connection, token: answer.token, alive: answer.reachable, at: now,
                    into: &$1)
            }
        case .snapshotRequest(let request):
            requested(request, on: connection, at: now, into: &out)
        case .snapshotChunk(let chunk): received(chunk, on: connection, at: now, into: &out)
        case .farewell: break  // Handled above.
        }
    }

    private mutating func greeted(
        _ hello: WireHello, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let known = connections[connection] else { return }
        if let farewell = settings.objection(to: hello, from: known.peer) {
            let reason = farewell.reason
            out.append(
                .note(.refused(known.peer, farewell.code, reason: reason, byPeer: false)))
            abandon(connection, farewell, refusal: farewell.code.refusal, at: now, into: &out)
            return
        }
        connections[connection]?.greeted = true
        connections[connection]?.isGrown = hello.grown
        if let difference = settings.clockDifference(of: hello, at: now) {
            clockDifferences[known.peer] = difference
        }
        greetings -= 1
        out.append(.accept(connection))
        onMembership(at: now, into: &out) {
            $0.connected(
                known.peer, connection: connection, outgoing: known.outgoing,
                peerListens: hello.listening, peerIsIsolated: hello.isolated, at: now, into: &$1)
        }
    }

    // MARK: Heartbeats

    private mutating func heard(
        _ beat: WireHeartbeat, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let peer = connections[connection]?.peer else { return }
        if beat.hasProgress {
            progress[peer] = beat.progress
            if let peer = linkedPeer(of: connection), let link = link(to: peer) {
                let stage = PeerStage(beat.progress.phase)
                onGossip(at: now, into: &out) {
                    $0.peer(
                        link, is: stage, hops: Int(beat.progress.hops), at: now.origin, into: &$1)
                    $0.peer(link, hasDone: beat.progress.round, at: now.origin, into: &$1)
                }
            }
        }
        compareBooks(beat, on: connection, at: now, into: &out)
        if beat.probe {
            let answer = heartbeat(probe: false, token: beat.token, on: connection)
            out.append(.send(connection, answer))
        } else if beat.token != 0 {
            onMembership(at: now, into: &out) {
                $0.answered(connection, token: beat.token, at: now, into: &$1)
            }
        }
    }

    /// What is as it was when it was last said over this connection is left out.
    mutating func heartbeat(
        probe: Bool, token: UInt64, on connection: ConnectionID
    ) -> Message {
        var beat = WireHeartbeat()
        beat.probe = probe
        beat.token = token
        let progress = progressToTell
        guard let peer = linkedPeer(of: connection), let link = links[peer] else {
            beat.progress = progress
            return .heartbeat(beat)
        }
        if link.toldProgress != progress { beat.progress = progress }
        let books = bookDigests
        if link.told.directory != books.directory { beat.directory = books.directory }
        if link.told.roster != books.roster { beat.roster = books.roster }
        links[peer]?.toldProgress = progress
        links[peer]?.told = books
        return .heartbeat(beat)
    }

    /// A heartbeat that asks for nothing: it tells how far this node is.
    mutating func tell(_ connection: ConnectionID, into out: inout [PeerEffect]) {
        out.append(.send(connection, heartbeat(probe: false, token: 0, on: connection)))
    }

    private var progressToTell: WireProgress {
        var progress = WireProgress()
        progress.round = gossip.round
        progress.rounds = settings.gossip.rounds
        progress.samples = gossip.samples
        if books?.sharesMetrics ?? true {
            progress.loss = finite(heldOutLoss)
            progress.accuracy = finite(accuracy)
        }
        progress.disagreement = finite(gossip.disagreement)
        progress.phase = gossip.phaseToTell
        progress.hops = gossip.hopsToTell
        return progress
    }

    private func finite(_ value: Double?) -> Float {
        let value = Float(value ?? 0)
        return value.isFinite ? value : 0
    }

    /// Tells everybody at once that this node has done its rounds, or has finished: others go on
    /// training until they hear of it.
    mutating func tellProgressIfNew(into out: inout [PeerEffect]) {
        let news = Told(phase: gossip.phaseToTell, hops: gossip.hopsToTell)
        guard told != news else { return }
        told = news
        for peer in links.keys.sorted() {
            guard let link = links[peer], link.isUp else { continue }
            tell(link.connection, into: &out)
        }
    }

    // MARK: Ends

    mutating func closed(
        _ connection: ConnectionID, at now: Instant, into out: inout [PeerEffect]
    ) {
        guard let known = remove(connection) else { return }
        forget(known, connection, refusal: known.refusal, at: now, into: &out)
    }

    /// Closes a connection from here.
    mutating func abandon(
        _ connection: ConnectionID, _ farewell: WireFarewell?, refusal: Refusal?,
        at now: Instant, into out: inout [PeerEffect]
    ) {
        guard let known = remove(connection) else { return }
        out.append(.close(connection, farewell))
        forget(known, connection, refusal: refusal, at: now, into: &out)
    }

    mutating func remove(_ connection: ConnectionID) -> Connection? {
        guard let known = connections.removeValue(forKey: connection) else { return nil }
        if !known.greeted { greetings -= 1 }
        return known
    }

    private mutating func forget(
        _ known: Connection, _ connection: ConnectionID, refusal: Refusal?, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        onMembership(at: now, into: &out) {
            if known.greeted {
                $0.disconnected(connection, refusal: refusal, at: now, into: &$1)
            } else if let attempt = known.attempt {
                $0.dialFailed(known.peer, attempt: attempt, refusal: refusal, at: now, into: &$1)
            }
        }
    }

    /// A peer broke the protocol: the link is closed with a reason, and dialled again later.
    mutating func fault(
        _ connection: ConnectionID, _ reason: String, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let peer = connections[connection]?.peer else { return }
        out.append(.note(.fault(peer, reason: reason)))
        abandon(
            connection, WireFarewell(.protocolError, reason: reason), refusal: .protocolError,
            at: now, into: &out)
    }

    mutating func closeUngreeted(at now: Instant, into out: inout [PeerEffect]) {
        guard greetings > 0 else { return }
        for connection in connections.keys.sorted() {
            guard let known = connections[connection], !known.greeted,
                known.openedAt + settings.helloTimeout <= now
            else { continue }
            fault(connection, "no hello came in time", at: now, into: &out)
        }
    }
}
