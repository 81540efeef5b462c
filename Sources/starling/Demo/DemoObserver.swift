// Room:  starling (floor 6).
// Task:  looks at the nodes through their local sockets, on a thread that may block.
// May:   Daemon (what it serves), EventLoop, HTTP, Learning, Model.
// Proof: Tests/EndToEndTests

import Daemon
import EventLoop
import HTTP
import Learning
import Model

/// A thread beside the loop's: requests that wait, models that are tried on the test split, and
/// the training for comparison.
final class DemoObserver: Sendable {
    private let queue: EventLoop
    private let thread: LoopThread
    private let sockets: [String]
    private let architecture: Architecture
    private let test: Dataset
    /// Of one question. A node that is stopped while it is asked holds the others up for so long.
    private let timeout: Duration

    init(_ plan: DemoPlan, sockets: [String]) throws {
        queue = try EventLoop()
        thread = queue.start(name: "demo-observer")
        self.sockets = sockets
        architecture = plan.architecture
        test = plan.test
        timeout = plan.storm == nil ? .seconds(5) : .seconds(1)
    }

    /// - awake: whom to ask; nobody waits for one that stands still.
    /// - withPeers: links and rosters too.
    /// - launch: what seconds are counted from.
    /// - deliver: called on the observer's thread.
    func look(
        awake: [Bool], withModels: Bool, withPeers: Bool = false, since launch: MonotonicTime,
        then deliver: @escaping @Sendable (DemoSnapshot) -> Void
    ) {
        queue.execute {
            // All answers first: evaluating takes long enough for a node to move on.
            var answers: [(reading: DemoSnapshot.Reading, parameters: [Float]?)] = []
            for (socket, isAwake) in zip(self.sockets, awake) {
                guard isAwake else {
                    answers.append((DemoSnapshot.Reading(), nil))
                    continue
                }
                let parameters = withModels ? self.parameters(socket) : nil
                var reading = DemoSnapshot.Reading(status: self.status(socket))
                if withPeers {
                    let peers: PeersStatus? = self.answer(socket, "/v1/peers")
                    reading.linked = peers.map { Set($0.peers.filter(\.linked).map(\.id)) }
                    let members: MembersStatus? = self.answer(socket, "/v1/members")
                    reading.members = members.map { Set($0.members.map(\.id)) }
                }
                answers.append((reading, parameters))
            }
            let seconds = (MonotonicTime.current - launch).inSeconds
            let readings = answers.map { answer in
                var reading = answer.reading
                reading.model = answer.parameters.map { ($0, self.accuracy($0)) }
                return reading
            }
            deliver(DemoSnapshot(seconds: seconds, readings: readings))
        }
    }

    /// Other work that must not hold up the loop.
    func work(_ body: @escaping @Sendable () -> Void) { queue.execute(body) }

    /// Waits for what is under way. Nothing may be asked for afterwards.
    func end() {
        queue.stop()
        thread.join()
    }

    /// A node that starts, or was killed, does not answer; nothing is wrong with that here.
    private func body(_ socket: String, _ path: String) -> [UInt8]? {
        let reply = try? LocalClient.request(
            socket: socket, method: "GET", path: path, timeout: timeout)
        return reply.flatMap { $0.status == 200 ? $0.body : nil }
    }

    private func answer<Answer: Decodable>(_ socket: String, _ path: String) -> Answer? {
        body(socket, path).flatMap { try? JSONOutput.decode(Answer.self, from: $0) }
    }

    private func status(_ socket: String) -> NodeStatus? { answer(socket, "/v1/status") }

    private func parameters(_ socket: String) -> [Float]? {
        guard let body = body(socket, "/v1/parameters"),
            let file = try? Safetensors.decode(body)
        else { return nil }
        return try? Safetensors.arranged(
            file.parameters, from: file.layout, to: architecture.layout)
    }

    private func accuracy(_ parameters: [Float]) -> Double {
        Evaluation.measure(architecture: architecture, parameters: parameters, data: test).accuracy
    }
}
