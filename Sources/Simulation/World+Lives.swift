// Room:  Simulation (floor 5, pure).
// Task:  nodes that start, crash, come back from their disks, stand still, leave and come late.
// May:   Gossip, Membership, Peer, Wire, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/FaultTests.swift

import Codec
import Gossip
import Membership
import Model
import Peer
import Wire

/// What a fault does when its time has come.
enum FaultEvent {
    case crash(Int)
    /// For good: in order, or by a crash without return.
    case leave(Int)
    case lose(Int)
    case jump(Int)
    case pause(Int)
    case breaks(ConnectionID)
    case part
    case heal(Int)
    case garbage
    case redraw
}

extension World {
    /// When each node starts, and which come late.
    mutating func drawStarts() {
        for node in ids.indices {
            var time = generator.uniform() * 0.1
            if generator.chance(plan.faults.late) {
                time += generator.uniform() * plan.faults.until / 2
            }
            time = plan.nodes[node].startsAfter ?? time
            queue.push(.start(node), at: UInt64(time * 1e9))
        }
    }

    /// The first fault of each kind; each draws the next one.
    mutating func drawFaults() {
        let faults = plan.faults
        for node in ids.indices {
            plan(.crash(node), every: faults.crashEvery)
            plan(.jump(node), every: faults.clockJumpEvery)
            plan(.pause(node), every: faults.pauseEvery)
        }
        plan(.part, every: faults.partitionEvery)
        plan(.garbage, every: faults.garbageEvery)
        plan(.redraw, every: faults.redrawEvery)
        var leavers = Array(ids.indices)
        generator.shuffle(&leavers)
        let most = min(ids.count / 2, max(ids.count - 3, 0))
        let count = min(most, Int((faults.leavers * Double(ids.count)).rounded(.up)))
        for node in leavers.prefix(count) {
            let time = after(faults.until * (0.3 + 0.5 * generator.uniform()))
            queue.push(.fault(generator.chance(0.5) ? .leave(node) : .lose(node)), at: time)
        }
    }

    private mutating func plan(_ fault: FaultEvent, every mean: Double?) {
        guard let mean else { return }
        let time = after(generator.exponential(mean: mean))
        if Double(time) / 1e9 < plan.faults.until { queue.push(.fault(fault), at: time) }
    }

    mutating func happen(_ fault: FaultEvent) {
        let faults = plan.faults
        switch fault {
        case .crash(let node):
            plan(fault, every: faults.crashEvery)
            crash(node)
        case .leave(let node): leave(node)
        case .lose(let node):
            lives[node].isGone = true
            stop(node, "lost for good")
        case .jump(let node):
            plan(fault, every: faults.clockJumpEvery)
            jump(node)
        case .pause(let node):
            plan(fault, every: faults.pauseEvery)
            record("stands still", node)
            let until = after(generator.exponential(mean: faults.pauseFor))
            // Never shorter than it was: what waits for its end would be overtaken.
            lives[node].pausedUntil = max(lives[node].pausedUntil, until)
        case .breaks(let connection): sever(connection)
        case .part:
            plan(fault, every: faults.partitionEvery)
            part()
        case .heal(let name): heal(name)
        case .garbage:
            plan(fault, every: faults.garbageEvery)
            sendGarbage()
        case .redraw:
            plan(fault, every: faults.redrawEvery)
            redraw()
        }
    }

    // MARK: Lives

    mutating func start(_ node: Int) {
        guard nodes[node] == nil, !lives[node].isGone else { return }
        lives[node].number += 1
        record("starts", node, detail: UInt64(lives[node].number))
        var saved: VirtualDisk.Instant?
        switch lives[node].disk.load() {
        case .loaded(let instant): saved = instant
        case .empty: break
        case .damaged:
            // The daemon refuses to start; its operator moves the folder away.
            note("all checkpoints damaged")
            lives[node].disk.wipe()
        }
        let genesis = plan.genesis
        let begin = plan.nodes[node].start.map { ParameterSnapshot(parameters: $0, links: []) }
        let vectors =
            (saved?.vectors ?? begin).flatMap {
                ParameterState(genesis: genesis, codec: plan.codec, snapshot: $0)
            } ?? ParameterState(genesis: genesis, codec: plan.codec)
        let core = Peer(
            settings: settings(of: node), roster: roster, freshDigest: vectors.freshDigest,
            seed: plan.seed &* 1_000_003 &+ UInt64(node * 4096 + lives[node].number),
            now: lives[node].clock.reading(at: now), saved: saved?.gossip)
        nodes[node] = SimulatedNode(
            core: core, vectors: vectors, trainer: saved?.trainer ?? plan.nodes[node].trainer)
        laws.restarted(node)
        drive(node, .start)
        if plan.faults.crashes {
            queue.push(
                .checkpoint(node, life: lives[node].number),
                at: after(plan.faults.checkpointEvery * generator.uniform()))
        }
        lookAtLaws(node)
    }

