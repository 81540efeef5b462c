// Room:  Simulation (floor 5, pure).
// Task:  dials, messages on their way, broken connections and partitions.
// May:   Gossip, Membership, Wire, Model.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/FaultTests.swift

import Gossip
import Membership
import Model
import Peer
import Wire

extension World {
    // MARK: Dials

    /// TCP's and TLS's handshakes are over, or have failed.
    mutating func dialled(_ node: Int, to other: Int, attempt: UInt64, began: UInt64) {
        let isReachable = !isBlocked(from: node, to: other) && !isBlocked(from: other, to: node)
        guard isReachable else { return }  // No answer at all: the core's own limit ends the dial.
        guard nodes[other] != nil else {
            record("dial failed", node, with: other)
            drive(node, .dialFailed(ids[other], attempt: attempt))
            return lookAtLaws(node)
        }
        let limit = plan.membership.dialTimeout
        guard .nanoseconds(now - began) < limit else { return }
        let connection = ConnectionID(raw: nextConnection)
        nextConnection += 1
        var cable = Cable(ends: [node, other], slowness: slowness(node, other))
        cable.isDeaf[1] = true
        cables[connection] = cable
        lives[node].connections.append(connection)
        lives[other].connections.append(connection)
        if let life = plan.faults.connectionLife, isRough {
            let time = after(generator.exponential(mean: life))
            queue.push(.fault(.breaks(connection)), at: time)
        }
        record("connected", node, with: other, detail: connection.raw)
        push(.accepted, over: connection, from: node)
        drive(node, .connected(connection, ids[other], attempt: attempt))
        lookAtLaws(node)
    }

    /// Of a pair, for the whole run.
    private func slowness(_ a: Int, _ b: Int) -> Double {
        guard plan.faults.slowLinks > 0 else { return 1 }
        let name = UInt64(min(a, b)) << 32 | UInt64(max(a, b))
        let drawn = SplitMix64.mix(plan.seed ^ SplitMix64.mix(name))
        return Double(drawn >> 11) * 0x1p-53 < plan.faults.slowLinks ? 10 : 1
    }

    // MARK: Messages

    mutating func send(_ message: Message, from node: Int, over connection: ConnectionID) {
        let body = message.encodedBody()
        bytesSent[node] += body.count + 5
        switch message {
        case .delta(let delta):
            deltasSent[node] += 1
            payloadSent[node] += delta.payload.count
        case .reference(let reference): payloadSent[node] += reference.payload.count
        case .snapshotChunk(let chunk): payloadSent[node] += chunk.payload.count
        case .hello, .resume, .heartbeat, .farewell, .snapshotRequest, .directory, .endorsements,
            .question, .answer:
            break
        }
        push(.message(message.kind, body), over: connection, from: node)
    }

    mutating func push(_ parcel: Parcel, over connection: ConnectionID, from node: Int) {
        guard let cable = cables[connection], !cable.isSevered else { return }
        let from = cable.side(of: node)
        guard !cable.isDeaf[from] else { return }
        schedule(parcel, over: connection, to: 1 - from)
    }

    /// Sends a parcel on its way to one end, or holds it where a partition is in between.
    private mutating func schedule(_ parcel: Parcel, over connection: ConnectionID, to side: Int) {
        guard var cable = cables[connection] else { return }
        if parcel.isDelta { cable.deltasUnderWay[side] += 1 }
        if isBlocked(from: cable.ends[1 - side], to: cable.ends[side]) {
            cable.held[side].append(parcel)
        } else {
            let faults = plan.faults
            var delay = generator.logNormal(median: faults.delay, sigma: faults.delaySigma)
            delay *= cable.slowness
            if let bandwidth = faults.bandwidth, case .message(_, let body) = parcel {
                delay += Double(body.count) / bandwidth
            }
            let arrival = max(after(delay), cable.lastArrival[side] + 1)
            cable.lastArrival[side] = arrival
            queue.push(.arrives(connection, side: side, parcel), at: arrival)
        }
        cables[connection] = cable
    }

