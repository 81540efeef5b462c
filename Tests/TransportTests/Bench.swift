// Room:  TransportTests.
// Task:  nodes with fixed keys on one loop, until the test is content, within a bound.
// May:   EventLoop, Identity, Transport, Wire, Testing.
// Proof: every test here

import EventLoop
import Identity
import Testing
import Transport
import Wire

/// One loop on the test's thread, with what must live meanwhile.
final class Bench {
    let loop: EventLoop
    private var kept: [AnyObject] = []
    private var finished = false
    private(set) var endpoints: [SecureEndpoint] = []

    init() throws { loop = try EventLoop() }

    @discardableResult
    func keep<T: AnyObject>(_ object: T) -> T {
        kept.append(object)
        return object
    }

    func done() {
        finished = true
        loop.stop()
    }

    /// Runs until `done`; a test that never gets there fails after the bound.
    func run(within bound: Duration = .seconds(30)) {
        let alarm = keep(LoopTimer(loop: loop))
        alarm.start(after: bound) { self.loop.stop() }
        loop.run()
        #expect(finished, "the loop ended by its bound, not by the test")
        // The closures of a test hold what it holds: closing breaks the circles.
        for case let connection as SecureConnection in kept { connection.abort() }
        for case let endpoint as SecureEndpoint in kept { endpoint.close() }
        loop.closeAll()
        kept = []
    }

    /// Looks again every turn of a millisecond until the condition holds, then goes on.
    func when(_ condition: @escaping () -> Bool, _ next: @escaping () -> Void) {
        let timer = keep(LoopTimer(loop: loop))
        timer.start(after: .zero, repeating: .milliseconds(1)) {
            guard condition() else { return }
            timer.close()
            next()
        }
    }

    /// A node whose key is made from a number, and which admits the given numbers.
    func endpoint(
        _ number: UInt8, admits: [UInt8], limits: TransportLimits = TransportLimits()
    ) throws -> SecureEndpoint {
        let endpoint = try SecureEndpoint(loop: loop, identity: identity(number), limits: limits)
        let members = admits.map(nodeID)
        endpoint.admit = { members.contains($0) ? .admitted : .refused(.stranger) }
        endpoints.append(endpoint)
        return keep(endpoint)
    }

    /// Two nodes, 1 listening and 2 dialling, with one connection between them.
    func pair(
        limits: TransportLimits = TransportLimits(),
        _ body: @escaping (_ listening: SecureConnection, _ dialling: SecureConnection) -> Void
    ) throws {
        let one = try endpoint(1, admits: [2], limits: limits)
        let two = try endpoint(2, admits: [1], limits: limits)
        var listening: SecureConnection?
        var dialling: SecureConnection?
        let begin = {
            guard let listening, let dialling else { return }
            body(listening, dialling)
        }
        let listener = try keep(
            one.listen(on: loopback) {
                listening = self.keep($0)
                begin()
            })
        two.dial(port(of: listener), expecting: nodeID(1), timeout: .seconds(10)) {
            switch $0 {
            case .success(let connection):
                dialling = self.keep(connection)
                begin()
            case .failure(let error): Issue.record("\(error)")
            }
        }
    }
}

let loopback = SocketAddress(ip: "127.0.0.1", port: 0)!  // A literal address.

func identity(_ number: UInt8) -> LocalIdentity {
    LocalIdentity(key: KeyPair(seed: [UInt8](repeating: number, count: 32)))
}

func nodeID(_ number: UInt8) -> NodeID { identity(number).nodeID }

func port(of listener: ListenerHandle) -> HostPort {
    HostPort(host: listener.localAddress.ip, port: listener.localAddress.port)
}

func heartbeat(_ token: UInt64) -> Message {
    var body = WireHeartbeat()
    body.token = token
    return .heartbeat(body)
}

func delta(bytes: Int) -> Message {
    var body = WireDelta()
    body.exchange = 7
    body.weight = 1
    body.rate = 0.1
    body.h = 1
    body.payload = payload(bytes)
    return .delta(body)
}

func farewell(_ code: WireFarewell.Code, _ reason: String) -> WireFarewell {
    var body = WireFarewell()
    body.code = code
    body.reason = reason
    return body
}
