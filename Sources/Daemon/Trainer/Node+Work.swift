// Room:  Daemon (floor 5).
// Task:  a round's work to the trainer and back, and the tensors that are the node's own.
// May:   EventLoop, Gossip, HTTP, Model, Store.
// Proof: Tests/EndToEndTests/TrainerTests.swift

import EventLoop
import Gossip
import HTTP
import Learning
import Model
import Store

extension Node {
    private static let longestWait = 60.0

    private var isOver: Bool {
        switch core.gossip.phase {
        case .settling, .finished, .failed: true
        case .waiting, .joining, .training, .idle: false
        }
    }

    // MARK: Out

    /// The core wants a round trained.
    func openWork(_ round: UInt64, _ steps: Int, _ parameters: [Float], _ correction: [Float]) {
        trainerRoom?.desk.open(
            round: round, steps: steps, parameters: parameters, correction: correction)
        answerParked()
    }

    /// The phase is another one: what was out may not be wanted any more.
    func lookAtWork() {
        guard trainerRoom != nil, isOver else { return }
        trainerRoom?.desk.dropWork()
        answerParked()
    }

    /// Gives an open work the parameters as they are now.
    func refresh(_ id: String) {
        let loop = loop
        vectors?.submit(
            .readBoth { parameters, correction in
                loop.execute {
                    self.assumeIsolated {
                        $0.trainerRoom?.desk.refresh(
                            id, parameters: parameters, correction: correction)
                    }
                }
            })
    }

    func askForWork(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        try hear(request)
        let after = request.parameter("after").flatMap { $0.isEmpty ? nil : $0 }
        let wantsFiles = request.parameter("files") == "true"
        let text = request.parameter("wait") ?? "0"
        guard let wait = Double(text), wait >= 0, wait <= Self.longestWait else {
            throw TrainerRefusal(
                400, "request.malformed", "'wait' must be 0 to \(Int(Self.longestWait)) seconds")
        }
        answerParked(sayingWait: true)
        if giveWork(responder, after: after, wantsFiles: wantsFiles) { return }
        guard wait > 0 else { return tellWork(responder, nil, files: false) }
        let timer = LoopTimer(loop: loop)
        timer.start(after: .milliseconds(Int64(wait * 1000))) {
            self.answerParked(sayingWait: true)
        }
        trainerRoom?.parked = TrainerRoom.Parked(
            responder: responder, after: after, wantsFiles: wantsFiles, timer: timer)
    }

    /// - sayingWait: even where there is nothing to do.
    func answerParked(sayingWait: Bool = false) {
        guard let parked = trainerRoom?.parked else { return }
        if trainerRoom?.desk.session == nil {
            refuse(parked.responder, .noSession)
        } else if !giveWork(
            parked.responder, after: parked.after, wantsFiles: parked.wantsFiles)
        {
            guard sayingWait else { return }
            tellWork(parked.responder, nil, files: false)
        }
        parked.timer.cancel()
        trainerRoom?.parked = nil
    }

    /// - Returns: false where there is nothing new for the trainer.
    private func giveWork(
        _ responder: HTTPResponder, after: String?, wantsFiles: Bool
    ) -> Bool {
        guard let room = trainerRoom else { return false }
        guard let work = room.desk.work, work.id != after, !room.desk.isReading else {
            guard isOver else { return false }
            tellWork(responder, nil, files: false)
            return true
        }
        guard wantsFiles, let folder = room.folder else {
            tellWork(responder, work, files: false)
            return true
        }
        let waiting = park(responder)
        let (layout, loop) = (preparation.layout, loop)
        room.lane.submit {
            let result = Result { () throws(TrainerRefusal) in
                try folder.write(TrainerFolder.parameters, layout: layout, work.parameters)
                try folder.write(TrainerFolder.correction, layout: layout, work.correction)
            }
            loop.execute {
                self.assumeIsolated { node in
                    guard let responder = node.unpark(waiting) else { return }
                    switch result {
                    case .success: node.tellWork(responder, work, files: true)
                    case .failure(let refusal): node.refuse(responder, refusal)
                    }
                }
            }
        }
        return true
    }