    mutating func arrive(_ parcel: Parcel, over connection: ConnectionID, side: Int) {
        guard let cable = cables[connection], now <= cable.cutoff[side] else { return }
        if parcel.isDelta { cables[connection]?.deltasUnderWay[side] -= 1 }
        let (node, other) = (cable.ends[side], cable.ends[1 - side])
        guard nodes[node] != nil else { return }
        if case .accepted = parcel {
            record("accepted", node, with: other, detail: connection.raw)
            cables[connection]?.isDeaf[side] = false
            drive(node, .connected(connection, ids[other], attempt: nil))
            return lookAtLaws(node)
        }
        guard !cable.isDeaf[side] else { return }
        switch parcel {
        case .accepted: break
        case .end: tellClosed(connection, side: side)
        case .replay(let body): deliverReplay(body, over: connection, to: node, from: other)
        case .garbage(let kind, let body):
            deliver(kind, body, over: connection, to: node, from: other)
        case .message(let kind, let body):
            deliver(kind, body, over: connection, to: node, from: other)
            if kind == .delta { remember(body, over: connection, side: side) }
        }
    }

    private mutating func deliver(
        _ kind: FrameKind, _ body: [UInt8], over connection: ConnectionID, to node: Int,
        from other: Int
    ) {
        record(
            kind.name, node, with: other, detail: UInt64(body.count),
            content: EventTrace.hash(body))
        do throws(WireError) {
            guard let message = try Message.decode(kind: kind, body: body) else { return }
            drive(node, .received(connection, message))
        } catch {
            // The transport closes such a connection before the core sees anything.
            note("unparsable")
            push(.end, over: connection, from: node)
            tellClosed(connection, side: cables[connection]?.side(of: node) ?? 0)
        }
        lookAtLaws(node, and: other)
    }

    // MARK: Repeated deltas

    /// Keeps the last deltas, and brings those of the connection before once more after the first
    /// of a new one.
    private mutating func remember(_ body: [UInt8], over connection: ConnectionID, side: Int) {
        guard plan.faults.replay > 0, let cable = cables[connection] else { return }
        for parcel in cable.replays[side] { schedule(parcel, over: connection, to: side) }
        cables[connection]?.replays[side] = []
        let (node, other) = (cable.ends[side], cable.ends[1 - side])
        var recent = lives[node].recent[other] ?? []
        if recent.count == 3 { recent.removeFirst() }
        recent.append(.replay(body))
        lives[node].recent[other] = recent
    }

    /// A link is up on a new connection: draws whether old deltas come again.
    mutating func drawReplays(_ node: Int, _ connection: ConnectionID) {
        guard plan.faults.replay > 0, isRough, let cable = cables[connection] else { return }
        let side = cable.side(of: node)
        let other = cable.ends[1 - side]
        if let recent = lives[node].recent[other], generator.chance(plan.faults.replay) {
            cables[connection]?.replays[side] = recent
        }
    }

    /// A delta of an exchange that this end has applied, once more: the law is that nothing
    /// changes. One that it has not applied is no repetition, and falls away here.
    private mutating func deliverReplay(
        _ body: [UInt8], over connection: ConnectionID, to node: Int, from other: Int
    ) {
        let link = LinkID(UInt32(other))
        guard let message = try? Message.decode(kind: .delta, body: body),
            case .delta(let delta) = message,
            let before = nodes[node]?.core.standing(of: link),
            nodes[node]?.work.isEmpty == true,
            (delta.epoch, delta.exchange) < (before.epoch, before.exchange)
        else { return }
        note("replay")
        record("replayed delta", node, with: other, detail: delta.exchange)
        drive(node, .received(connection, message))
        laws.check(
            nodes[node]?.core.standing(of: link) == before
                && nodes[node]?.work.isEmpty == true,
            "a repeated delta is harmless: exchange \(delta.exchange) was applied already",
            node, other)
        lookAtLaws(node, and: other)
    }

    // MARK: Ends

    /// The node has closed its end, in order.
    mutating func close(
        _ connection: ConnectionID, from node: Int, _ farewell: WireFarewell?
    ) {
        if let farewell { send(.farewell(farewell), from: node, over: connection) }
        push(.end, over: connection, from: node)
        guard let side = cables[connection]?.side(of: node) else { return }
        deafen(connection, side: side)
    }

