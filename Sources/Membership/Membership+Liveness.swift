// Room:  Membership (floor 3, pure).
// Task:  who is alive: questions on quiet links, suspicion, down.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/LivenessTests.swift

extension Membership {
    /// Any frame arrived. O(1), no effects: a suspicion that it refutes ends at the next tick.
    public mutating func heard(_ connection: ConnectionID, at now: Instant) {
        guard let place = connections[connection] else { return }
        var state = members[place]
        guard var link = state.link else { return }
        if let question = link.question {
            let silence = now - question.asked
            state.answers.add(silence)
            if silence <= settings.heartbeatInterval { health.recover() }
        }
        if now > link.heard {
            link.heardBefore = link.heard
            link.heard = now
        }
        link.question = nil
        state.link = link
        members[place] = state
    }

    /// `suspectAfter` and `downAfter`, longer while this node doubts itself.
    var suspectAfter: Duration { settings.suspectAfter * health.factor }
    var downAfter: Duration { settings.downAfter * health.factor }

    /// How long a question may stay unanswered before this member is suspect: longer than
    /// `suspectAfter` where its own answers say so.
    private func suspectAfter(_ state: MemberState) -> Duration {
        guard patience > 0, let usual = state.answers.silence(deviations: patience) else {
            return suspectAfter
        }
        return min(max(usual, suspectAfter), downAfter)
    }

    /// The answer to a `probe`. Any frame ends the silence; an answer tells the round trip too.
    public mutating func answered(
        _ connection: ConnectionID, token: UInt64, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        guard let place = connections[connection] else { return }
        if let link = members[place].link, link.token == token {
            members[place].link?.roundTrip = now - link.tokenSent
            members[place].link?.token = nil
        }
        heard(connection, at: now)
        become(.alive, place, at: now, into: &out)
        settle(at: now, into: &out)
    }

    /// How long a link may be quiet before this end asks: `heartbeatInterval`, and a quarter longer
    /// than it was quiet last, up to `restInterval`.
    ///
    /// The higher ID waits a quarter longer still: mostly the other's question spares it its own.
    private func quiet(_ link: Link) -> Duration {
        let longest = max(settings.heartbeatInterval, settings.restInterval)
        let last = link.heard - link.heardBefore
        let quiet = min(max(last * 5 / 4, settings.heartbeatInterval), longest)
        return link.isHigher ? quiet * 5 / 4 : quiet
    }

    /// What time does to one member.
    mutating func watch(_ place: Int, at now: Instant, into out: inout [MembershipEffect]) {
        let state = members[place]
        guard let deadline = watchDeadline(of: state, place), deadline <= now else {
            if state.link != nil, state.link?.question == nil {
                become(.alive, place, at: now, into: &out)
            }
            return
        }
        if let link = state.link {
            guard let question = link.question else {
                become(.alive, place, at: now, into: &out)
                return ask(place, contested: false, at: now, into: &out)
            }
            let silence = now - question.asked
            if silence >= downAfter {
                return closeSilent(place, reason: .down, at: now, into: &out)
            }
            if question.contested, silence >= suspectAfter {
                // It dialled us, so it is there; only this connection is dead.
                return closeSilent(place, reason: .lost, at: now, into: &out)
            }
            if silence >= suspectAfter(state) { become(.suspect, place, at: now, into: &out) }
            if question.lastAsked + settings.heartbeatInterval <= now {
                ask(place, contested: question.contested, at: now, into: &out)
            }
        } else if let lost = state.heldSince {
            if now - lost >= downAfter {
                release(place, reason: .down, into: &out)
                declareDown(place, at: now, into: &out)
            } else {
                become(.suspect, place, at: now, into: &out)
            }
        } else {
            become(.down, place, at: now, into: &out)
        }
    }

    /// Closes a link on which nobody answers, and dials soon: the next connection may do better.
    private mutating func closeSilent(
        _ place: Int, reason: LinkDownReason, at now: Instant,
        into out: inout [MembershipEffect]
    ) {
        guard let link = unlink(place, at: now) else { return }
        out.append(.close(link.connection, .silent))
        if reason == .down {
            release(place, reason: .down, into: &out)
            declareDown(place, at: now, into: &out)
        } else {
            out.append(.linkDown(id(place), reason: reason))
        }
        members[place].notBefore = now + backoff(step: 1)
    }

    /// When `watch` has something to do for this member.
    func watchDeadline(of state: MemberState, _ place: Int) -> Instant? {
        if let link = state.link {
            guard let question = link.question else {
                return link.heard + quiet(link)
            }
            let verdict =
                question.contested
                ? suspectAfter : state.liveness == .suspect ? downAfter : suspectAfter(state)
            return min(
                question.lastAsked + settings.heartbeatInterval, question.asked + verdict)
        }
        if let lost = state.heldSince {
            return lost + (state.liveness == .suspect ? downAfter : suspectAfter)
        }
        // Tried more than once, for long enough, and never reached.
        if state.liveness == .unknown, state.failures > 1, let began = state.troubledSince {
            return began + downAfter
        }
        return nil
    }

    /// Two connections of one pair, and the older is kept: make sure that it is not a dead one
    /// whose peer was started anew.
    mutating func contest(_ place: Int, at now: Instant, into out: inout [MembershipEffect]) {
        guard members[place].link != nil else { return }
        if members[place].link?.question == nil {
            ask(place, contested: true, at: now, into: &out)
        } else {
            members[place].link?.question?.contested = true
        }
    }

    mutating func ask(
        _ place: Int, contested: Bool, at now: Instant, into out: inout [MembershipEffect]
    ) {
        guard let link = members[place].link else { return }
        let token = nextToken
        nextToken += 1
        members[place].link?.token = token
        members[place].link?.tokenSent = now
        if link.question == nil {
            members[place].link?.question = Question(
                asked: now, lastAsked: now, contested: contested)
        } else {
            // Unanswered for a heartbeat. One silent peer alone says nothing of this end, and the
            // answers of the others soon outweigh it; of one or two links nothing can be told.
            if link.question?.lastAsked == link.question?.asked, connections.count > 2 {
                health.worsen(at: now)
            }
            members[place].link?.question?.lastAsked = now
        }
        out.append(.probe(id(place), link.connection, token: token))
    }

    /// The tick came much too late: this node slept (stopped, swapped out, its machine suspended).
    /// Answers may lie unread, so every silence is timed anew from now.
    ///
    /// - Source: the idea of Lifeguard (Dadgar, Phillips, Currey 2017): doubt yourself first.
    mutating func doubtItself(at now: Instant) {
        for place in members.met {
            members[place].link?.question?.asked = now
            if members[place].heldSince != nil { members[place].heldSince = now }
            if members[place].troubledSince != nil { members[place].troubledSince = now }
            members[place].dial?.deadline = now + settings.dialTimeout
        }
        for at in inquiries.indices { inquiries[at].deadline = now + suspectAfter }
    }
}
