// Room:  Daemon (floor 5).
// Task:  a trainer outside that joins, lives, leaves, or dies without a word.
// May:   EventLoop, HTTP, Gossip, Model, Peer.
// Proof: Tests/EndToEndTests/TrainerTests.swift

import EventLoop
import FoundationEssentials
import Glibc
import HTTP
import Model
import Store

extension Node {
    /// Of this process.
    private var seconds: Double { (MonotonicTime.current - startedAt).inSeconds }

    func openTrainerRoom() {
        guard preparation.builtIn == nil else { return }
        var folder: TrainerFolder?
        do throws(TrainerRefusal) {
            folder = try TrainerFolder(preparation.configuration.trainerFolder)
        } catch {
            warn("\(error.what): a trainer's tensors go through the socket")
        }
        let timer = LoopTimer(loop: loop)
        trainerRoom = TrainerRoom(
            desk: TrainerDesk(life: InterfaceGate.random(bytes: 4), now: seconds),
            lane: Lane({ () }) { _, job in job() }, folder: folder, timer: timer)
        timer.start(after: .seconds(1), repeating: .seconds(1)) { self.lookForTrainer() }
    }

    /// Answers what is for trainers.
    ///
    /// - Returns: false where the path is none of theirs.
    func answerTrainer(_ request: HTTPRequest, _ responder: HTTPResponder) -> Bool {
        do throws(TrainerRefusal) {
            switch (request.method, request.path) {
            case ("GET", "/v1/model"), ("HEAD", "/v1/model"): tellModel(responder)
            case ("POST", "/v1/trainer"): try join(request, responder)
            case ("POST", "/v1/trainer/alive"):
                try hear(request)
                reply(responder, TrainerAnswers.alive)
            case ("DELETE", "/v1/trainer"): try leaveTrainer(request, responder)
            case ("GET", "/v1/work"): try askForWork(request, responder)
            case ("POST", "/v1/work"): try takeHandIn(request, responder)
            case ("GET", "/v1/work/parameters"): try sendWork(request, responder, \.parameters)
            case ("GET", "/v1/work/correction"): try sendWork(request, responder, \.correction)
            case ("PUT", "/v1/private"): try keepPrivate(request, responder)
            case ("GET", "/v1/private"): try sendPrivate(request, responder)
            case ("POST", "/v1/metrics"): try takeMetrics(request, responder)
            case ("POST", "/v1/finish"): try finishTraining(request, responder)
            default: return false
            }
        } catch {
            refuse(responder, error)
        }
        return true
    }

    func refuse(_ responder: HTTPResponder, _ refusal: TrainerRefusal) {
        refuse(
            responder, refusal.status, refusal.what, hint: refusal.hint, code: refusal.code)
    }

    private func tellModel(_ responder: HTTPResponder) {
        let folder = trainerRoom?.folder?.path
        reply(
            responder,
            TrainerAnswers.model(
                preparation, name: name(of: preparation.identity.nodeID), folder: folder,
                bodyLimit: InterfaceGate(parameters: preparation.layout.count).vectorLimit))
    }

    /// A sign of life of the trainer that says this session.
    func hear(_ request: HTTPRequest) throws(TrainerRefusal) {
        guard trainerRoom != nil else { throw .builtIn }
        try trainerRoom?.desk.hear(request.parameter("session"), at: seconds)
    }

    // MARK: Joining and leaving

    private struct Introduction: Decodable {
        struct Tensor: Decodable {
            let name: String
            let shape: [Int]
        }
        let name: String
        let pid: Int
        let federation: String?
        let tensors: [Tensor]?
    }

    private func join(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        guard trainerRoom != nil else { throw .builtIn }
        let said: Introduction = try Self.decoded(request.body, as: "a trainer's introduction")
        guard !said.name.isEmpty, said.name.utf8.count <= 64 else {
            throw TrainerRefusal(
                400, "request.malformed", "'name' must have 1 to 64 bytes")
        }
        let federation = preparation.federation
        if let id = said.federation, id != "\(federation.id)" {
            throw TrainerRefusal(
                409, "trainer.federation",
                "this node is of the federation '\(federation.name)' (\(federation.id.short)), "
                    + "the trainer wants \(id.prefix(80))",
                hint: "is this the right socket?")
        }
        if let tensors = said.tensors {
            try preparation.layout.check(tensors.map { (name: $0.name, shape: $0.shape) })
        }
        // Who was killed and starts again need not wait for the lease of its own predecessor.
        dropLostTrainer()
        try trainerRoom?.desk.join(
            token: InterfaceGate.random(bytes: 16),
            name: String(
                String.UnicodeScalarView(said.name.unicodeScalars.filter { !$0.isInvisible })),
            pid: said.pid,
            process: request.process, at: seconds)
        guard let session = trainerRoom?.desk.session else { return }
        trainerRoom?.folder?.removeDelta()
        log.notice(
            "trainer-joined",
            metadata: [
                "name": "\(session.name)", "process": "\(session.pid)",
                "round": "\(core.gossip.round)",
            ])
        // What an earlier trainer was given is old by now.
        if let work = trainerRoom?.desk.work { refresh(work.id) }
        let hasPrivate =
            access(Configuration.ownTensors(inState: preparation.configuration.state), R_OK) == 0
        reply(
            responder, status: 201,
            TrainerAnswers.joined(
                session, round: core.gossip.round, rounds: core.settings.gossip.rounds,
                hasPrivate: hasPrivate))
        drive(.trainer(isAway: false))
    }

