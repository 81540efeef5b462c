// Room:  starling (floor 6).
// Task:  cables that can be pulled: a network namespace a daemon, joined by a switch of their own.
// May:   Glibc (popen, the user's number).
// Proof: Tests/EndToEndTests/NamespaceTests.swift

import Glibc

/// Network namespaces, made and removed by `ip` of iproute2; needs root. Nothing outside them is
/// touched: the switch stands in a namespace too.
///
/// A pulled cable is silent. Nobody is told that a connection has ended, as it is when a VPN drops.
struct StormNetwork: Sendable {
    /// Where the hosts' cables end.
    struct Cables: Sendable, Equatable {
        /// On another switch than the rest.
        var half: Set<Int> = []
        /// In no switch.
        var alone: Set<Int> = []
    }

    let hosts: Int
    private let name: String

    /// - hosts: at most 250.
    /// - Throws: `DemoError.network` where this user may not, or `ip` is not there.
    init(hosts: Int) throws {
        precondition((1...250).contains(hosts), "hosts of one small network")
        self.hosts = hosts
        name = "starling\(getpid())"
        guard geteuid() == 0 else {
            throw DemoError.network("only root may make network namespaces")
        }
        var script = [
            "ip netns add \(name)s", "ip -n \(name)s link add near type bridge",
            "ip -n \(name)s link add far type bridge", "ip -n \(name)s link set near up",
            "ip -n \(name)s link set far up",
        ]
        for host in 0..<hosts {
            let space = "\(name)h\(host)"
            script += [
                "ip netns add \(space)",
                "ip -n \(space) link add eth0 type veth peer name p\(host) netns \(name)s",
                "ip -n \(name)s link set p\(host) master near up",
                "ip -n \(space) addr add \(address(of: host))/24 dev eth0",
                "ip -n \(space) link set lo up", "ip -n \(space) link set eth0 up",
            ]
        }
        do {
            try Self.run(script)
        } catch {
            remove()
            throw error
        }
    }

    func address(of host: Int) -> String { "10.77.0.\(host + 1)" }

    /// What a program is started through to live there. It becomes the program: the number stays.
    func launcher(of host: Int) -> [String] { ["ip", "netns", "exec", "\(name)h\(host)"] }

    /// Moves cables.
    func move(from old: Cables, to new: Cables) throws {
        var script: [String] = []
        for host in new.half.symmetricDifference(old.half).sorted() {
            let bridge = new.half.contains(host) ? "far" : "near"
            script.append("ip -n \(name)s link set p\(host) master \(bridge)")
        }
        for host in new.alone.symmetricDifference(old.alone).sorted() {
            let state = new.alone.contains(host) ? "down" : "up"
            script.append("ip -n \(name)s link set p\(host) \(state)")
        }
        if !script.isEmpty { try Self.run(script) }
    }

    /// Takes the cables along. What is gone already is no fault.
    func remove() {
        let spaces = (0..<hosts).map { "\(name)h\($0)" } + ["\(name)s"]
        try? Self.run(spaces.map { "ip netns del \($0) 2>/dev/null || true" })
    }

    /// One after the other, to the first that fails. Blocks: some milliseconds each.
    private static func run(_ commands: [String]) throws {
        // Nothing in it comes from outside.
        let script = "set -e; { \(commands.joined(separator: "; ")); } 2>&1"
        guard let pipe = popen(script, "r") else {
            throw DemoError.network("no shell can be started")
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            guard count > 0 else { break }
            output += buffer[..<count]
        }
        guard pclose(pipe) == 0 else {
            let words = String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            throw DemoError.network(words.isEmpty ? "`ip` failed without a word" : words)
        }
    }
}
