// Room:  starling (floor 6).
// Task:  finds out what this machine has, and who answers at the members' addresses.
// May:   Daemon, EventLoop, Federation, Glibc, Identity, Membership, Peer, Transport, Wire.
// Proof: Tests/EndToEndTests/DoctorTests.swift

import Daemon
import EventLoop
import Federation
import Glibc
import Identity
import Transport
import Wire

/// Asks all members at once; each has a few seconds.
final class DoctorProbe {
    private typealias Contact = DoctorFacts.Contact

    static let patience = Duration.seconds(5)

    private let loop: EventLoop
    private let preparation: Preparation
    private let endpoint: SecureEndpoint
    private var contacts: [DoctorFacts.Contact] = []
    private var open = 0
    private var timers: [LoopTimer] = []
    private var connections: [SecureConnection] = []

    private init(_ preparation: Preparation, loop: EventLoop) throws {
        self.loop = loop
        self.preparation = preparation
        endpoint = try SecureEndpoint(loop: loop, identity: preparation.identity)
        // Each dial expects one founder's key, and that decides.
        endpoint.admit = { _ in .admitted }
    }

    /// What comes of each address of each other founder.
    ///
    /// - greets: whether to shake hands and say Hello with this node's key. Not while the node
    ///   runs: its peers would take the new connection for its own.
    static func contacts(_ preparation: Preparation, greets: Bool) throws -> [DoctorFacts.Contact] {
        let loop = try EventLoop()
        let probe = try DoctorProbe(preparation, loop: loop)
        let own = preparation.identity.nodeID
        for founder in preparation.federation.founders where founder.id != own {
            for address in founder.addresses {
                guard let place = try? HostPort(address) else { continue }
                if greets {
                    probe.greet(founder.name, founder.id, address, place)
                } else {
                    probe.knock(founder.name, address, place)
                }
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

    // MARK: TCP alone

    private func knock(_ member: String, _ address: String, _ place: HostPort) {
        open += 1
        _ = Resolver.resolve(loop: loop, place) { result in
            switch result {
            case .failure(let error): self.close(member, address, .unknownName("\(error)"))
            case .success(let addresses): self.knock(member, address, addresses[...], last: nil)
            }
        }
    }

    private func knock(
        _ member: String, _ address: String, _ places: ArraySlice<SocketAddress>, last: String?
    ) {
        guard let place = places.first else {
            return close(member, address, .noAnswer(last ?? "the name has no address"))
        }
        TCPStream.connect(loop: loop, to: place, timeout: Self.patience) { result in
            switch result {
            case .success(let stream):
                stream.close()
                self.close(member, address, .open)
            case .failure(let error):
                self.knock(member, address, places.dropFirst(), last: "\(error)")
            }
        }
    }

    // MARK: The handshake and a Hello

    private func greet(_ member: String, _ id: NodeID, _ address: String, _ place: HostPort) {
        open += 1
        endpoint.dial(place, expecting: id, timeout: Self.patience) { result in
            switch result {
            case .success(let connection): self.talk(member, address, connection)
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

    private func talk(_ member: String, _ address: String, _ connection: SecureConnection) {
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
                    // Its own judgement of our Hello may still be on the way: wait for a moment.
                    let ahead =
                        hello.clock == 0
                        ? nil : Double(hello.clock - Self.unixMilliseconds) / 1000
                    timer.start(after: .milliseconds(500)) {
                        end(.agreed(software: hello.software, clockAhead: ahead))
                    }
                case .farewell(let farewell): end(.refused("it says: \(farewell.reason)"))
                default: break
                }
            },
            onClosed: { reason in end(.refused("it ends the connection: \(reason)")) })
        connection.send(.hello(hello))
    }

    private var hello: WireHello {
        var hello = WireHello()
        (hello.versionMin, hello.versionMax) = (1, 1)
        hello.federationBytes = preparation.federation.id.bytes
        hello.nodeBytes = preparation.identity.nodeID.bytes
        hello.software = "\(Software.name) doctor"
        hello.parameters = UInt32(clamping: preparation.layout.count)
        hello.listening = false
        return hello
    }

    private static var unixMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    // MARK: The machine

    static func machine(state: String) -> DoctorFacts.Machine {
        var machine = DoctorFacts.Machine()
        var system = statvfs()
        if statvfs(state, &system) == 0 {
            machine.freeDisk = UInt64(system.f_bavail) * UInt64(system.f_frsize)
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            machine.mostFiles = Int(clamping: limit.rlim_cur)
        }
        machine.availableMemory = availableMemory
        return machine
    }

    /// What the kernel would give without swapping.
    private static var availableMemory: UInt64? {
        guard let file = fopen("/proc/meminfo", "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").compactMap { UInt64($0) }.first.map { $0 * 1024 }
        }
        return nil
    }
}
