// Room:  Transport (floor 2).
// Task:  messages to and from one authenticated peer, with back-pressure and an orderly end.
// May:   EventLoop, Identity, Wire.
// Proof: Tests/TransportTests/SecureConnectionTests.swift, BackPressureTests.swift

import EventLoop
import Identity
import Wire

/// An open connection. Confined to the loop; whoever keeps it keeps it open.
///
/// What is sent in one turn of the loop leaves in as few TLS records and socket writes as
/// possible. Bulk messages leave part by part, the next one only when the socket has taken the
/// last, so that a control message waits for one part (64 KiB) at most.
public final class SecureConnection {
    private enum Phase {
        /// Handshake done, `start` not yet called: nothing is read.
        case ready
        case open
        /// `close` was called: what waits is still sent.
        case closing
        case closed
    }

    public let peer: NodeID
    /// Whether we dialled.
    public let outgoing: Bool
    public let remoteAddress: SocketAddress?

    private let stream: TCPStream
    private let session: TLSSession
    private let limits: TransportLimits
    private var phase = Phase.ready
    private var queue = OutgoingQueue()
    /// Bytes of control frames in `queue`.
    private var waitingControl = 0
    private var decoder: FrameDecoder
    private var pumpIsDue = false
    private var isPaused = false
    private var isDelivering = false
    private var onMessage: ((Message) -> Void)?
    private var onClosed: ((CloseReason) -> Void)?
    private var deadline: Timer?
    /// Told of failures, for the endpoint's counters.
    var onFailure: ((TransportError) -> Void)?

    /// Called when everything that was sent has been taken by the system.
    public var onDrained: (() -> Void)?
    /// Bytes of frames given to and got from TLS.
    public private(set) var payloadSent: UInt64 = 0
    public private(set) var payloadReceived: UInt64 = 0

    /// How much one turn of the loop may send, so that other links have their turn too.
    private static let turnBudget = 1 << 20

    init(
        stream: TCPStream, session: TLSSession, peer: NodeID, outgoing: Bool,
        limits: TransportLimits
    ) {
        self.stream = stream
        self.session = session
        self.peer = peer
        self.outgoing = outgoing
        self.limits = limits
        remoteAddress = stream.remoteAddress
        decoder = FrameDecoder(limit: limits.helloFrameLimit)
        stream.setUnsentLimit(Int32(FrameLimits.part))
        stream.setKeepAlive(after: .seconds(60))
        stream.onDrained = { [weak self] in self?.didDrain() }
    }

    // MARK: Getters

    /// Every byte written to the socket, TLS and its handshake included.
    public var bytesSent: UInt64 { stream.bytesWritten }
    /// Every byte read from the socket.
    public var bytesReceived: UInt64 { stream.bytesRead }
    /// What was sent and has not been taken by the system yet: frames, and encrypted bytes.
    public var queuedBytes: Int { queue.queuedBytes + stream.queuedBytes }
    /// Bulk messages that have not left yet, the one half sent included.
    public var queuedBulk: Int { queue.queuedBulk }
    public var isOpen: Bool { phase == .ready || phase == .open }

    // MARK: Commands

    /// Begins to read. Both callbacks come on the loop; `onClosed` once, as the last.
    public func start(
        onMessage: @escaping (Message) -> Void, onClosed: @escaping (CloseReason) -> Void
    ) {
        precondition(phase == .ready, "a connection is started once, before it is closed")
        phase = .open
        self.onMessage = onMessage
        self.onClosed = onClosed
        stream.startReading(
            onBytes: { [weak self] in self?.didRead($0) },
            onEnd: { [weak self] in self?.didEnd($0) })
        if isPaused { stream.stopReading() }
        // The handshake's last segment may have brought messages along.
        stream.loop.atEndOfTurn { [weak self] in self?.deliver() }
    }

    /// Sends a message; control before bulk. Nothing happens once the connection is ending.
    public func send(_ message: Message) {
        guard isOpen else { return }
        push(message)
        if waitingControl > limits.queuedControl { return fail(.tooSlow) }
        schedulePump()
    }

    /// Lets longer messages in, after the peer's `Hello` was accepted.
    public func raiseMessageLimit(to limit: Int) { decoder.raiseLimit(to: limit) }

    /// Leaves what the peer sends in the system's buffers, until `resumeReading`.
    public func pauseReading() {
        isPaused = true
        stream.stopReading()
    }

