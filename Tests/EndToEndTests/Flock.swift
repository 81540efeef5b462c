// Room:  EndToEndTests.
// Task:  a federation of sites on one bench: keys, rows, one file that all agree on.
// May:   Foundation.
// Proof: itself

import Foundation
import Synchronization
import Testing

/// Tumours, shared out among some sites.
struct Flock {
    let bench: Bench
    let sites: [Site]

    /// - names: of the sites.
    /// - hidden: those that do not listen and have no address.
    /// - rounds, steps, sizes, rate: of the federation file.
    init(
        _ names: [String], hidden: Set<String> = [], rounds: Int = 60, steps: Int = 5,
        sizes: String = "30,2", rate: Double = 0.1, on bench: Bench? = nil
    ) throws {
        let bench = try bench ?? Bench()
        self.bench = bench
        sites = try names.map {
            try Site($0, on: bench, port: hidden.contains($0) ? 0 : Ports.shared.take())
        }
        try Self.shareRows(among: names, on: bench)
        var words = [
            "federation", "new", "--name", "tumours", "--sizes", sizes, "--label", "diagnosis",
            "--classes", "benign,malignant", "--rounds", "\(rounds)", "--steps", "\(steps)",
            "--rate", "\(rate)", "--output", "federation.toml",
        ]
        for site in sites {
            let measured = try site.starling(
                "federation", "measure", "\(site.name).csv", "--label", "diagnosis", "--json")
            try #require(measured.status == 0, "\(measured.errors)")
            try bench.write("\(site.name).json", measured.output)
            words += ["--founder", site.founder, "--measures", "\(site.name).json"]
        }
        let made = try Run(words, in: bench.folder)
        try #require(made.status == 0, "\(made.errors)")
        for site in sites { try site.configure() }
    }

    subscript(_ place: Int) -> Site { sites[place] }

    /// Every fifth row is for the test, the others go round.
    static func shareRows(among names: [String], on bench: Bench) throws {
        let file = Binary.repository + "/config/data/tumours.csv"
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        var parts = [[Substring]](repeating: [lines[0]], count: names.count)
        var test = [lines[0]]
        for (place, line) in lines.dropFirst().enumerated() {
            if place % 5 == 0 { test.append(line) } else { parts[place % names.count].append(line) }
        }
        for (name, part) in zip(names, parts) {
            try bench.write("\(name).csv", part.joined(separator: "\n") + "\n")
        }
        try bench.write("test.csv", test.joined(separator: "\n") + "\n")
    }

    /// What the federation's ID looks like in a log: its short form.
    func federationID(_ file: String = "federation.toml") throws -> String {
        let run = try bench.starling("federation", "check", file)
        let text = try #require(run.lines.first, "\(run.errors)")
        return String(text.filter { $0 != "-" }.prefix(8))
    }
}

/// The 32 bytes behind an ID as people read it: 52 characters of base32, one check character after
/// each 13.
enum ReadableID {
    static func bytes(_ text: String) -> [UInt8] {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        let all = text.filter { $0 != "-" }
        var bytes: [UInt8] = []
        var (window, held) = (0, 0)
        for (place, character) in all.enumerated() where place % 14 != 13 {
            window = (window << 5 | (alphabet.firstIndex(of: character) ?? 0)) & 0xffff
            held += 5
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: window >> held))
            }
        }
        return bytes
    }
}

/// Free ports of 127.0.0.1, each given once. They lie below those that the system itself hands out
/// for connections, so that nobody takes one between the choice and the daemon's start.
final class Ports: Sendable {
    static let shared = Ports()

    private let taken = Mutex<Set<UInt16>>([])

    func take() throws -> UInt16 {
        try taken.withLock { taken in
            for _ in 0..<200 {
                let port = UInt16.random(in: 12_000..<30_000)
                if !taken.contains(port), let socket = try? LoopbackSocket.listening(on: port) {
                    socket.close()
                    taken.insert(port)
                    return port
                }
            }
            throw Overdue(description: "no free port on 127.0.0.1")
        }
    }
}
