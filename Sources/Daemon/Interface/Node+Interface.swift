// Room:  Daemon (floor 5).
// Task:  the local interface: status, peers and parameters over the Unix socket.
// May:   HTTP, Peer, Gossip, Membership, Transport, Model.
// Proof: Tests/EndToEndTests

import EventLoop
import Glibc
import Gossip
import HTTP
import Membership
import Model
import Transport

extension Node {
    /// The socket in the state folder, and the port where one is configured.
    func openInterface() throws {
        let configuration = preparation.configuration
        let gate = InterfaceGate(parameters: preparation.layout.count)
        interface = try HTTPServer(
            loop: loop, listening: .unix(path: Configuration.socket(inState: configuration.state)),
            gate: { gate.admit($0) }
        ) { request, responder in self.answer(request, responder) }
        guard let address = configuration.interfaceListen else { return }
        let guarded = InterfaceGate(
            parameters: preparation.layout.count,
            token: try InterfaceGate.token(inState: configuration.state))
        tokenInterface = try HTTPServer(
            loop: loop, listening: .tcp(address),
            limits: HTTPLimits(connections: 16, idleSeconds: 30),
            gate: { guarded.admit($0) }
        ) { request, responder in self.answer(request, responder) }
    }

    func answer(_ request: HTTPRequest, _ responder: HTTPResponder) {
        if answerTrainer(request, responder) { return }
        if request.method == "POST" { return act(on: request, responder) }
        guard request.method == "GET" || request.method == "HEAD" else {
            return refuse(
                responder, 405, "\(request.method) is not for \(request.path)",
                code: "request.method")
        }
        if answerWatcher(request, responder) { return }
        switch request.path {
        case "/v1/members": reply(responder, members.json)
        case "/v1/actions": reply(responder, actions.json)
        case "/v1/invitation": reply(responder, invitation.json)
        case "/v1/status": reply(responder, status.json)
        case "/v1/peers": reply(responder, peers.json)
        case "/v1/parameters":
            sendParameters(responder, personal: request.parameter("personal") == "true")
        default: refuse(responder, 404, "nothing is at \(request.path)")
        }
    }

    func reply(_ responder: HTTPResponder, status: Int = 200, _ value: JSON) {
        responder.respond(
            status: status, contentType: "application/json", body: Array(value.text.utf8))
    }

    func refuse(
        _ responder: HTTPResponder, _ status: Int, _ text: String, hint: String? = nil,
        code: String? = nil
    ) {
        let usual = status == 404 ? "request.unknown" : "request.refused"
        reply(
            responder, status: status,
            InterfaceFailure(code: code ?? usual, error: text, hint: hint).json)
    }

    /// The vectors live on their lane: the client waits until they have been read there.
    ///
    /// - personal: with the tensors that are the node's own.
    private func sendParameters(_ responder: HTTPResponder, personal: Bool) {
        let waiting = park(responder)
        let model = PersonalModel(preparation, own: own)
        vectors?.submit(
            .read { parameters in
                self.deliver(
                    waiting,
                    Result { () throws(TrainerRefusal) in
                        try personal ? model.whole(parameters) : model.shared(parameters)
                    })
            })
    }

    private var status: NodeStatus {
        let gossip = core.gossip
        let traffic = traffic
        let own = preparation.identity.nodeID
        let federation = preparation.federation
        return NodeStatus(
            node: .init(id: "\(own)", short: own.short, name: name(of: own)),
            federation: .init(
                id: "\(federation.id)", short: federation.id.short, name: federation.name),
            software: Software.name, pid: getpid(),
            uptime_seconds: (MonotonicTime.current - startedAt).inSeconds,
            phase: gossip.phase.rawValue, joining: joining, round: gossip.round,
            rounds: core.settings.gossip.rounds, samples: gossip.samples,
            loss: finite(gossip.loss),
            held_out: .init(
                loss: finite(core.heldOutLoss), accuracy: finite(core.accuracy),
                rows: preparation.builtIn?.holdout.rows ?? 0),
            disagreement: finite(gossip.disagreement), links: core.membership.links.count,
            members: roster.count, parameters: preparation.layout.count,
            privacy: federation.privacy.rawValue,
            bytes: .init(
                sent: traffic.sent, received: traffic.received, payload_sent: traffic.payloadSent),
            deltas: .init(sent: traffic.deltas, payload_bytes: traffic.deltaBytes),
            refused: endpoint.map(\.counters.refusals) ?? 0,
            checkpoint: .init(
                generation: saving.generation, round: saving.round, error: saving.error),
            warnings: warnings, address: listeners.map { "\($0.localAddress)" },
            trainer: trainerStatus)
    }

    private var trainerStatus: NodeStatus.Trainer? {
        guard let desk = trainerRoom?.desk else { return nil }
        let now = (MonotonicTime.current - startedAt).inSeconds
        return NodeStatus.Trainer(
            present: desk.session != nil, name: desk.session?.name, pid: desk.session?.pid,
            since_seconds: desk.session.map { now - $0.since },
            metrics: Dictionary(
                desk.metrics.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    }

    private var joining: NodeStatus.Joining? {
        guard core.gossip.isJoining, let joining = core.joining else { return nil }
        return .init(done: joining.done, all: joining.all, from: joining.from.map(name(of:)))
    }

    private var peers: PeersStatus {
        let now = now
        let shares = preparation.federation.sharesMetrics
        return PeersStatus(
            peers: core.membership.status.map { row in
                let id = row.member.id
                let link = core.linkSummary(of: id)
                let told = core.progress[id]
                let connection = row.connection.flatMap { connections[$0]?.connection }
                return PeersStatus.Peer(
                    id: "\(id)", short: id.short, name: row.member.name,
                    state: row.liveness.rawValue, linked: row.connection != nil,
                    direction: row.direction?.rawValue, since_seconds: (now - row.since).inSeconds,
                    epoch: link?.epoch ?? 0, exchange: link?.exchange ?? 0,
                    exchanges: link?.exchanges ?? 0, disagreement: finite(link?.disagreement),
                    round: told?.round, rounds: told?.rounds,
                    // A node without held-out rows says 0.
                    accuracy: shares
                        ? told.flatMap { $0.accuracy > 0 ? Double($0.accuracy) : nil } : nil,
                    round_trip_ms: row.roundTrip.map { $0.inSeconds * 1000 },
                    clock_difference_seconds: core.clockDifferences[id]?.inSeconds,
                    problem: row.connection == nil ? problems[id] : nil,
                    bytes: .init(
                        sent: connection?.bytesSent ?? 0,
                        received: connection?.bytesReceived ?? 0),
                    attempts: row.attempts, failures: row.failures)
            })
    }

    private func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
}

extension TransportCounters {
    /// Connections that did not come through the handshake.
    var refusals: UInt64 {
        strangers + expelled + wrongKeys + badCertificates + tlsVersion + otherProtocol + garbage
            + abandoned + timeouts + tooMany
    }
}
