// Room:  starling (floor 6).
// Task:  finds out who answers at the members' addresses, and whether the two agree.
// May:   Daemon, EventLoop, Federation, Identity, Membership, Peer, Transport, Wire.
// Proof: Tests/EndToEndTests/DoctorTests.swift

import Daemon
import EventLoop
import Federation
import Identity
import Membership
import Peer
import Transport
import Wire

/// Asks all members at once; each has a few seconds.
final class DoctorProbe {
    private typealias Contact = DoctorFacts.Contact

    /// How long the other end's judgement of our Hello may take after its own Hello.
    private static let grace = Duration.milliseconds(500)
    static let patience = Duration.seconds(5)

    private let loop: EventLoop
    private let preparation: Preparation
    private let settings: PeerSettings
    private let endpoint: SecureEndpoint
    private var contacts: [DoctorFacts.Contact] = []
    private var open = 0
    private var timers: [LoopTimer] = []
    private var connections: [SecureConnection] = []

    private init(_ preparation: Preparation, loop: EventLoop) throws {
        self.loop = loop
        self.preparation = preparation
        var settings = preparation.peerSettings
        settings.software = "\(Software.name) doctor"
        settings.membership.listening = false
        self.settings = settings
        endpoint = try SecureEndpoint(loop: loop, identity: preparation.identity)
        // Each dial expects one founder's key, and that decides.
        endpoint.admit = { _ in .admitted }
    }

    /// What comes of each address of each other founder: shakes hands and says Hello with this
    /// node's key. Not while the node runs: its peers would take the new connection for its own.
    static func contacts(_ preparation: Preparation) throws -> [DoctorFacts.Contact] {
        let loop = try EventLoop()
        let probe = try DoctorProbe(preparation, loop: loop)
        let own = preparation.identity.nodeID
        for founder in preparation.federation.founders where founder.id != own {
            for address in founder.addresses {
                guard let place = try? HostPort(address) else { continue }
                probe.greet(founder.name, founder.id, address, place)
            }
        }
        if probe.open > 0 { loop.run() }
        probe.endpoint.close()
        return probe.contacts.sorted { ($0.member, $0.address) < ($1.member, $1.address) }
    }

    private func close(_ member: String, _ address: String, _ result: DoctorFacts.Contact.Result) {
        contacts.append(Contact(member: member, address: address, result: result))
        open -= 1
        if open == 0 { loop.stop() }
    }

    // MARK: The handshake and a Hello

    private func greet(_ member: String, _ id: NodeID, _ address: String, _ place: HostPort) {
        open += 1
        endpoint.dial(place, expecting: id, timeout: Self.patience) { result in
            switch result {
            case .success(let connection): self.talk(member, id, address, connection)
            case .failure(let error): self.close(member, address, Self.result(of: error))
            }
        }
    }

    private static func result(of error: TransportError) -> DoctorFacts.Contact.Result {
        switch error {
        case .network(.noSuchHost), .network(.namesUnavailable): .unknownName("\(error)")
        case .stranger, .expelled, .wrongKey, .ourselves, .noCertificate, .badCertificate,
            .tlsVersion, .otherProtocol, .garbage, .refusedByPeer:
            .refused("\(error)")
        default: .noAnswer("\(error)")
        }
    }

    private func talk(
        _ member: String, _ id: NodeID, _ address: String, _ connection: SecureConnection
    ) {
        connections.append(connection)
        var isOver = false
        func end(_ result: DoctorFacts.Contact.Result) {
            guard !isOver else { return }
            isOver = true
            connection.close(sending: WireFarewell(.leaving, reason: "only a look"))
            close(member, address, result)
        }
        let timer = LoopTimer(loop: loop)
        timer.start(after: Self.patience) { end(.noAnswer("it says nothing")) }
        timers.append(timer)
        connection.start(
            onMessage: { message in
                switch message {
                case .hello(let hello):
                    if let objection = self.settings.objection(to: hello, from: id) {
                        return end(.refused(objection.reason))
                    }
                    let ahead = self.settings.clockDifference(of: hello, at: Self.now)?.inSeconds
                    timer.start(after: Self.grace) {
                        end(.agreed(software: hello.software, clockAhead: ahead))
                    }
                case .farewell(let farewell): end(.refused("it says: \(farewell.reason)"))
                default: break
                }
            },
            onClosed: { reason in end(.refused("it ends the connection: \(reason)")) })
        connection.send(.hello(settings.hello(at: Self.now)))
    }

    private static var now: Instant {
        Instant(nanoseconds: MonotonicTime.current.nanoseconds)
    }
}