    /// - work: nil: nothing to do now, or nothing any more.
    private func tellWork(_ responder: HTTPResponder, _ work: TrainerWork?, files: Bool) {
        let gossip = core.gossip
        let training = preparation.federation.training
        let round = work?.round ?? gossip.round
        let factor = Hyperparameters(rate: 1, schedule: Schedule(training.schedule)).rate(
            round: Int(clamping: round), of: training.rounds)
        let apart = gossip.disagreement.flatMap { $0.isFinite ? $0 : nil }
        reply(
            responder,
            .object([
                ("schema", .string("starling.work/1")),
                ("state", .string(work != nil ? "train" : isOver ? "over" : "wait")),
                ("why", .string(work == nil ? whyNoWork : nil)), ("work", .string(work?.id)),
                ("round", .unsigned(round)), ("rounds", .unsigned(core.settings.gossip.rounds)),
                ("steps", .integer(Int64(work?.steps ?? preparation.steps))),
                ("rate_factor", .number(Double(factor))),
                ("phase", .string(gossip.phase.rawValue)),
                ("links", .integer(Int64(core.membership.links.count))),
                ("members", .integer(Int64(roster.count))), ("disagreement", .number(apart)),
                (
                    "files",
                    files
                        ? .object([
                            ("parameters", .string(TrainerFolder.parameters)),
                            ("correction", .string(TrainerFolder.correction)),
                        ]) : .null
                ),
            ]))
    }

    private var whyNoWork: String {
        switch core.gossip.phase {
        case .waiting: "no peer is linked: training alone would only drift"
        case .joining: "the node fetches its first parameters from others"
        case .training: "the next round has not begun"
        case .idle: "the node has just heard of its trainer"
        case .settling: "the rounds are over, the nodes settle"
        case .finished: "the training of this federation is over"
        case .failed: "training gave results that were not finite, and has stopped"
        }
    }

    func sendWork(
        _ request: HTTPRequest, _ responder: HTTPResponder, _ vector: KeyPath<TrainerWork, [Float]>
    ) throws(TrainerRefusal) {
        try hear(request)
        guard let work = trainerRoom?.desk.work, work.id == request.parameter("work") else {
            throw .stale
        }
        let (values, layout) = (work[keyPath: vector], preparation.layout)
        answerFromLane(responder) { () throws(TrainerRefusal) in
            Safetensors.encode(layout: layout, parameters: values, inFloat32: true)
        }
    }

    // MARK: In

    func takeHandIn(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        try hear(request)
        let handIn = try HandIn(request)
        if handIn.work != trainerRoom?.desk.lastHandedIn, isOver { throw .over }
        guard let work = try trainerRoom?.desk.beginReading(handIn.work) else {
            return reply(
                responder,
                TrainerAnswers.handedIn(
                    accepted: true, again: true, why: nil, round: core.gossip.round))
        }
        let waiting = park(responder)
        let (folder, layout, body, loop) =
            (trainerRoom?.folder, preparation.layout, request.body, loop)
        let limit = InterfaceGate(parameters: layout.count).vectorLimit
        let rate = preparation.federation.training.rate
        trainerRoom?.lane.submit {
            let result = Result { () throws(TrainerRefusal) -> TrainingOutcome in
                var bytes = body
                if let file = handIn.file {
                    guard let folder else {
                        throw TrainerRefusal(409, "folder.none", "this node has no shared folder")
                    }
                    if let vector = try folder.readVector(file, layout: layout) {
                        return try handIn.outcome(
                            vector, work: work, layout: layout, policyRate: rate)
                    }
                    bytes = try folder.read(file, limit: limit)
                }
                return try handIn.outcome(bytes, work: work, layout: layout, policyRate: rate)
            }
            loop.execute {
                self.assumeIsolated { $0.hasRead(work, result, for: waiting) }
            }
        }
    }

