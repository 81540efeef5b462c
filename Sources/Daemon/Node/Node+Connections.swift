// Room:  Daemon (floor 5).
// Task:  the node's door: listening, dialling, messages to and from connections, bytes counted.
// May:   EventLoop, Transport, Membership, Wire, Identity.
// Proof: Tests/EndToEndTests

import EventLoop
import Glibc
import Identity
import Logging
import Membership
import Peer
import Transport
import Wire

extension Node {
    func openDoor() throws {
        let endpoint = try SecureEndpoint(loop: loop, identity: preparation.identity)
        endpoint.admit = { self.judge($0) }
        endpoint.onRefusal = { address, error in
            self.log.warning(
                "refused", metadata: ["address": "\(address)", "reason": "\(error)"])
        }
        for address in preparation.configuration.listen {
            listeners.append(
                try endpoint.listen(on: address) { connection in
                    self.adopt(connection, attempt: nil)
                })
        }
        self.endpoint = endpoint
    }

    /// Tries the peer's addresses in turn; a name is resolved anew at each try.
    func dial(_ peer: NodeID, _ addresses: [String], attempt: UInt64) {
        // Never within the effects of the event that asks for the dial.
        guard !isCutOff(peer) else {
            return loop.atEndOfTurn { self.drive(.dialFailed(peer, attempt: attempt)) }
        }
        dialNext(peer, addresses[...], attempt: attempt, began: MonotonicTime.current)
    }

    private func dialNext(
        _ peer: NodeID, _ addresses: ArraySlice<String>, attempt: UInt64, began: MonotonicTime
    ) {
        let left = core.settings.membership.dialTimeout - (MonotonicTime.current - began)
        guard !isLeaving, left > .zero, let text = addresses.first, let endpoint,
            let address = try? HostPort(text)
        else { return drive(.dialFailed(peer, attempt: attempt)) }
        let share = left / max(addresses.count, 1)
        endpoint.dial(address, expecting: peer, timeout: share) { result in
            switch result {
            case .success(let connection): self.adopt(connection, attempt: attempt)
            case .failure(let error):
                self.logFailedDial(of: peer, at: text, error)
                self.dialNext(peer, addresses.dropFirst(), attempt: attempt, began: began)
            }
        }
    }

    /// A peer that is away is nothing to talk about, but where nobody can be reached: then each is
    /// told of every ten minutes, so that a name that does not resolve, or a firewall, is seen.
    /// Somebody else in its place is told of once a minute, since only people can mend that.
    private func logFailedDial(of peer: NodeID, at address: String, _ error: TransportError) {
        let time = MonotonicTime.current
        func isDue(_ pause: Duration) -> Bool {
            guard dialWarnings[peer].map({ time - $0 >= pause }) ?? true else { return false }
            dialWarnings[peer] = time
            return true
        }
        counts.dialsFailed += 1
        problems[peer] = "\(address): \(error)"
        var level = Logger.Level.debug
        switch error {
        case .stranger, .expelled, .wrongKey, .ourselves, .noCertificate, .badCertificate,
            .tlsVersion, .otherProtocol, .garbage:
            if isDue(.seconds(60)) { level = .warning }
        case .abandoned, .handshakeTimeout, .tooManyHandshakes, .refusedByPeer, .violation,
            .cutOff, .tooSlow, .network, .tls, .setup:
            if core.membership.links.isEmpty, isDue(.seconds(600)) { level = .notice }
        }
        tell(
            level, "dial-failed", of: peer,
            ["address": "\(address)", "error": "\(error)", "hint": "\(error.hint ?? "")"])
    }

    /// A connection whose handshake has succeeded becomes the core's.
    private func adopt(_ connection: SecureConnection, attempt: UInt64?) {
        guard !isLeaving else { return connection.close() }
        // Its handshake was under way when the cut came.
        guard !isCutOff(connection.peer) else {
            connection.abort()
            if let attempt { drive(.dialFailed(connection.peer, attempt: attempt)) }
            return
        }
        let id = ConnectionID(raw: nextConnection)
        nextConnection += 1
        connections[id] = Link(connection: connection, peer: connection.peer)
        connection.start(
            onMessage: { message in self.drive(.received(id, message)) },
            onClosed: { reason in self.closed(id, reason) })
        drive(.connected(id, connection.peer, attempt: attempt))
    }

    private func closed(_ id: ConnectionID, _ reason: CloseReason) {
        guard let link = forget(id) else { return }
        if case .failed(let error) = reason {
            log.info(
                "connection-failed",
                metadata: ["peer": "\(name(of: link.peer))", "error": "\(error)"])
        }
        drive(.closed(id))
        stopIfDone()
    }

    /// Nil where it is gone already. Its bytes stay counted.
    func forget(_ id: ConnectionID) -> Link? {
        guard let link = connections.removeValue(forKey: id) else { return nil }
        past.sent += link.connection.bytesSent
        past.received += link.connection.bytesReceived
        past.payloadSent += link.connection.payloadSent
        return link
    }

    func send(_ message: Message, over id: ConnectionID) {
        guard let link = connections[id] else { return }
        if case .delta(let delta) = message {
            past.deltas += 1
            past.deltaBytes += UInt64(delta.payload.count)
        }
        if let tap = switches.tap { Self.write(tapped(message), to: tap) }
        link.connection.send(message)
    }

    /// The bytes of a message, and the values in it as who receives it will read them.
    private func tapped(_ message: Message) -> [UInt8] {
        let payload: [UInt8] =
            switch message {
            case .delta(let delta): Array(delta.payload)
            case .reference(let reference): Array(reference.payload)
            case .snapshotChunk(let chunk): Array(chunk.payload)
            default: []
            }
        let values = (try? codec.decode(payload))?.values ?? []
        return message.encodedBody() + values.withUnsafeBytes { Array($0) }
    }

    /// A test looks for what must not be there: a byte that is not written down would prove nothing.
    private static func write(_ bytes: [UInt8], to path: String) {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        precondition(file >= 0, "the tap cannot be opened")
        precondition(Glibc.write(file, bytes, bytes.count) == bytes.count, "the tap is full")
        Glibc.close(file)
    }

    /// Since this process started, open connections included.
    var traffic: Traffic {
        var total = past
        for id in connections.keys.sorted() {
            guard let connection = connections[id]?.connection else { continue }
            total.sent += connection.bytesSent
            total.received += connection.bytesReceived
            total.payloadSent += connection.payloadSent
        }
        return total
    }

    func name(of peer: NodeID) -> String { roster[peer]?.name ?? peer.short }
}
