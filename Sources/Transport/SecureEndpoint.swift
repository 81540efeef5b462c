// Room:  Transport (floor 2).
// Task:  a node's door: listens, dials, admits keys, counts and bounds those it refuses.
// May:   EventLoop, Identity, Wire.
// Proof: Tests/TransportTests/RefusalTests.swift, SecureConnectionTests.swift

import EventLoop
import Identity
import Wire

/// One a node. Confined to the loop.
public final class SecureEndpoint {
    public let nodeID: NodeID
    let loop: EventLoop
    let context: TLSContext
    let limits: TransportLimits

    /// Asked in each handshake, in both directions, before the peer is believed. Until it is set,
    /// nobody comes in.
    public var admit: (NodeID) -> Admission = { _ in .refused(.stranger) }
    /// For the log: whom we refused and why, once a minute and address. Dials are not told here.
    public var onRefusal: ((SocketAddress, TransportError) -> Void)?
    public internal(set) var counters = TransportCounters()

    private var refusals: RefusalLog
    private var inFlight: [ObjectIdentifier: Handshake] = [:]
    private var inFlightOf: [AddressGroup: Int] = [:]

    /// - Throws: `TransportError.setup` if OpenSSL cannot use the key.
    public init(
        loop: EventLoop, identity: LocalIdentity, limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        self.loop = loop
        self.limits = limits
        nodeID = identity.nodeID
        context = try TLSContext(identity: identity)
        refusals = RefusalLog(interval: limits.refusalInterval, capacity: limits.refusalTable)
    }

    /// Incoming handshakes under way, with refused ones that are not gone yet.
    public var handshakesInFlight: Int { inFlight.count }

    // MARK: Listening

    /// Listens at once.
    ///
    /// - onConnection: only after the handshake has succeeded; not kept means closed.
    /// - Throws: `TransportError.network`, as `TCPListener.init` says.
    public func listen(
        on address: SocketAddress, _ onConnection: @escaping (SecureConnection) -> Void
    ) throws(TransportError) -> ListenerHandle {
        let listener: TCPListener
        do throws(EventLoopError) {
            listener = try TCPListener(loop: loop, address: address)
        } catch {
            throw .network(error)
        }
        listener.onConnection = { [weak self] stream in
            guard let self else { return stream.close() }
            accept(stream, onConnection)
        }
        return ListenerHandle(listener)
    }

    private func accept(
        _ stream: TCPStream, _ onConnection: @escaping (SecureConnection) -> Void
    ) {
        counters.accepted += 1
        let remote = stream.remoteAddress
        let group = AddressGroup(remote)
        guard inFlight.count < limits.handshakesInFlight,
            inFlightOf[group, default: 0] < limits.handshakesInFlightPerAddress
        else {
            stream.reset()
            return refuse(remote, .tooManyHandshakes)
        }
        var key: ObjectIdentifier?
        let handshake = Handshake(
            stream: stream, context: context, outgoing: false, timeout: limits.handshakeTimeout,
            limits: limits,
            judge: { [weak self] id in
                guard let self else { return .stranger(id) }
                return judge(id)
            },
            done: { [weak self] result in
                guard let self else { return }
                switch result {
                case .success(let connection):
                    watch(connection)
                    onConnection(connection)
                case .failure(let error):
                    refuse(remote, error)
                }
            },
            onGone: { [weak self] in
                guard let self, let key else { return }
                inFlight[key] = nil
                let left = inFlightOf[group, default: 1] - 1
                inFlightOf[group] = left > 0 ? left : nil
            })
        key = ObjectIdentifier(handshake)
        inFlight[ObjectIdentifier(handshake)] = handshake
        inFlightOf[group, default: 0] += 1
    }

    // MARK: Judging

    func judge(_ id: NodeID) -> TransportError? {
        switch admit(id) {
        case .admitted: nil
        case .refused(.stranger): .stranger(id)
        case .refused(.expelled): .expelled(id)
        }
    }

    func watch(_ connection: SecureConnection) {
        counters.handshakes += 1
        let remote = connection.remoteAddress
        connection.onFailure = { [weak self] error in
            guard let self else { return }
            counters.count(error)
            if case .violation = error { tell(remote, error) }
        }
    }

    private func refuse(_ remote: SocketAddress?, _ error: TransportError) {
        counters.count(error)
        tell(remote, error)
    }

    private func tell(_ remote: SocketAddress?, _ error: TransportError) {
        guard let remote, let onRefusal, refusals.shouldTell(remote, at: loop.now) else { return }
        onRefusal(remote, error)
    }

    // MARK: Ending

    /// Gives up the handshakes that are under way. Listeners and connections are their owners'.
    public func close() {
        for handshake in Array(inFlight.values) { handshake.cancel() }
        onRefusal = nil
        admit = { _ in .refused(.stranger) }
    }
}

/// A listening socket of an endpoint. Whoever keeps it keeps it listening.
public final class ListenerHandle {
    private let listener: TCPListener

    init(_ listener: TCPListener) { self.listener = listener }

    /// With the true port if 0 was asked for.
    public var localAddress: SocketAddress { listener.localAddress }

    public func close() { listener.close() }
}
