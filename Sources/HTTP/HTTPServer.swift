// Room:  HTTP (floor 2).
// Task:  libmicrohttpd on our own loop: when it runs, and how it ends.
// May:   EventLoop, CMicrohttpd, Glibc.
// Proof: Tests/HTTPTests/ServerTests.swift, Tests/HTTPTests/ParkingTests.swift

import CMicrohttpd
import EventLoop
import Glibc

/// An HTTP/1.1 server on a Unix socket or a TCP port. Confined to the loop's thread.
///
/// It has no thread of its own: libmicrohttpd's epoll descriptor is watched by the loop, and
/// `MHD_run` is called when that is readable and when `MHD_get_timeout` says so. The timer matters:
/// data that is in libmicrohttpd's buffers already makes no descriptor readable.
public final class HTTPServer {
    public enum Listening: Sendable {
        /// A socket file of mode 0600. One that nobody answers on any more is replaced.
        case unix(path: String)
        /// Port 0 lets the system choose: see `localAddress`.
        case tcp(SocketAddress)
    }

    public let limits: HTTPLimits
    /// With TCP: where it listens.
    public var localAddress: SocketAddress? { socket.address }

    let gate: (HTTPHead) -> HTTPAdmission
    let handler: (HTTPRequest, HTTPResponder) -> Void
    private let loop: EventLoop
    private let socket: ListeningSocket
    private let watcher: PollWatcher
    private let timer: LoopTimer
    /// nil once closed.
    private var daemon: OpaquePointer?
    private var isRunning = false
    private var wasFull = false
    private var runAgain = false
    private var closeAfterRun = false
    /// From here on nothing new is begun.
    private(set) var isClosing = false
    private var parked: [HTTPExchange] = []

    /// Listens at once; the first request is served when the loop runs.
    ///
    /// - gate: called on the loop's thread with each head; by default `limits.body` is for all.
    /// - handler: called on the loop's thread with each whole request; answers through the
    ///   responder, then or later.
    /// - Throws: `HTTPError`; nothing is left behind then.
    public init(
        loop: EventLoop, listening: Listening, limits: HTTPLimits = HTTPLimits(),
        gate: ((HTTPHead) -> HTTPAdmission)? = nil,
        handler: @escaping (HTTPRequest, HTTPResponder) -> Void
    ) throws(HTTPError) {
        self.loop = loop
        self.limits = limits
        self.gate = gate ?? { _ in .body(upTo: limits.body) }
        self.handler = handler
        switch listening {
        case .unix(let path): socket = try ListeningSocket(unixPath: path)
        case .tcp(let address): socket = try ListeningSocket(address: address)
        }
        let this = HTTPServerReference()
        guard
            let daemon = starling_mhd_start(
                socket.descriptor, limits.connections, limits.idleSeconds,
                limits.connectionMemory, HTTPServer.access, HTTPServer.completed,
                Unmanaged.passUnretained(this).toOpaque())
        else {
            // Whether the descriptor is closed by now depends on where the library failed;
            // to leak one is harmless, to close somebody else's is not.
            socket.removeFile()
            throw HTTPError.failed("start the HTTP server")
        }
        do {
            watcher = try PollWatcher(
                loop: loop, fileDescriptor: starling_mhd_epoll_fd(daemon))
        } catch {
            MHD_stop_daemon(daemon)
            socket.removeFile()
            throw .system("start the HTTP server", reason: error.what)
        }
        timer = LoopTimer(loop: loop)
        reference = this
        self.daemon = daemon
        this.server = self
        watcher.start { [weak self] in self?.run() }
        arm()
    }

    /// What libmicrohttpd's callbacks get; the server itself does not exist yet when it starts.
    private let reference: HTTPServerReference

    deinit { close() }

    /// Stops listening, answers parked requests with 503, closes every connection, and removes
    /// the socket file. From within the handler: as soon as that has returned.
    public func close() {
        guard let daemon, !isClosing else { return }
        guard !isRunning else {
            closeAfterRun = true
            return
        }
        isClosing = true
        watcher.close()
        timer.close()
        // libmicrohttpd must not be stopped while connections are suspended.
        for exchange in parked { exchange.answer(.plain(503, "the daemon is stopping")) }
        parked = []
        // Not a wait: a few turns in which short answers leave.
        for _ in 0..<8 {
            MHD_run(daemon)
            guard starling_mhd_timeout(daemon) == 0 else { break }
        }
        MHD_stop_daemon(daemon)
        self.daemon = nil
        socket.removeFile()
    }

    // MARK: Running

    private func run() {
        guard let daemon, !isRunning else { return }
        isRunning = true
        MHD_run(daemon)
        // At its limit libmicrohttpd looks away from the listening socket; only its next run
        // after a connection has ended looks there again, and nothing else would cause that run.
        if wasFull, !isFull(daemon) { MHD_run(daemon) }
        wasFull = isFull(daemon)
        isRunning = false
        if closeAfterRun {
            closeAfterRun = false
            close()
        } else {
            arm()
        }
    }

    private func isFull(_ daemon: OpaquePointer) -> Bool {
        starling_mhd_connections(daemon) >= limits.connections
    }

    /// Sets the timer to what libmicrohttpd wants; 0 means with the next turn of the loop, so that
    /// a large body leaves room for everything else on the loop.
    private func arm() {
        guard let daemon else { return }
        let milliseconds = runAgain ? 0 : starling_mhd_timeout(daemon)
        runAgain = false
        if milliseconds < 0 {
            timer.cancel()
        } else {
            timer.start(after: .milliseconds(milliseconds)) { [weak self] in self?.run() }
        }
    }

    /// A suspended connection was resumed: it goes on in the library's next run, of which neither
    /// the descriptor nor `MHD_get_timeout` tells when it was resumed from within a run.
    func runSoon() {
        guard !isClosing else { return }
        guard !isRunning else {
            runAgain = true
            return
        }
        timer.start(after: .zero) { [weak self] in self?.run() }
    }

    func park(_ exchange: HTTPExchange) { parked.append(exchange) }

    func forget(_ exchange: HTTPExchange) {
        parked.removeAll { $0 === exchange }
    }

    // MARK: What libmicrohttpd calls

    private static let access: MHD_AccessHandlerCallback = {
        context, connection, path, method, _, data, size, slot in
        guard let server = HTTPServerReference.server(behind: context), let connection, let size,
            let slot
        else { return .NO }
        guard let known = slot.pointee else {
            guard !server.isClosing else { return .NO }
            let exchange = HTTPExchange(
                server: server, connection: connection,
                method: method.map { String(cString: $0) } ?? "",
                path: path.map { String(cString: $0) } ?? "")
            slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
            return exchange.stepHead()
        }
        let exchange = Unmanaged<HTTPExchange>.fromOpaque(known).takeUnretainedValue()
        guard size.pointee > 0 else { return exchange.stepEnd() }
        let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
        size.pointee = 0
        return exchange.step(bytes: bytes)
    }

    private static let completed: MHD_RequestCompletedCallback = { _, _, slot, _ in
        guard let slot, let known = slot.pointee else { return }
        slot.pointee = nil
        Unmanaged<HTTPExchange>.fromOpaque(known).takeRetainedValue().stepCompleted()
    }
}

/// Where libmicrohttpd's context pointer leads.
private final class HTTPServerReference {
    weak var server: HTTPServer?

    static func server(behind context: UnsafeMutableRawPointer?) -> HTTPServer? {
        context.flatMap {
            Unmanaged<HTTPServerReference>.fromOpaque($0).takeUnretainedValue().server
        }
    }
}
