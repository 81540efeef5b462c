// Room:  Gossip (pure core).
// Task:  a node that starts from nothing among others that do not: parameters first, then gossip.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/JoiningTests.swift

import Model

extension GossipControl {
    /// Whether this node fetches its first parameters: it trains nothing and opens no link.
    public var isJoining: Bool { join.isFetching }

    /// Whether who starts from nothing should take this node's parameters.
    public var isGrown: Bool {
        guard !isJoining, round > 0 else { return false }
        return round >= settings.youngRounds || hasStopped
    }

    /// nil where nothing has been fetched in this run of the daemon.
    public var joinProgress: JoinProgress? {
        guard join.phase != .none else { return nil }
        return JoinProgress(done: join.done, all: join.all, from: join.from)
    }

    /// Nothing of its own has gone into `x`, and nothing of others': all of it may be replaced.
    private var isUntouched: Bool {
        mayJoin && join.phase == .none && round == 0 && moves == 0 && outcome == nil && !hasStopped
    }

    /// A peer's connection has become the link of the pair; to be said before the own standing is
    /// told, which waits while `isJoining`.
    ///
    /// - isGrown: as the peer says in its Hello.
    /// - parameters: `d`.
    public mutating func met(
        _ link: LinkID, isGrown: Bool, parameters: Int, at now: Duration,
        into out: inout [GossipEffect]
    ) {
        join.met(link, isGrown: isGrown, at: now)
        if isGrown, isUntouched {
            join.begin(parameters: parameters, at: now)
            // A round from genesis that is under way is not wanted any more.
            roundIsVoid = inRound
            pace.forgetDue()
        }
        if isJoining { tick(at: now, into: &out) }
    }

    /// A linked peer says how many rounds it has done: it may have joined itself meanwhile.
    public mutating func peer(
        _ link: LinkID, hasDone rounds: UInt64, at now: Duration, into out: inout [GossipEffect]
    ) {
        guard isJoining, rounds > 0, rounds >= settings.youngRounds,
            join.sources[link]?.isGrown == false
        else { return }
        join.grew(link)
        tick(at: now, into: &out)
    }

    /// A run of a peer's parameters, or its word that it is joining itself (nil).
    public mutating func received(
        _ chunk: SnapshotChunk?, on link: LinkID, at now: Duration, into out: inout [GossipEffect]
    ) {
        let run = chunk.map { $0.start..<($0.start + $0.count) }
        switch join.received(run, from: link, at: now) {
        case .take:
            guard let chunk else { break }
            joinRound = chunk.round
            out.append(.work(.takeChunk(link, chunk)))
        case .ignore: break
        case .fault: out.append(.fault(link, .unexpectedChunk(start: chunk?.start ?? 0)))
        }
        tick(at: now, into: &out)
    }

    /// - travelled: `|x - genesis|` of the whole snapshot, with its last run.
    mutating func tookChunk(
        upTo end: Int, travelled: Double?, at now: Duration, into out: inout [GossipEffect]
    ) {
        guard join.taken(upTo: end, at: now) else { return }
        self.travelled = travelled ?? 0
        // As the others have it: so the rates of its rounds fit, and it ends when they do. No peer
        // can have done more than its overtime, whatever it says.
        round = min(joinRound, settings.rounds * settings.overtime)
        version += 1
        isNewcomer = true
        if round >= settings.rounds { backUntil = now + grace }
        for place in links.values.indices { links.values[place].startAnew() }
        if let from = join.from { out.append(.joined(from, round: round)) }
    }

    mutating func refusedChunk(
        _ link: LinkID, _ fault: GossipFault, into out: inout [GossipEffect]
    ) {
        join.refused(from: link)
        out.append(.fault(link, fault))
    }

    /// Asks for the next run, or gives up.
    mutating func fetch(at now: Duration, into out: inout [GossipEffect]) {
        guard join.isFetching else { return }
        if join.isInVain(at: now) {
            join.giveUp()
            out.append(.work(.dropChunks))
            out.append(.joinedNobody)
        } else if let request = join.nextRequest(at: now, by: &generator) {
            out.append(
                .requestChunk(
                    request.link, start: request.run.lowerBound, count: request.run.count))
        }
    }
}
