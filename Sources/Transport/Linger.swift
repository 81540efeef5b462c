// Room:  Transport (floor 2).
// Task:  the last second of a socket: lets what was sent arrive, keeps nothing of what comes.
// May:   EventLoop.
// Proof: Tests/TransportTests/RefusalTests.swift

import EventLoop

/// Closes a stream so that the last words are read at the other end.
///
/// A socket that is closed while input waits answers with a reset, which may overtake what was
/// sent before. So: say that nothing more comes, throw away what still arrives, and close at the
/// other side's end, after a bound of bytes, or after a time.
final class Linger {
    private static let byteLimit = 1 << 20

    private let stream: TCPStream
    private let timer: Timer
    private var discarded = 0
    private var onClosed: (() -> Void)?

    /// The timer's closure holds this object until it is done.
    @discardableResult
    init(_ stream: TCPStream, atMost time: Duration, onClosed: (() -> Void)? = nil) {
        self.stream = stream
        self.onClosed = onClosed
        timer = Timer(loop: stream.loop)
        guard !stream.isClosed else {
            timer.close()
            // Never before the caller has gone on.
            stream.loop.atEndOfTurn { self.finish() }
            return
        }
        timer.start(after: time) { self.finish() }
        stream.onDrained = nil
        stream.startReading(
            onBytes: { [weak self] in self?.discard($0.count) },
            onEnd: { [weak self] _ in self?.finish() })
        stream.finishWriting()
    }

    private func discard(_ count: Int) {
        discarded += count
        if discarded > Self.byteLimit { finish() }
    }

    private func finish() {
        timer.close()
        stream.close()
        let told = onClosed
        onClosed = nil
        told?()
    }
}
