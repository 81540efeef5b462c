// Room:  EventLoop (floor 1).
// Task:  host names to addresses, on libuv's threads.
// May:   CLibuv, Glibc.
// Proof: Tests/EventLoopTests/TCPTests.swift

import CLibuv
import Glibc

/// Looks up names by the system's resolver.
public enum Resolver {
    /// Calls `done` once with at least one address or an error, never before this call returns.
    ///
    /// Numbers are answered without a look-up, so that they never queue behind a slow name
    /// server. The order is the system's (RFC 6724); no address comes twice.
    @discardableResult
    public static func resolve(
        loop: EventLoop, _ address: HostPort,
        _ done: @escaping (Result<[SocketAddress], EventLoopError>) -> Void
    ) -> any Cancellable {
        let lookup = Lookup(address, done)
        if let number = address.numeric {
            loop.atEndOfTurn { lookup.finish(.success([number])) }
        } else {
            lookup.start(loop)
        }
        return lookup
    }
}

/// One look-up; libuv holds it until it has answered.
private final class Lookup: Cancellable {
    private let address: HostPort
    private var done: ((Result<[SocketAddress], EventLoopError>) -> Void)?
    private let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    private var isWaiting = false

    init(
        _ address: HostPort, _ done: @escaping (Result<[SocketAddress], EventLoopError>) -> Void
    ) {
        self.address = address
        self.done = done
    }

    deinit { request.deallocate() }

    func start(_ loop: EventLoop) {
        loop.preconditionOnLoop()
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        isWaiting = true
        let status = uv_getaddrinfo(
            loop.uv, request,
            { request, status, list in
                guard let data = request?.pointee.data else { return }
                let lookup = Unmanaged<Lookup>.fromOpaque(data).takeRetainedValue()
                lookup.isWaiting = false
                lookup.answer(status, list)
                uv_freeaddrinfo(list)
            }, address.host, String(address.port), &hints)
        if status != 0 {
            isWaiting = false
            Unmanaged.passUnretained(self).release()
            loop.atEndOfTurn { self.answer(status, nil) }
        }
    }

    private func answer(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        let subject = "resolve \(address.host)"
        guard status == 0 else {
            return finish(.failure(EventLoopError(status: status, subject: subject)))
        }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let raw = entry.pointee.ai_addr, let address = SocketAddress(raw),
                !found.contains(address)
            {
                found.append(address)
            }
            next = entry.pointee.ai_next
        }
        finish(found.isEmpty ? .failure(.noSuchHost(subject)) : .success(found))
    }

    func finish(_ result: Result<[SocketAddress], EventLoopError>) {
        let done = self.done
        self.done = nil
        done?(result)
    }

    /// What is already under way on libuv's thread goes on there, unheard.
    func cancel() {
        done = nil
        if isWaiting {
            UnsafeMutableRawPointer(request).withMemoryRebound(to: uv_req_t.self, capacity: 1) {
                _ = uv_cancel($0)
            }
        }
    }
}
