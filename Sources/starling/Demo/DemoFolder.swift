// Room:  starling (floor 6).
// Task:  the demo's folder: one folder a node with key, data and configuration, one federation.
// May:   Daemon (environment), EventLoop (free ports), Federation, Identity, Learning, Store, Glibc,
//        FoundationEssentials (removing a tree).
// Proof: Tests/EndToEndTests

import Daemon
import EventLoop
import Federation
import FoundationEssentials
import Glibc
import Identity
import Learning
import Store

/// What lies on disk for the daemons.
///
/// ```
/// DIR/federation.toml
/// DIR/amsterdam/state/        identity, checkpoints, socket
/// DIR/amsterdam/data.csv
/// DIR/amsterdam/starling.toml
/// DIR/amsterdam/log
/// ```
struct DemoFolder: Sendable {
    struct Place: Sendable {
        let folder: String
        let id: NodeID
        /// `host:port`.
        let address: String

        var state: String { "\(folder)/state" }
        var configuration: String { "\(folder)/starling.toml" }
        var socket: String { "\(folder)/state/starling.sock" }
        var log: String { "\(folder)/log" }
    }

    let path: String
    /// Removed at the end.
    let isTemporary: Bool
    private(set) var places: [Place] = []

    /// Makes the folder: a new one in TMPDIR or /tmp, or the one named.
    ///
    /// - Throws: `DemoError` where it cannot be made, or holds something.
    init(keeping named: String?) throws {
        if let named {
            path = named
            isTemporary = false
            try Files.makeDirectory(named)
            guard try FileManager.default.contentsOfDirectory(atPath: named).isEmpty else {
                throw DemoError.folderNotEmpty(named)
            }
        } else {
            let parent = ProcessEnvironment.current["TMPDIR"] ?? ""
            // `mkdtemp` replaces six of these letters.
            let unique = String(repeating: "X", count: 6)
            let pattern = "\(parent.isEmpty ? "/tmp" : parent)/starling-demo-\(unique)"
            var bytes = pattern.utf8CString
            let made = bytes.withUnsafeMutableBufferPointer { buffer -> String? in
                guard let template = buffer.baseAddress else { return nil }
                return mkdtemp(template).map { String(cString: $0) }
            }
            guard let made else {
                throw DemoError.folder(pattern, reason: Self.reason(errno))
            }
            path = made
            isTemporary = true
        }
    }

    /// Writes everything that the daemons start from.
    ///
    /// - network: where the daemons live; nil: on loopback.
    mutating func fill(_ plan: DemoPlan, loop: EventLoop, network: StormNetwork?) throws {
        let addresses =
            try network.map { network in
                plan.daemons.indices.map { "\(network.address(of: $0)):7447" }
            }
            ?? Self.freePorts(plan.daemons.count, loop: loop).map { "127.0.0.1:\($0)" }
        for (site, address) in zip(plan.daemons, addresses) {
            let folder = "\(path)/\(site.name)"
            try Files.makeDirectory(folder)
            let identity = try LocalIdentity.create(in: "\(folder)/state")
            let place = Place(folder: folder, id: identity.nodeID, address: address)
            // What a Unix socket's address can hold.
            guard place.socket.utf8.count <= 107 else { throw DemoError.longPath(place.socket) }
            places.append(place)
        }
        let identifiers = places.map { "\($0.id)@\($0.address)" }
        let federation = try plan.federation(identifiers).render()
        try Files.writeAtomically("\(path)/federation.toml", [UInt8](federation.utf8), mode: 0o644)
        for (site, place) in zip(plan.daemons, places) {
            let table = Table(
                dataset: site.rows, featureNames: plan.featureNames, classes: plan.classes)
            try Files.writeAtomically(
                "\(place.folder)/data.csv", CSV.text(table, label: plan.label))
            let text = Self.configuration(address: place.address, seed: site.seed)
            try Files.writeAtomically(place.configuration, [UInt8](text.utf8), mode: 0o644)
        }
    }

    private static func reason(_ number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }

    func remove() {
        guard isTemporary else { return }
        // What cannot be removed from /tmp is nobody's loss.
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func configuration(address: String, seed: UInt64) -> String {
        """
        # Written by `starling demo`.

        [node]
        state = "state"
        federation = "../federation.toml"
        listen = ["\(address)"]

        [data]
        file = "data.csv"
        holdout = 0.0  # the demo measures on rows that no node has

        [training]
        seed = \(seed)

        [checkpoint]
        interval = 1

        [links]
        backoff_cap = 1

        """
    }

    /// Ports that were free a moment ago: all bound at once, so that they differ, then let go. They
    /// lie below those that the system hands out for connections: a daemon that is away must not
    /// find its own taken when it is back.
    private static func freePorts(_ count: Int, loop: EventLoop) throws -> [UInt16] {
        var listeners: [TCPListener] = []
        defer { for listener in listeners { listener.close() } }
        var tries = 0
        while listeners.count < count {
            guard let address = SocketAddress(ip: "127.0.0.1", port: .random(in: 12_000..<30_000))
            else { preconditionFailure("a valid address") }
            tries += 1
            do {
                listeners.append(try TCPListener(loop: loop, address: address))
            } catch {
                // Taken by somebody else; where none is to be had the last reason is told.
                if tries > 100 + 4 * count { throw error }
            }
        }
        return listeners.map(\.localAddress.port)
    }
}
