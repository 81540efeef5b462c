// Room:  Simulation (floor 5, pure).
// Task:  the shell of one node: hands events to the core and carries out what it asks for.
// May:   Gossip, Membership, Peer, Wire.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/WorldTests.swift

import Gossip
import Membership
import Peer
import Wire

extension World {
    mutating func drive(_ node: Int, _ event: PeerEvent) {
        guard nodes[node] != nil else { return }
        var effects: [PeerEffect] = []
        nodes[node]?.core.handle(event, at: lives[node].clock.reading(at: now), into: &effects)
        if plan.canary == .dropsTheResend { dropResend(of: event, at: node, &effects) }
        for effect in effects { carryOut(effect, at: node) }
    }

    private mutating func carryOut(_ effect: PeerEffect, at node: Int) {
        switch effect {
        case .dial(let peer, _, let attempt):
            let delay = generator.logNormal(
                median: 3 * plan.faults.delay, sigma: plan.faults.delaySigma)
            queue.push(
                .dialled(
                    node, to: place(of: peer), attempt: attempt, life: lives[node].number,
                    began: now), at: after(delay))
        case .send(let connection, let message): send(message, from: node, over: connection)
        case .accept: break  // Frame limits are the transport's.
        case .close(let connection, let farewell): close(connection, from: node, farewell)
        case .work(let item): enqueue(item, at: node)
        case .train(let round, let steps, let parameters, let correction):
            train(node, round, steps, parameters, correction)
        case .trainingRefused: note("training refused")
        case .wake(let time):
            nodes[node]?.wake = time
            arm(node, time)
        case .keep: break  // The roster of a world does not change.
        case .note(let what): take(what, at: node)
        }
    }

