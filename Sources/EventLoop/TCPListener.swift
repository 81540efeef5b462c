// Room:  EventLoop (floor 1).
// Task:  a listening TCP socket.
// May:   CLibuv, Glibc.
// Proof: Tests/EventLoopTests/TCPTests.swift

import CLibuv
import Glibc

/// Accepts connections. Whoever wants fewer closes them in `onConnection`.
public final class TCPListener: LoopHandle {
    /// Called with each new stream. What comes while it is nil is accepted and closed.
    public var onConnection: ((TCPStream) -> Void)?
    /// With the true port if 0 was asked for.
    public private(set) var localAddress: SocketAddress

    /// Binds and listens at once. An IPv6 address takes no IPv4 connections, whatever the system's
    /// usual is: so `0.0.0.0` and `[::]` share a port.
    ///
    /// - address: port 0 lets the system choose.
    /// - Throws: `EventLoopError.addressInUse`, `.permission`, `.addressNotAvailable`, ….
    public init(
        loop: EventLoop, address: SocketAddress, backlog: Int32 = 128
    ) throws(EventLoopError) {
        localAddress = address
        super.init(loop: loop, type: UV_TCP) { uv, memory in
            uv_tcp_init(uv, memory.assumingMemoryBound(to: uv_tcp_t.self))
        }
        var status = initialisation
        if status == 0 {
            let flags = address.isIPv6 ? UV_TCP_IPV6ONLY.rawValue : 0
            let tcp = pointer(uv_tcp_t.self)
            status = address.withSystemAddress { uv_tcp_bind(tcp, $0, flags) }
        }
        if status == 0 {
            status = uv_listen(pointer(uv_stream_t.self), backlog) { handle, status in
                guard status == 0,
                    let listener = LoopHandle.object(behind: handle, TCPListener.self)
                else { return }
                listener.accept()
            }
        }
        guard status == 0 else {
            throw EventLoopError(status: status, subject: "listen on \(address)")
        }
        localAddress = TCPStream.name(of: pointer(uv_tcp_t.self), uv_tcp_getsockname) ?? address
    }

    private func accept() {
        let stream = TCPStream(loop: loop)
        guard stream.initialisation == 0 else { return }
        let status = uv_accept(pointer(uv_stream_t.self), stream.pointer(uv_stream_t.self))
        guard status == 0, let onConnection else { return stream.close() }
        stream.didConnect()
        onConnection(stream)
    }

    override func willClose() { onConnection = nil }
}
