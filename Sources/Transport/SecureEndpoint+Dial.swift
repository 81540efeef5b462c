// Room:  Transport (floor 2).
// Task:  from a host name to an authenticated connection, through all its addresses in turn.
// May:   EventLoop, Identity.
// Proof: Tests/TransportTests/SecureConnectionTests.swift

import EventLoop
import Identity

extension SecureEndpoint {
    /// Connects to a peer by name and key.
    ///
    /// Resolves the name anew, then tries each address; all within `timeout`, of which an address
    /// may use its share of what is left. A key other than `expecting`, or one that `admit`
    /// refuses, ends the handshake.
    ///
    /// In TLS 1.3 the client is done first: a peer that refuses *us* is heard of at the first read,
    /// as `CloseReason.failed(.refusedByPeer(…))`.
    ///
    /// - done: once, never before this call returns, not after `cancel`. Of several failures the
    ///   one that says most is told: a wrong key before a closed port.
    @discardableResult
    public func dial(
        _ address: HostPort, expecting: NodeID, timeout: Duration,
        _ done: @escaping (Result<SecureConnection, TransportError>) -> Void
    ) -> any Cancellable {
        Dial(endpoint: self, address: address, expecting: expecting, timeout: timeout, done)
    }
}

/// One dial. What is under way holds it.
private final class Dial: Cancellable {
    private let endpoint: SecureEndpoint
    private let expecting: NodeID
    private let deadline: MonotonicTime
    private let timer: Timer
    private var done: ((Result<SecureConnection, TransportError>) -> Void)?
    private var untried: [SocketAddress] = []
    private var lookup: (any Cancellable)?
    private var connecting: (any Cancellable)?
    private var handshake: Handshake?
    private var failure: TransportError?
    private let subject: String

    init(
        endpoint: SecureEndpoint, address: HostPort, expecting: NodeID, timeout: Duration,
        _ done: @escaping (Result<SecureConnection, TransportError>) -> Void
    ) {
        self.endpoint = endpoint
        self.expecting = expecting
        self.done = done
        subject = "connect to \(address)"
        deadline = MonotonicTime.current + timeout
        timer = Timer(loop: endpoint.loop)
        timer.start(after: timeout) {
            self.finish(.failure(self.failure ?? .network(.timedOut(self.subject))))
        }
        lookup = Resolver.resolve(loop: endpoint.loop, address) { result in
            switch result {
            case .success(let addresses):
                self.untried = addresses.reversed()
                self.tryNext()
            case .failure(let error):
                self.finish(.failure(.network(error)))
            }
        }
    }

    private func tryNext() {
        guard done != nil else { return }
        guard let address = untried.popLast() else {
            let failure = failure ?? .network(.noSuchHost(subject))
            return finish(.failure(failure))
        }
        let left = deadline - MonotonicTime.current
        let share = max(left / (untried.count + 1), .milliseconds(1))
        let end = MonotonicTime.current + share
        connecting = TCPStream.connect(loop: endpoint.loop, to: address, timeout: share) { result in
            switch result {
            case .success(let stream): self.shakeHands(stream, until: end)
            case .failure(let error): self.note(.network(error))
            }
        }
    }

    private func shakeHands(_ stream: TCPStream, until end: MonotonicTime) {
        let left = max(end - MonotonicTime.current, .milliseconds(1))
        handshake = Handshake(
            stream: stream, context: endpoint.context, outgoing: true,
            timeout: min(left, endpoint.limits.handshakeTimeout), limits: endpoint.limits,
            judge: { [expecting, endpoint] found in
                guard found == expecting else {
                    return .wrongKey(expected: expecting, found: found)
                }
                return endpoint.judge(found)
            },
            done: { result in
                switch result {
                case .success(let connection):
                    self.endpoint.watch(connection)
                    self.finish(.success(connection))
                case .failure(let error):
                    self.endpoint.counters.count(error)
                    // Never within a callback of the handshake that is being replaced.
                    self.endpoint.loop.atEndOfTurn { self.note(error) }
                }
            }, onGone: {})
    }

    private func note(_ error: TransportError) {
        handshake = nil
        switch (failure, error) {
        case (nil, _), (.network, _): failure = error
        default: break  // The first that came as far as TLS stands.
        }
        tryNext()
    }

    private func finish(_ result: Result<SecureConnection, TransportError>) {
        guard let done else { return }
        end()
        done(result)
    }

    func cancel() { end() }

    private func end() {
        done = nil
        timer.close()
        lookup?.cancel()
        connecting?.cancel()
        handshake?.cancel()
        lookup = nil
        connecting = nil
        handshake = nil
        untried = []
    }
}