    private func hasRead(
        _ work: TrainerWork, _ result: Result<TrainingOutcome, TrainerRefusal>, for waiting: UInt64
    ) {
        let responder = unpark(waiting)
        switch result {
        case .failure(let refusal):
            trainerRoom?.desk.endReading(work.id, taken: false)
            if let responder { refuse(responder, refusal) }
            // A question that came meanwhile may have the work.
            answerParked()
        case .success(let outcome):
            // The round may have been closed meanwhile: the rounds are over, or others' parameters
            // have taken the place of these.
            let isWanted = trainerRoom?.desk.work?.id == work.id && core.gossip.wantsOutcome
            trainerRoom?.desk.endReading(work.id, taken: true)
            if let responder {
                reply(
                    responder,
                    TrainerAnswers.handedIn(
                        accepted: isWanted, again: false,
                        why: isWanted ? nil : "the round was closed meanwhile",
                        round: work.round + 1))
            }
            if core.gossip.awaitsOutcome, !isLeaving { drive(.trained(outcome)) }
        }
    }

    // MARK: The node's own tensors

    func keepPrivate(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        try hear(request)
        let shared = Set(preparation.layout.tensors.map(\.name))
        let path = Configuration.ownTensors(inState: preparation.configuration.state)
        let body = request.body
        answerFromLane(responder, "application/json") { () throws(TrainerRefusal) in
            let tensors = try StoredTensors.from(body).tensors
            if let name = tensors.first(where: { shared.contains($0.name) })?.name {
                throw TrainerRefusal(
                    422, "private.shared", "tensor '\(name)' is shared in this federation")
            }
            do throws(StoreError) {
                try Files.writeAtomically(path, body, mode: 0o600)
            } catch {
                throw TrainerRefusal(507, "private.not-kept", error.what, hint: error.hint)
            }
            let answer = TrainerAnswers.done(
                "starling.private/1",
                [
                    ("tensors", .integer(Int64(tensors.count))),
                    ("bytes", .integer(Int64(body.count))),
                ])
            return Array(answer.text.utf8)
        }
    }

    func sendPrivate(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(TrainerRefusal) {
        try hear(request)
        let path = Configuration.ownTensors(inState: preparation.configuration.state)
        answerFromLane(responder) { () throws(TrainerRefusal) in try Self.ownTensors(path) }
    }

    /// - Throws: 404 where the trainer has not given any.
    static func ownTensors(_ path: String) throws(TrainerRefusal) -> [UInt8] {
        do throws(StoreError) {
            return try Files.read(path, limit: InterfaceGate.privateLimit)
        } catch {
            if case .missing = error {
                throw TrainerRefusal(
                    404, "private.none", "no trainer has given this node tensors of its own")
            }
            throw TrainerRefusal(500, "private.unreadable", error.what, hint: error.hint)
        }
    }

    // MARK: Off the loop

    private func answerFromLane(
        _ responder: HTTPResponder, _ contentType: String = "application/octet-stream",
        _ make: @escaping @Sendable () throws(TrainerRefusal) -> [UInt8]
    ) {
        let waiting = park(responder)
        trainerRoom?.lane.submit {
            self.deliver(
                waiting, Result { () throws(TrainerRefusal) in try make() },
                contentType: contentType)
        }
    }

    /// From a lane: what became of a question that was parked.
    nonisolated func deliver(
        _ waiting: UInt64, _ result: Result<[UInt8], TrainerRefusal>,
        contentType: String = "application/octet-stream"
    ) {
        loop.execute {
            self.assumeIsolated { node in
                guard let responder = node.unpark(waiting) else { return }
                switch result {
                case .success(let bytes):
                    responder.respond(status: 200, contentType: contentType, body: bytes)
                case .failure(let refusal): node.refuse(responder, refusal)
                }
            }
        }
    }

    /// Responders stay on the loop; what goes to a lane is their number.
    func park(_ responder: HTTPResponder) -> UInt64 {
        let place = nextParked
        nextParked += 1
        parked[place] = responder
        return place
    }

    func unpark(_ place: UInt64) -> HTTPResponder? { parked.removeValue(forKey: place) }
}

extension StoredTensors {
    static func from(_ bytes: [UInt8]) throws(TrainerRefusal) -> StoredTensors {
        do throws(SafetensorsError) {
            return try StoredTensors(bytes)
        } catch {
            throw TrainerRefusal(400, "request.malformed", error.what, hint: error.hint)
        }
    }
}
