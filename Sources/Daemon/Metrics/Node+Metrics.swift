// Room:  Daemon (floor 5).
// Task:  a node's figures as metrics, and whether it is alive and ready.
// May:   HTTP, Peer, Gossip, Membership, EventLoop.
// Proof: Tests/EndToEndTests/MetricsTests.swift

import EventLoop
import Gossip
import HTTP
import Membership
import Peer

extension Node {
    /// The three addresses that anybody may ask who reaches them: nothing here changes anything.
    ///
    /// - Returns: whether the path was one of them.
    func answerWatcher(_ request: HTTPRequest, _ responder: HTTPResponder) -> Bool {
        switch request.path {
        case "/metrics":
            responder.respond(
                status: 200, contentType: Exposition.contentType, body: Array(metrics.text.utf8))
        case "/healthz": say(responder, 200, "alive\n")
        case "/readyz":
            let reasons = reasonsAgainstReadiness
            let text = reasons.isEmpty ? "ready\n" : reasons.map { "\($0)\n" }.joined()
            say(responder, reasons.isEmpty ? 200 : 503, text)
        default: return false
        }
        return true
    }

    /// On the TCP port, where there are no rights of files: only these.
    func answerOnPort(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard request.method == "GET" || request.method == "HEAD" else {
            return say(responder, 405, "only GET, and only /metrics, /healthz, /readyz\n")
        }
        if !answerWatcher(request, responder) {
            say(responder, 404, "only /metrics, /healthz, /readyz\n")
        }
    }

    private func say(_ responder: HTTPResponder, _ status: Int, _ text: String) {
        responder.respond(
            status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// Each in a line; empty where it does what it is there for.
    private var reasonsAgainstReadiness: [String] {
        var reasons: [String] = []
        let gossip = core.gossip
        if isLeaving { reasons.append("it is stopping") }
        if core.membership.isExpelled { reasons.append("it was expelled by the members") }
        if gossip.phase == .failed { reasons.append("training has failed and has stopped") }
        if gossip.phase == .idle { reasons.append("no trainer has joined") }
        if gossip.phase == .joining { reasons.append("it fetches its first parameters") }
        if core.membership.links.isEmpty, !gossip.settings.isAlone, gossip.phase != .finished {
            reasons.append("it has no link, and the roster \(roster.current.count) members")
        }
        return reasons
    }

    private var metrics: Exposition {
        var out = Exposition()
        out.set(.buildInfo, 1, ("version", Software.version))
        learning(into: &out)
        federation(into: &out)
        traffic(into: &out)
        keeping(into: &out)
        process(into: &out)
        return out
    }

    private func learning(into out: inout Exposition) {
        let gossip = core.gossip
        for phase in GossipControl.Phase.allCases {
            out.set(.phase, phase == gossip.phase ? 1 : 0, ("phase", phase.rawValue))
        }
        out.set(.round, gossip.round)
        out.set(.rounds, core.settings.gossip.rounds)
        out.set(.samples, gossip.samples)
        out.set(.loss, gossip.loss)
        out.set(.heldOutLoss, core.heldOutLoss)
        out.set(.heldOutAccuracy, core.accuracy)
        if let desk = trainerRoom?.desk {
            out.set(.trainerPresent, desk.session == nil ? 0 : 1)
            for (name, value) in desk.metrics {
                out.set(.trainerFigure, value, ("figure", name))
            }
        }
        out.set(.disagreement, gossip.disagreement)
        out.set(.parameters, preparation.layout.count)
    }

    private func federation(into out: inout Exposition) {
        let rows = core.membership.status
        out.set(.links, core.membership.links.count)
        for state in Liveness.allCases {
            out.set(
                .members, rows.count { $0.liveness == state }, ("state", state.rawValue))
        }
        out.set(.generation, core.books?.roster.generation ?? 0)
        out.set(.exchanges, core.gossip.exchangesApplied)
        out.set(.epochs, counts.epochs)
        out.set(.faults, counts.faults)
        out.set(.dialsFailed, counts.dialsFailed)
        out.set(.endorsementsDropped, core.rosterDrops)
        out.set(.recordsDropped, core.books?.directory.drops.all ?? 0)
    }

    private func traffic(into out: inout Exposition) {
        let traffic = traffic
        out.set(.deltas, traffic.deltas)
        out.set(.deltaBytes, traffic.deltaBytes)
        out.set(.sentBytes, traffic.sent)
        out.set(.receivedBytes, traffic.received)
        for kind in Refusals.all {
            out.set(.refusals, counts.refusals[kind] ?? 0, ("code", kind.code), ("by", kind.by))
        }
        out.set(.refused, endpoint.map(\.counters.refusals) ?? 0)
    }

    private func keeping(into out: inout Exposition) {
        out.set(.checkpoints, counts.checkpoints)
        out.set(.checkpointFailures, counts.checkpointFailures)
        let since = counts.checkpointAt ?? startedAt
        out.set(.checkpointBytes, counts.checkpointBytes.map(Double.init))
        out.set(.checkpointInterval, savingInterval.inSeconds)
        out.set(.checkpointAge, (MonotonicTime.current - since).inSeconds)
        out.set(.stateFree, counts.freeBytes.map(Double.init))
        out.set(.keptDeltas, core.gossip.bytesKept)
        let lanes = [
            ("training", trainer?.pulse ?? trainerRoom?.lane.pulse), ("vectors", vectors?.pulse),
            ("saving", savings?.pulse),
        ]
        for (name, pulse) in lanes { out.set(.laneJobs, pulse?.jobs ?? 0, ("lane", name)) }
        out.set(.suppressed, limiter.suppressed)
        out.set(.loopDelay, loopDelay.worst(at: (MonotonicTime.current - startedAt).inSeconds))
    }

    /// Says itself how late it comes.
    func keepMeasuringDelay() {
        let timer = LoopTimer(loop: loop)
        timer.start(after: .seconds(1), repeating: .seconds(1)) {
            self.loopDelay.fired(at: (MonotonicTime.current - self.startedAt).inSeconds)
        }
        loopDelayTimer = timer
    }

    private func process(into out: inout Exposition) {
        let figures = ProcessFigures()
        out.set(.startTime, figures.started)
        out.set(.residentMemory, figures.resident.map(Double.init))
        out.set(.cpu, figures.cpu)
        out.set(.openFiles, figures.openFiles.map(Double.init))
        out.set(.mostFiles, ProcessFigures.mostFiles.map(Double.init))
    }
}