    public func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        guard phase == .open else { return }
        stream.resumeReading()
        stream.loop.atEndOfTurn { [weak self] in self?.deliver() }
    }

    /// Ends in order: finishes a bulk message that is half sent, drops those that wait, sends the
    /// farewell and TLS's close_notify, within `closeTimeout`; then closes.
    ///
    /// No message is delivered any more; `onClosed(.closedHere)` comes when the socket is closed.
    public func close(sending farewell: WireFarewell? = nil) {
        guard isOpen else { return }
        phase = .closing
        onMessage = nil
        queue.dropWaitingBulk()
        if let farewell { push(.farewell(farewell)) }
        stream.startReading(onBytes: { _ in }, onEnd: { [weak self] _ in self?.didCloseHere() })
        let timer = Timer(loop: stream.loop)
        // Holds the connection until it is over, whoever else has let go of it.
        timer.start(after: limits.closeTimeout) { self.didCloseHere() }
        deadline = timer
        pump()
    }

    /// Ends at once, without a word to the peer or a callback here.
    public func abort() {
        phase = .closed
        deadline?.close()
        stream.close()
        queue = OutgoingQueue()
        forgetCallbacks()
    }

    // MARK: Sending

    private func push(_ message: Message) {
        let before = queue.queuedBytes
        queue.push(message)
        if !message.isBulk { waitingControl += queue.queuedBytes - before }
    }

    private func schedulePump() {
        guard !pumpIsDue else { return }
        pumpIsDue = true
        stream.loop.atEndOfTurn { [weak self] in
            self?.pumpIsDue = false
            self?.pump()
        }
    }

    private func didDrain() {
        pump()
        if phase == .open, queue.isEmpty, stream.queuedBytes == 0 { onDrained?() }
    }

    /// Moves frames into TLS and the socket, as far as these have room.
    private func pump() {
        guard phase != .closed else { return }
        var budget = SecureConnection.turnBudget
        while true {
            let batch = nextBatch()
            guard !batch.isEmpty else { break }
            payloadSent += UInt64(batch.count)
            session.write(batch)
            session.takeOutput { stream.write($0) }
            budget -= batch.count
            if budget <= 0 {
                schedulePump()
                break
            }
        }
        if phase == .closing, queue.isEmpty { sayGoodbye() }
    }

    /// All control frames for which there is room, then one part of a bulk message if the socket
    /// has taken everything before.
    private func nextBatch() -> [UInt8] {
        var batch: [UInt8] = []
        let queued = stream.queuedBytes
        while waitingControl > 0, queued + batch.count < limits.bufferedOutgoing,
            batch.count < FrameLimits.part, let frame = queue.popFrame()
        {
            waitingControl -= frame.count
            batch += frame
        }
        if waitingControl == 0, queued == 0, batch.count < FrameLimits.part,
            let frame = queue.popFrame()
        {
            batch += frame
        }
        return batch
    }

    private func sayGoodbye() {
        phase = .closed
        deadline?.close()
        session.end()
        session.takeOutput { stream.write($0) }
        Linger(stream, atMost: limits.closeTimeout) { self.tell(.closedHere) }
    }

    private func didCloseHere() {
        guard phase == .closing else { return }
        phase = .closed
        deadline?.close()
        stream.close()
        tell(.closedHere)
    }

    // MARK: Receiving

    private func didRead(_ bytes: UnsafeRawBufferPointer) {
        guard phase == .open else { return }
        session.feed(bytes)
        deliver()
    }

    /// Delivers what is whole. A callback may send, pause or close: looked at after each message.
    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        defer { isDelivering = false }
        do throws(WireError) {
            while phase == .open, !isPaused {
                if let (kind, body) = try decoder.next() {
                    if let message = try Message.decode(kind: kind, body: body) {
                        onMessage?(message)
                    }
                    continue
                }
                let reading = session.read { plain in
                    payloadReceived += UInt64(plain.count)
                    decoder.push(plain)
                }
                switch reading {
                case .bytes: continue
                case .nothingYet: return schedulePump()
                case .ended: return didEndInOrder()
                case .failed(let error): return fail(error)
                }
            }
        } catch {
            fail(.violation(error))
        }
    }

    private func didEndInOrder() {
        phase = .closed
        session.end()
        session.takeOutput { stream.write($0) }
        stream.close()
        tell(.ended)
    }

    private func didEnd(_ error: EventLoopError?) {
        fail(error.map(TransportError.network) ?? .cutOff)
    }

    private func fail(_ error: TransportError) {
        guard phase == .open || phase == .ready else { return }
        phase = .closed
        onFailure?(error)
        switch error {
        case .violation(let cause):
            // The peer may be of another version: say what was wrong with it.
            var farewell = WireFarewell()
            farewell.code = .protocolError
            farewell.reason = cause.what
            var last = OutgoingQueue()
            last.push(.farewell(farewell))
            // After half a bulk message too: control frames may come between its parts.
            if let frame = last.popFrame() { session.write(frame) }
            session.end()
            session.takeOutput { stream.write($0) }
            Linger(stream, atMost: limits.closeTimeout)
        case .tls:
            session.takeOutput { stream.write($0) }
            Linger(stream, atMost: limits.closeTimeout)
        default:
            stream.close()
        }
        queue = OutgoingQueue()
        decoder = FrameDecoder()
        // Never from within `send` or `start`.
        stream.loop.atEndOfTurn { self.tell(.failed(error)) }
    }

    private func tell(_ reason: CloseReason) {
        let told = onClosed
        forgetCallbacks()
        told?(reason)
    }

    /// They often hold the owner, which holds this.
    private func forgetCallbacks() {
        onMessage = nil
        onClosed = nil
        onDrained = nil
        onFailure = nil
    }
}
