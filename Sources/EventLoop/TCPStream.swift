// Room:  EventLoop (floor 1).
// Task:  a TCP connection: reads, writes that own their bytes, counts, ways to end.
// May:   CLibuv, Glibc.
// Proof: Tests/EventLoopTests/TCPTests.swift

import CLibuv
import Glibc

/// A connected TCP stream, confined to the loop. Whoever keeps it keeps it open.
public final class TCPStream: LoopHandle {
    private var onBytes: ((UnsafeRawBufferPointer) -> Void)?
    private var onEnd: ((EventLoopError?) -> Void)?
    private var hasEnded = false
    private var hasFailed = false
    private var bytesAccepted: UInt64 = 0
    private var finalBytesWritten: UInt64 = 0

    /// Called whenever a write has ended and no more than `drainMark` bytes are still queued.
    public var onDrained: (() -> Void)?
    public var drainMark = 0
    /// The other end; nil only if it was gone before we could ask.
    public private(set) var remoteAddress: SocketAddress?
    /// What came in from the socket so far.
    public private(set) var bytesRead: UInt64 = 0

    init(loop: EventLoop) {
        super.init(loop: loop, type: UV_TCP) { uv, memory in
            uv_tcp_init(uv, memory.assumingMemoryBound(to: uv_tcp_t.self))
        }
    }

    func didConnect() {
        remoteAddress = TCPStream.name(of: pointer(uv_tcp_t.self), uv_tcp_getpeername)
    }

