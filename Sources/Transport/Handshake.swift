// Room:  Transport (floor 2).
// Task:  one TLS handshake on one stream, within a time and a number of bytes.
// May:   EventLoop, Identity.
// Proof: Tests/TransportTests/RefusalTests.swift

import EventLoop
import Identity

/// Turns a stream into a connection or a refusal. Confined to the loop; kept by who began it.
final class Handshake {
    private let stream: TCPStream
    private let session: TLSSession
    private let timer: Timer
    private let outgoing: Bool
    private let limits: TransportLimits
    private var done: ((Result<SecureConnection, TransportError>) -> Void)?
    private var onGone: (() -> Void)?

    /// - done: once, with the connection or the reason.
    /// - onGone: after `done`, when the handshake costs nothing any more: at once after success,
    ///   after the last bytes of a refusal.
    init(
        stream: TCPStream, context: TLSContext, outgoing: Bool, timeout: Duration,
        limits: TransportLimits, judge: @escaping (NodeID) -> TransportError?,
        done: @escaping (Result<SecureConnection, TransportError>) -> Void,
        onGone: @escaping () -> Void
    ) {
        self.stream = stream
        self.outgoing = outgoing
        self.limits = limits
        self.done = done
        self.onGone = onGone
        session = TLSSession(context: context, outgoing: outgoing, judge: judge)
        timer = Timer(loop: stream.loop)
        timer.start(after: timeout) { [weak self] in self?.fail(.handshakeTimeout) }
        stream.setNoDelay(true)
        stream.startReading(
            onBytes: { [weak self] in self?.didRead($0) },
            onEnd: { [weak self] error in
                self?.fail(error.map(TransportError.network) ?? .abandoned)
            })
        if outgoing { advance() }
    }

    private func didRead(_ bytes: UnsafeRawBufferPointer) {
        guard stream.bytesRead <= UInt64(limits.handshakeBytes) else { return fail(.garbage) }
        session.feed(bytes)
        advance()
    }

    private func advance() {
        let step = session.handshake()
        session.takeOutput { stream.write($0) }
        switch step {
        case .wantsMore: break
        case .failed(let error): fail(error)
        case .done: succeed()
        }
    }

    private func succeed() {
        guard let done, let peer = session.peer else { return }
        self.done = nil
        timer.close()
        stream.stopReading()
        let connection = SecureConnection(
            stream: stream, session: session, peer: peer, outgoing: outgoing, limits: limits)
        done(.success(connection))
        gone()
    }

    private func fail(_ error: TransportError) {
        guard let done else { return }
        self.done = nil
        timer.close()
        if error == .abandoned {
            stream.close()
            done(.failure(error))
            gone()
        } else {
            Linger(stream, atMost: limits.closeTimeout) { self.gone() }
            done(.failure(error))
        }
    }

    private func gone() {
        let told = onGone
        onGone = nil
        told?()
    }

    /// Ends it unheard.
    func cancel() {
        guard done != nil else { return }
        done = nil
        timer.close()
        stream.close()
        gone()
    }
}