    private func leaveTrainer(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        try hear(request)
        log.notice("trainer-left", metadata: ["round": "\(core.gossip.round)"])
        trainerRoom?.desk.leave(at: seconds)
        answerParked()
        reply(responder, TrainerAnswers.done("starling.trainer/1"))
    }

    private func finishTraining(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        try hear(request)
        log.notice("trainer-finished", metadata: ["round": "\(core.gossip.round)"])
        trainerRoom?.desk.dropWork()
        drive(.stopTraining)
        reply(responder, TrainerAnswers.done("starling.finished/1"))
    }

    /// Every second.
    private func lookForTrainer() {
        dropLostTrainer()
        guard let since = trainerRoom?.desk.awaySince, !core.gossip.trainerIsAway,
            seconds - since > preparation.configuration.trainerPatience.inSeconds
        else { return }
        drive(.trainer(isAway: true))
    }

    private func dropLostTrainer() {
        let lost = trainerRoom?.desk.dropLost(at: seconds) { process in
            kill(process, 0) == 0 || errno != ESRCH
        }
        guard let lost else { return }
        log.warning(
            "trainer-lost",
            metadata: [
                "name": "\(lost.name)", "process": "\(lost.pid)", "round": "\(core.gossip.round)",
                "note": "gossip goes on; a trainer that joins carries on",
            ])
        answerParked()
    }

    // MARK: Figures

    private func takeMetrics(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        try hear(request)
        let said: [String: Double] = try Self.decoded(request.body, as: "names and numbers")
        guard said.count <= 32 else {
            throw TrainerRefusal(400, "request.malformed", "at most 32 figures are kept")
        }
        for name in said.keys.sorted() where !Self.isFigure(name) {
            throw TrainerRefusal(
                400, "request.malformed", "'\(name.prefix(80))' is no name of a figure",
                hint: "a letter a to z, then up to 39 of a to z, 0 to 9 and _")
        }
        trainerRoom?.desk.metrics = said.keys.sorted().map { (name: $0, value: said[$0] ?? 0) }
        drive(.evaluated(loss: said["loss"], accuracy: said["accuracy"]))
        reply(responder, TrainerAnswers.done("starling.metrics/1"))
    }

    private static func isFigure(_ name: String) -> Bool {
        guard let first = name.utf8.first, (97...122).contains(first), name.utf8.count <= 40 else {
            return false
        }
        return name.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_")
        }
    }

    private static func decoded<Said: Decodable>(
        _ body: [UInt8], as what: String
    ) throws(TrainerRefusal) -> Said {
        do {
            return try JSONDecoder().decode(Said.self, from: Data(body))
        } catch {
            throw TrainerRefusal(
                400, "request.malformed", "the body is not \(what)",
                hint: "see the API's description")
        }
    }
}

extension ParameterLayout {
    /// - Throws: naming the first tensor that is missing, too much, or of another shape.
    func check(_ tensors: [(name: String, shape: [Int])]) throws(TrainerRefusal) {
        func mismatch(_ what: String) -> TrainerRefusal {
            TrainerRefusal(
                409, "trainer.layout", what,
                hint: "names and shapes must be those of the federation's model")
        }
        var said: [String: [Int]] = [:]
        for tensor in tensors where said.updateValue(tensor.shape, forKey: tensor.name) != nil {
            throw mismatch("tensor '\(tensor.name)' is named twice")
        }
        for tensor in self.tensors {
            guard let shape = said[tensor.name] else {
                throw mismatch("tensor '\(tensor.name)' is missing")
            }
            guard shape == tensor.shape else {
                throw mismatch(
                    "tensor '\(tensor.name)' has shape \(shape), the federation's has "
                        + "\(tensor.shape)")
            }
        }
        let names = Set(self.tensors.map(\.name))
        for tensor in tensors where !names.contains(tensor.name) {
            throw mismatch("tensor '\(tensor.name)' is not in the federation's model")
        }
    }
}