    static func name(
        of tcp: UnsafeMutablePointer<uv_tcp_t>,
        _ ask: (
            UnsafePointer<uv_tcp_t>, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>
        )
            -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            let raw = UnsafeMutableRawPointer(storage)
            let address = raw.assumingMemoryBound(to: sockaddr.self)
            guard ask(tcp, address, &length) == 0 else { return nil }
            return SocketAddress(address)
        }
    }

    // MARK: Reading

    /// Reads until `stopReading`, the end, an error or `close`.
    ///
    /// - onBytes: at most 64 KiB at a time, in the loop's own buffer: copy what must last.
    /// - onEnd: once: nil at the other side's orderly end, else what broke. A failed write is
    ///   told here too. The stream stays the caller's to close.
    public func startReading(
        onBytes: @escaping (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping (EventLoopError?) -> Void
    ) {
        self.onBytes = onBytes
        self.onEnd = onEnd
        resumeReading()
    }

    /// Leaves further bytes in the system's buffer, so that the sender has to wait.
    public func stopReading() {
        guard !isClosed else { return }
        uv_read_stop(pointer(uv_stream_t.self))
    }

    /// Goes on after `stopReading` with the same callbacks.
    public func resumeReading() {
        guard !isClosed, !hasEnded else { return }
        let status = uv_read_start(
            pointer(uv_stream_t.self),
            { handle, _, buffer in
                guard let stream = LoopHandle.object(behind: handle, TCPStream.self) else {
                    buffer?.pointee = uv_buf_init(nil, 0)
                    return
                }
                let memory = stream.loop.readBuffer
                buffer?.pointee = uv_buf_init(
                    memory.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(memory.count))
            },
            { handle, count, buffer in
                guard let stream = LoopHandle.object(behind: handle, TCPStream.self) else { return }
                stream.didRead(count, buffer?.pointee.base)
            })
        if status < 0, status != UV_EALREADY.rawValue {
            loop.atEndOfTurn { [weak self] in self?.end(status: status) }
        }
    }

    private func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
        if count > 0 {
            bytesRead += UInt64(count)
            onBytes?(UnsafeRawBufferPointer(start: base, count: count))
        } else if count < 0 {
            end(status: Int32(count))
        }
    }

    private func end(status: Int32) {
        guard !hasEnded, !isClosed else { return }
        hasEnded = true
        hasFailed = status != UV_EOF.rawValue
        uv_read_stop(pointer(uv_stream_t.self))
        let error = hasFailed ? EventLoopError(status: status, subject: subject) : nil
        let told = onEnd
        onBytes = nil
        onEnd = nil
        told?(error)
    }

    private var subject: String { "connection with \(remoteAddress?.description ?? "a peer")" }

    // MARK: Writing

    /// Writes all bytes, in order; what the socket does not take at once is copied and queued.
    /// Still possible after the other side's orderly end; nothing happens after a failure.
    public func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    public func write(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed, !hasFailed, !bytes.isEmpty else { return }
        let stream = pointer(uv_stream_t.self)
        bytesAccepted += UInt64(bytes.count)
        var rest = bytes
        if uv_stream_get_write_queue_size(stream) == 0 {
            var buffer = TCPStream.buffer(UnsafeMutableRawBufferPointer(mutating: bytes))
            // An error here comes again, and in order, from the queued write below.
            let taken = uv_try_write(stream, &buffer, 1)
            if taken > 0 { rest = UnsafeRawBufferPointer(rebasing: bytes[Int(taken)...]) }
            if rest.isEmpty { return }
        }
        enqueue(rest, on: stream)
    }

    private func enqueue(
        _ bytes: UnsafeRawBufferPointer, on stream: UnsafeMutablePointer<uv_stream_t>
    ) {
        // One piece of memory: the request, then the bytes. Freed when libuv gives it back.
        let head = MemoryLayout<uv_write_t>.stride
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: head + bytes.count, alignment: 16)
        let request = memory.bindMemory(to: uv_write_t.self, capacity: 1)
        let copy = UnsafeMutableRawBufferPointer(start: memory + head, count: bytes.count)
        copy.copyMemory(from: bytes)
        var buffer = TCPStream.buffer(copy)
        let status = uv_write(request, stream, &buffer, 1) { request, status in
            let handle = request?.pointee.handle
            UnsafeMutableRawPointer(request)?.deallocate()
            guard let stream = LoopHandle.object(behind: handle, TCPStream.self) else { return }
            stream.didWrite(status)
        }
        if status != 0 {
            memory.deallocate()
            loop.atEndOfTurn { [weak self] in self?.end(status: status) }
        }
    }

    private static func buffer(_ bytes: UnsafeMutableRawBufferPointer) -> uv_buf_t {
        precondition(bytes.count <= Int(Int32.max), "one write is at most 2 GiB")
        return uv_buf_init(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(bytes.count))
    }

    private func didWrite(_ status: Int32) {
        if status < 0 {
            end(status: status)
        } else if queuedBytes <= drainMark {
            onDrained?()
        }
    }

    /// What was written here but not yet taken by the system.
    public var queuedBytes: Int {
        isClosed ? 0 : uv_stream_get_write_queue_size(pointer(uv_stream_t.self))
    }

    /// What the system has taken so far.
    public var bytesWritten: UInt64 {
        isClosed ? finalBytesWritten : bytesAccepted - min(bytesAccepted, UInt64(queuedBytes))
    }

    // MARK: Options

    /// Sends small writes at once, without waiting for more (Nagle's algorithm off).
    public func setNoDelay(_ on: Bool) {
        guard !isClosed else { return }
        uv_tcp_nodelay(pointer(uv_tcp_t.self), on ? 1 : 0)
    }

    /// Probes a silent connection; nil turns it off.
    public func setKeepAlive(after delay: Duration?) {
        guard !isClosed else { return }
        let seconds = delay.map { UInt32(max(1, min($0.components.seconds, 86_400))) }
        uv_tcp_keepalive(pointer(uv_tcp_t.self), seconds == nil ? 0 : 1, seconds ?? 0)
    }

    /// Takes no more than about this many bytes ahead of the network (TCP_NOTSENT_LOWAT), so that
    /// what is urgent does not wait behind megabytes in the system's own buffer.
    public func setUnsentLimit(_ bytes: Int32) {
        guard !isClosed else { return }
        var bytes = bytes
        setOption(IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes)
    }

    private func setOption<T: BitwiseCopyable>(_ level: Int, _ name: Int32, _ value: inout T) {
        var descriptor: uv_os_fd_t = -1
        guard uv_fileno(pointer(uv_handle_t.self), &descriptor) == 0 else { return }
        let size = socklen_t(MemoryLayout<T>.size)
        setsockopt(descriptor, Int32(level), name, &value, size)
    }

    // MARK: Ending

    /// Tells the other side that nothing more comes, after what is queued. Reading goes on.
    public func finishWriting() {
        guard !isClosed, !hasFailed else { return }
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let status = uv_shutdown(request, pointer(uv_stream_t.self)) { request, _ in
            request?.deallocate()
        }
        if status != 0 { request.deallocate() }
    }

    /// Closes with a reset: the other side gets an error, and nothing lingers in the system.
    public func reset() {
        guard !isClosed else { return }
        // Through the socket option, so that there is one way only for memory to be freed.
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setOption(Int(SOL_SOCKET), SO_LINGER, &linger)
        close()
    }

    override func willClose() {
        finalBytesWritten = bytesWritten
        onBytes = nil
        onEnd = nil
        onDrained = nil
    }
}
