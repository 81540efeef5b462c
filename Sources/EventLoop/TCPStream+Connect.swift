// Room:  EventLoop (floor 1).
// Task:  opening a TCP connection within a time.
// May:   CLibuv.
// Proof: Tests/EventLoopTests/TCPTests.swift

import CLibuv

extension TCPStream {
    /// Connects to one address.
    ///
    /// Calls `done` once, never before this call returns, and not at all after `cancel`.
    @discardableResult
    public static func connect(
        loop: EventLoop, to address: SocketAddress, timeout: Duration,
        _ done: @escaping (Result<TCPStream, EventLoopError>) -> Void
    ) -> any Cancellable {
        Connecting(loop: loop, address: address, timeout: timeout, done)
    }
}

/// One attempt. The timer's closure holds it until it has ended.
private final class Connecting: Cancellable {
    private let stream: TCPStream
    private let timer: Timer
    private let subject: String
    private var done: ((Result<TCPStream, EventLoopError>) -> Void)?

    /// What libuv holds while it connects.
    private final class Request {
        weak var attempt: Connecting?
        let uv = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        init(_ attempt: Connecting) { self.attempt = attempt }
        deinit { uv.deallocate() }
    }

    init(
        loop: EventLoop, address: SocketAddress, timeout: Duration,
        _ done: @escaping (Result<TCPStream, EventLoopError>) -> Void
    ) {
        stream = TCPStream(loop: loop)
        timer = Timer(loop: loop)
        subject = "connect to \(address)"
        self.done = done
        timer.start(after: timeout) { self.finish(.failure(.timedOut(self.subject))) }
        var status = stream.initialisation
        if status == 0 {
            let request = Request(self)
            request.uv.pointee.data = Unmanaged.passRetained(request).toOpaque()
            let tcp = stream.pointer(uv_tcp_t.self)
            status = address.withSystemAddress { address in
                uv_tcp_connect(request.uv, tcp, address) { request, status in
                    guard let data = request?.pointee.data else { return }
                    let request = Unmanaged<Request>.fromOpaque(data).takeRetainedValue()
                    request.attempt?.didConnect(status)
                }
            }
            if status != 0 { Unmanaged.passUnretained(request).release() }
        }
        if status != 0 { loop.atEndOfTurn { self.didConnect(status) } }
    }

    private func didConnect(_ status: Int32) {
        guard done != nil else { return }
        if status == 0 {
            stream.didConnect()
            finish(.success(stream))
        } else {
            finish(.failure(EventLoopError(status: status, subject: subject)))
        }
    }

    private func finish(_ result: Result<TCPStream, EventLoopError>) {
        guard let done else { return }
        self.done = nil
        timer.close()
        if case .failure = result { stream.close() }
        done(result)
    }

    func cancel() {
        guard done != nil else { return }
        done = nil
        stream.close()
        timer.close()
    }
}