    func place(of peer: NodeID) -> Int {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < peer { low = middle + 1 } else { high = middle }
        }
        precondition(low < ids.count && ids[low] == peer, "a core speaks of a stranger")
        return low
    }

    // MARK: Training

    private mutating func train(
        _ node: Int, _ round: UInt64, _ steps: Int, _ parameters: [Float], _ correction: [Float]
    ) {
        guard
            let outcome = nodes[node]?.trainer.train(
                round: round, steps: steps, parameters: parameters, correction: correction)
        else { return }
        let time = plan.nodes[node].roundSeconds * (0.8 + 0.4 * generator.uniform())
        queue.push(.trained(node, life: lives[node].number, outcome), at: after(time))
    }

    // MARK: Work

    mutating func enqueue(_ item: WorkItem, at node: Int) {
        if case .forget(let link) = item { lives[node].forgotten.insert(Int(link.rawValue)) }
        nodes[node]?.work.append(item)
        if nodes[node]?.work.count == 1 { beginWork(node) }
    }

    private mutating func beginWork(_ node: Int) {
        queue.push(
            .workDone(node, life: lives[node].number), at: after(plan.workSeconds))
    }

    mutating func finishWork(_ node: Int) {
        guard let current = nodes[node], !current.work.isEmpty else { return }
        if current.done == nil { workAhead() }
        guard let done = current.done else { preconditionFailure("work ahead leaves none out") }
        current.done = nil
        let item = current.work.removeFirst()
        let (result, isLookedInto) = (done.result, current.isLookedInto)
        let other = item.link.map { Int($0.rawValue) }
        record(item.name, node, with: other ?? -1)
        look(at: item, done, node, current.vectors)
        if case .applied = result { exchangesApplied += 1 }
        if !current.work.isEmpty { beginWork(node) }
        drive(node, .workDone(result))
        if case .snapshot(let snapshot) = result { save(snapshot, at: node) }
        lookAtLaws(node, and: other, isDeep: isLookedInto)
    }

    /// Does all items that are under way now: an item hangs on its own node's vectors alone, and
    /// those change by its items alone. So they can be done in any order, and on any threads.
    private func workAhead() {
        let busy = nodes.compactMap { $0 }.filter { $0.done == nil && !$0.work.isEmpty }
        for node in busy {
            node.isLookedInto =
                node.work[0].exchange.map { laws.looksInto($0) } ?? laws.looksEverywhere
        }
        guard let workers, busy.count > 1 else {
            for node in busy { node.workAhead(canary: plan.canary) }
            return
        }
        // Each node is touched by one job, and this thread waits for all of them.
        nonisolated(unsafe) let jobs = busy
        workers(jobs.count) { [canary = plan.canary] in jobs[$0].workAhead(canary: canary) }
    }

    private mutating func look(
        at item: WorkItem, _ done: SimulatedNode.Done, _ node: Int, _ vectors: ParameterState
    ) {
        switch (item, done.result) {
        case (.apply(let link, let own, let peer, _, _), .applied):
            nearSum += Double(min(own.terms.near, peer.terms.near))
            laws.applied(
                own: own, peer: peer, node: node, other: Int(link.rawValue), before: done.before,
                reference: done.reference, vectors: vectors, codec: plan.codec)
        case (
            .makeDelta(let link, _, let exchange),
            .deltaMade(_, _, _, let payload, let before, let after, _)
        ):
            laws.made(
                payload, exchange: exchange, before: before, after: after, node: node,
                other: Int(link.rawValue),
                vectors: vectors, codec: plan.codec)
        default: break  // Everything else is looked at by its outcome.
        }
    }

    private mutating func save(_ snapshot: ParameterSnapshot, at node: Int) {
        guard let current = nodes[node] else { return }
        lives[node].disk.save(
            gossip: current.core.gossip.saved, vectors: spoilt(snapshot, at: node),
            trainer: current.trainer)
    }

    // MARK: Notes

    private mutating func take(_ what: PeerNote, at node: Int) {
        switch what {
        case .linkUp(let peer, _):
            note("link up")
            if let connection = nodes[node]?.core.membership.connection(to: peer) {
                drawReplays(node, connection)
            }
        case .linkDown: note("link down")
        case .newEpoch(let peer, let epoch):
            note("new epoch")
            let other = place(of: peer)
            laws.check(
                lives.hasLost(node, other),
                "a link goes on where it stopped: epoch \(epoch) was opened, and neither end "
                    + "has lost anything", node, other)
        case .fault(_, let reason): note("fault: \(reason)")
        case .refused(_, let code, _, _): note("refused: \(code)")
        case .joined:
            note("joined")
            // Its links start anew: what it was before has been given up.
            lives[node].hasLostState = true
        case .joinedNobody: note("joined nobody")
        case .liveness, .phase, .roster, .directory: break
        }
    }
}

extension WorkItem {
    var name: StaticString {
        switch self {
        case .makeDelta: "makes a delta"
        case .apply: "applies an exchange"
        case .makeReference: "makes a reference"
        case .adoptReference: "adopts a reference"
        case .clearLedger: "clears a ledger"
        case .addLocal: "adds local steps"
        case .fork: "forks"
        case .snapshot: "takes a snapshot"
        case .readChunk: "reads a chunk"
        case .takeChunk: "takes a chunk"
        case .dropChunks: "drops its chunks"
        case .forget: "forgets a link"
        }
    }

    var exchange: UInt64? {
        switch self {
        case .makeDelta(_, _, let exchange): exchange
        case .apply(_, let own, _, _, _): own.exchange
        case .makeReference, .adoptReference, .clearLedger, .addLocal, .fork, .snapshot,
            .readChunk, .takeChunk, .dropChunks, .forget:
            nil
        }
    }

    var link: LinkID? {
        switch self {
        case .makeDelta(let link, _, _), .apply(let link, _, _, _, _),
            .makeReference(let link, _, _), .adoptReference(let link, _), .clearLedger(let link),
            .forget(let link):
            link
        // Chunks leave a link's own vectors alone.
        case .addLocal, .fork, .snapshot, .readChunk, .takeChunk, .dropChunks: nil
        }
    }
}
