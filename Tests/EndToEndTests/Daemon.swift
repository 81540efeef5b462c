// Room:  EndToEndTests.
// Task:  a site on the disk, and the daemon that runs on it.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

/// `starling status --json`, as far as the tests look.
struct Status: Decodable {
    struct Name: Decodable { let id, short, name: String }
    struct HeldOut: Decodable { let loss, accuracy: Double?; let rows: Int }
    struct Bytes: Decodable { let sent, received, payload_sent: Int }
    struct Saved: Decodable { let generation, round: Int?; let error: String? }

    let schema: String
    let node, federation: Name
    let pid: Int32
    let phase: String
    let round, rounds, samples, links, members, parameters, refused: Int
    let loss, disagreement: Double?
    let held_out: HeldOut
    let bytes: Bytes
    let checkpoint: Saved
    let warnings, address: [String]
}

/// `starling peers --json`.
struct Peers: Decodable {
    struct Peer: Decodable {
        let name, id, state: String
        let linked: Bool
        let direction: String?
        let epoch, exchange, exchanges, attempts, failures: Int
        let accuracy: Double?
    }

    let schema: String
    let peers: [Peer]

    func named(_ name: String) throws -> Peer {
        try #require(peers.first { $0.name == name }, "no peer \(name)")
    }
}

/// A node's folder: `NAME.toml`, `NAME.csv`, `NAME-state/`.
struct Site {
    let bench: Bench
    let name: String
    let id: String
    /// 0: it does not listen.
    let port: UInt16

    var configuration: String { bench.path("\(name).toml") }
    var state: String { bench.path("\(name)-state") }
    var socket: String { state + "/starling.sock" }

    /// Makes the key, where there is none yet.
    init(_ name: String, on bench: Bench, port: UInt16) throws {
        (self.bench, self.name, self.port) = (bench, name, port)
        let made = try Run(["init", "--state", "\(name)-state"], in: bench.folder)
        id = try #require(made.lines.first, "\(made.errors)")
    }

    var founder: String { "\(name)=\(id)" + (port == 0 ? "" : "@127.0.0.1:\(port)") }

    /// - training: lines of `[training]`; more: any further sections.
    func configure(
        federation: String = "federation.toml", label: String = "diagnosis", training: String = "",
        checkpoint: Double = 0.2, level: String = "info", more: String = ""
    ) throws {
        let listen = port == 0 ? "" : "\"127.0.0.1:\(port)\""
        try bench.write(
            "\(name).toml",
            """
            [node]
            state = "\(name)-state"
            federation = "\(federation)"
            listen = [\(listen)]
            [data]
            file = "\(name).csv"
            label = "\(label)"
            [training]
            \(training)
            [checkpoint]
            interval = \(checkpoint)
            [links]
            backoff_cap = 0.5
            [log]
            level = "\(level)"
            \(more)
            """)
    }

    func starling(_ words: String..., within bound: Double = 30) throws -> Run {
        try Run(words, in: bench.folder, within: bound)
    }

    func status() throws -> Status {
        let run = try starling("status", "--json", "--state", state)
        try #require(run.status == 0, "\(run.errors)")
        return try JSONDecoder().decode(Status.self, from: Data(run.output.utf8))
    }

    func peers() throws -> Peers {
        let run = try starling("peers", "--json", "--state", state)
        try #require(run.status == 0, "\(run.errors)")
        return try JSONDecoder().decode(Peers.self, from: Data(run.output.utf8))
    }

    /// The node's parameters: a safetensors file as bytes, metadata and all.
    func model() throws -> Data {
        let file = bench.path("\(name).safetensors")
        let run = try starling("model", "export", "--config", configuration, "--output", file)
        try #require(run.status == 0, "\(run.errors)")
        return try Data(contentsOf: URL(fileURLWithPath: file))
    }

    /// Every file of the state folder.
    func contents() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: state) {
            found[name] = try? Data(contentsOf: URL(fileURLWithPath: state + "/" + name))
        }
        return found
    }

    func checkpoints() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: state + "/checkpoint")
            .filter { $0.hasSuffix(".ckpt") }.sorted()
    }
}

/// A running node. Whoever forgets it kills it.
final class Daemon {
    let site: Site
    private let program: Program
    private let logFile: String

    /// Starts it; does not wait until it answers.
    ///
    /// - through: a program that starts it, with its options.
    /// - command: what the binary is told to do.
    init(_ site: Site, through: [String] = [], command: [String] = ["run"]) throws {
        self.site = site
        logFile = site.bench.path("\(site.name).log")
        let binary = try Binary.path()
        program = try Program(
            through + [binary] + command + ["--config", site.configuration], in: site.bench.folder,
            output: site.bench.path("\(site.name).out"), errors: logFile, appending: true)
        Janitor.shared.note("kill", "\(program.pid) \(binary)")
    }

    var pid: pid_t { program.pid }
    var isRunning: Bool { program.isRunning }
    var log: String {
        String(
            decoding: (try? Data(contentsOf: URL(fileURLWithPath: logFile))) ?? Data(),
            as: UTF8.self)
    }

    func signal(_ number: Int32) { program.signal(number) }

    /// Asks for its status until it fits. One that does not answer yet is asked again.
    @discardableResult
    func until(
        _ what: String, within bound: Double = 20, _ fits: (Status) throws -> Bool
    ) throws -> Status {
        var last: Status?
        let site = site
        let program = program
        try wait(
            for: "\(what) at \(site.name)", within: bound,
            detail: { "\(last.map { "\($0)" } ?? "no status")\n\(self.log.suffix(3000))" }
        ) {
            guard program.isRunning else {
                throw Overdue(
                    description: "\(site.name) has ended with \(program.status ?? -1)\n\(self.log)")
            }
            // Its socket comes only after its lock, its checkpoint and its door.
            guard access(site.socket, F_OK) == 0 else { return false }
            let run = try site.starling("status", "--json", "--state", site.state)
            guard run.status == 0 else { return false }
            let status = try JSONDecoder().decode(Status.self, from: Data(run.output.utf8))
            last = status
            return try status.pid == program.pid && fits(status)
        }
        return try #require(last)
    }

    func untilLog(_ part: String, within bound: Double = 20) throws {
        try wait(
            for: "'\(part)' in the log of \(site.name)", within: bound,
            detail: { String(self.log.suffix(3000)) }, until: { log.contains(part) })
    }

    /// As an operator would.
    @discardableResult
    func stop(_ number: Int32 = SIGTERM, within bound: Double = 20) throws -> Int32 {
        signal(number)
        return try program.ended(within: bound)
    }

    func ended(within bound: Double = 20) throws -> Int32 { try program.ended(within: bound) }

    /// As a power cut would.
    func die() throws {
        signal(SIGKILL)
        let status = try program.ended()
        #expect(status == 128 + SIGKILL)
    }
}