    private func settings(of node: Int) -> PeerSettings {
        var gossip = plan.gossip
        gossip.weight = plan.nodes[node].weight
        gossip.isAlone = ids.count == 1
        return PeerSettings(
            own: ids[node], federationID: Array(repeating: 9, count: 32), software: "simulated",
            parameters: plan.genesis.count, gossip: gossip, membership: plan.membership)
    }

    private mutating func crash(_ node: Int) {
        guard nodes[node] != nil else { return }
        note("crash")
        stop(node, "crashes")
        lives[node].hasLostState = true
        let faults = plan.faults
        if generator.chance(faults.wipe) {
            note("wiped")
            lives[node].disk.wipe()
        } else if generator.chance(faults.damage) {
            note("damaged")
            if generator.chance(0.5) {
                lives[node].disk.tear(&generator)
            } else {
                lives[node].disk.flip(&generator)
            }
        }
        queue.push(.start(node), at: after(faults.downFor * generator.uniform()))
    }

    private mutating func stop(_ node: Int, _ how: StaticString) {
        guard nodes[node] != nil else { return }
        record(how, node)
        nodes[node] = nil
        lives[node].number += 1
        severAll(of: node)
    }

    private mutating func leave(_ node: Int) {
        lives[node].isGone = true
        guard nodes[node] != nil else { return }
        note("leave")
        record("leaves", node)
        drive(node, .leave(forLong: true))
        stop(node, "is gone")
    }

    private mutating func jump(_ node: Int) {
        record("clock jumps", node)
        let by = generator.uniform() * plan.faults.clockJump
        lives[node].clock.jump(UInt64(by * 1e9), at: now)
        if let wake = nodes[node]?.wake { arm(node, wake) }
    }

    mutating func arm(_ node: Int, _ wake: Instant) {
        let time = lives[node].clock.time(of: wake, notBefore: now)
        queue.push(.tick(node, life: lives[node].number, at: wake), at: time)
    }

    // MARK: Others' mischief

    /// Bytes that do not parse, or a delta whose payload does not decode, somewhere.
    private mutating func sendGarbage() {
        let open = cables.keys.sorted().filter { cables[$0].map { !$0.isSevered } ?? false }
        guard !open.isEmpty else { return }
        let connection = open[generator.below(open.count)]
        guard let cable = cables[connection] else { return }
        let side = generator.below(2)
        let (node, other) = (cable.ends[side], cable.ends[1 - side])
        note("garbage")
        var bytes = (0..<generator.below(200)).map { _ in UInt8(generator.below(256)) }
        let standing = nodes[node]?.core.standing(of: LinkID(UInt32(other)))
        if let standing, generator.chance(0.5) {
            var delta = LinkDelta(
                epoch: standing.epoch, exchange: standing.exchange, payload: [],
                terms: Terms(
                    before: 1, after: 0, stepsBetween: 1, overlap: 0, rate: 0.1, weight: 1, cap: 0,
                    near: 0), digest: standing.digest)
            // No version of the codec begins so: the payload cannot decode by chance.
            delta.payload = [0xFF] + bytes
            push(
                .garbage(.delta, Message.delta(WireDelta(delta)).encodedBody()), over: connection,
                from: other)
        } else {
            // A field number 0 is in no message.
            bytes.insert(0, at: 0)
            let kind = FrameKind(rawValue: UInt8(1 + generator.below(6))) ?? .delta
            push(.garbage(kind, bytes), over: connection, from: other)
        }
    }

    /// Closes one link for good at both ends, as a view that is drawn anew does.
    private mutating func redraw() {
        let open = cables.keys.sorted().filter { cables[$0].map { !$0.isSevered } ?? false }
        guard !open.isEmpty else { return }
        let connection = open[generator.below(open.count)]
        guard let cable = cables[connection] else { return }
        note("redraw")
        record("redraws", cable.ends[0], with: cable.ends[1])
        for side in [0, 1] { close(connection, from: cable.ends[side], nil) }
        for side in [0, 1] {
            let node = cable.ends[side]
            drive(node, .received(connection, .farewell(WireFarewell(.viewFull))))
            drive(node, .closed(connection))
            lookAtLaws(node, and: cable.ends[1 - side])
        }
    }
}