    /// Tells a node that a connection is gone.
    mutating func tellClosed(_ connection: ConnectionID, side: Int) {
        guard let cable = cables[connection], !cable.isDeaf[side] else {
            return deafen(connection, side: side)
        }
        let node = cable.ends[side]
        deafen(connection, side: side)
        guard nodes[node] != nil else { return }
        record("closed", node, with: cable.ends[1 - side], detail: connection.raw)
        drive(node, .closed(connection))
        lookAtLaws(node)
    }

    /// An end hears nothing more; a cable with two deaf ends is gone.
    private mutating func deafen(_ connection: ConnectionID, side: Int) {
        guard let cable = cables[connection] else { return }
        cables[connection]?.isDeaf[side] = true
        cables[connection]?.cutoff[side] = 0
        lives[cable.ends[side]].connections.removeAll { $0 == connection }
        if cable.cutoff[1 - side] == 0 { cables[connection] = nil }
    }

    /// What is under way is lost from some moment on, at each end another; one end may learn of it
    /// much later.
    mutating func sever(_ connection: ConnectionID) {
        guard let cable = cables[connection], !cable.isSevered else { return }
        note("cut")
        cables[connection]?.isSevered = true
        for side in [0, 1] where cable.cutoff[side] == .max {
            let lost = after(generator.uniform() * plan.faults.delay)
            cables[connection]?.cutoff[side] = lost
            let late = generator.chance(0.2) ? generator.uniform() * 3 : 0
            queue.push(.closed(connection, side: side), at: lost + UInt64(late * 1e9))
        }
    }

    /// The node's process is gone. Its kernel may still send what it was given, or the machine is
    /// without power and says nothing.
    mutating func severAll(of node: Int) {
        for connection in lives[node].connections {
            guard let cable = cables[connection] else { continue }
            let side = cable.side(of: node)
            let hasPower = generator.chance(0.7)
            cables[connection]?.isSevered = true
            deafen(connection, side: side)
            guard cables[connection] != nil else { continue }
            let last = max(now, cable.lastArrival[1 - side])
            let lost = hasPower ? last : after(generator.uniform() * plan.faults.delay)
            let late = hasPower ? 0 : generator.uniform() * 5
            cables[connection]?.cutoff[1 - side] = lost
            queue.push(.closed(connection, side: 1 - side), at: lost + UInt64(late * 1e9) + 1)
        }
        lives[node].connections = []
    }

    // MARK: Partitions

    func isBlocked(from: Int, to: Int) -> Bool {
        partitions.contains { $0.blocks(from: from, to: to) }
    }

    mutating func part() {
        let count = nodes.count
        var isInside = Array(repeating: false, count: count)
        if generator.chance(0.3) {
            isInside[generator.below(count)] = true
        } else {
            for node in 0..<count { isInside[node] = generator.chance(0.5) }
        }
        partitions.append(
            Partitioning(
                name: nextPartition, isInside: isInside, isOneWay: generator.chance(0.3)))
        note("partition")
        var length = generator.exponential(mean: plan.faults.partitionFor)
        if generator.chance(0.2) { length *= 6 }
        queue.push(.fault(.heal(nextPartition)), at: after(length))
        nextPartition += 1
    }

    /// What was held up goes on its way, as TCP sends it again.
    mutating func heal(_ name: Int) {
        partitions.removeAll { $0.name == name }
        for connection in cables.keys.sorted() {
            for side in [0, 1] {
                guard let cable = cables[connection], !cable.held[side].isEmpty,
                    !isBlocked(from: cable.ends[1 - side], to: cable.ends[side])
                else { continue }
                let held = cable.held[side]
                cables[connection]?.held[side] = []
                let deltas = held.count { $0.isDelta }
                cables[connection]?.deltasUnderWay[side] -= deltas
                guard !cable.isSevered else { continue }
                for parcel in held { schedule(parcel, over: connection, to: side) }
            }
        }
    }
}

extension FrameKind {
    fileprivate var name: StaticString {
        switch self {
        case .hello: "hello"
        case .reference: "reference"
        case .delta: "delta"
        case .heartbeat: "heartbeat"
        case .farewell: "farewell"
        case .resume: "resume"
        case .snapshotRequest: "snapshot request"
        case .snapshotChunk: "snapshot chunk"
        default: "unknown message"
        }
    }
}
