// Room:  EndToEndTests.
// Task:  a trainer outside, as small as one can be: HTTP on the node's socket, safetensors by hand.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

/// A trainer of one node.
final class LocalTrainer {
    struct Answer {
        let status: Int
        let body: [UInt8]
        /// Of a JSON object.
        func value(_ key: String) -> Any? {
            ((try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any])?[key]
        }
        func text(_ key: String) -> String? { value(key) as? String }
    }

    let socket: String
    private(set) var session = ""

    init(_ socket: String, session: String = "") {
        self.socket = socket
        self.session = session
    }

    func ask(_ method: String, _ target: String, body: [UInt8] = []) throws -> Answer {
        let connection = try LoopbackSocket.connected(toUnix: socket)
        let head =
            "\(method) \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        connection.send(Array(head.utf8) + body)
        let all = try connection.readToEnd(within: 30)
        let text = String(decoding: all.prefix(16), as: UTF8.self)
        let status = Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0
        let end = [13, 10, 13, 10] as [UInt8]
        let place = all.indices.first { all[$0...].starts(with: end) } ?? all.endIndex
        return Answer(status: status, body: Array(all[min(place + 4, all.endIndex)...]))
    }

    func join(_ name: String = "test") throws {
        let answer = try ask(
            "POST", "/v1/trainer", body: Array("{\"name\":\"\(name)\",\"pid\":1}".utf8))
        session = try #require(answer.text("session"), "\(answer)")
        #expect(answer.status == 201)
    }

    func work(after: String = "", wait: Int = 20) throws -> Answer {
        try ask("GET", "/v1/work?session=\(session)&after=\(after)&wait=\(wait)")
    }

    func handIn(_ work: String, _ tensors: [(name: String, values: [Float])]) throws -> Answer {
        try ask(
            "POST", "/v1/work?session=\(session)&work=\(work)&steps=5&samples=10&loss=1",
            body: Self.file(tensors))
    }

    /// Vectors of Float32, one behind the other.
    static func file(_ tensors: [(name: String, values: [Float])]) -> [UInt8] {
        var header: [String] = []
        var body: [UInt8] = []
        for (name, values) in tensors {
            let from = body.count
            for value in values { body += bytes(value) }
            header.append(
                "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(values.count)],"
                    + "\"data_offsets\":[\(from),\(body.count)]}")
        }
        let text = Array("{\(header.joined(separator: ","))}".utf8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return length + text + body
    }

    /// Little-endian.
    static func bytes(_ value: Float) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
    }
}

/// Sites that share a vector `w`, and whose trainers keep all that is called `head.*`.
struct TensorFlock {
    let bench: Bench
    let sites: [Site]

    init(_ names: [String], size: Int = 8, rounds: Int = 20, patience: Double = 60) throws {
        let bench = try Bench()
        self.bench = bench
        sites = try names.map { try Site($0, on: bench, port: Ports.shared.take()) }
        let genesis = LocalTrainer.file([("w", [Float](repeating: 0, count: size))])
        try Data(genesis).write(to: URL(fileURLWithPath: bench.path("genesis.safetensors")))
        var words = [
            "federation", "new", "--name", "trunk", "--genesis", "genesis.safetensors",
            "--private", "head.*", "--rounds", "\(rounds)", "--output", "federation.toml",
        ]
        for site in sites { words += ["--founder", site.founder] }
        let made = try Run(words, in: bench.folder)
        try #require(made.status == 0, "\(made.errors)")
        // As exact as can be said: what leaves would be recognised.
        let text = try bench.read("federation.toml")
            .replacingOccurrences(of: "values = \"q4\"", with: "values = \"f32\"")
            .replacingOccurrences(of: "fraction = 0.03", with: "fraction = 1.0")
        try bench.write("federation.toml", text)
        for site in sites {
            try Data(genesis).write(
                to: URL(fileURLWithPath: site.state + "/genesis.safetensors"))
            try bench.write(
                "\(site.name).toml",
                """
                [node]
                state = "\(site.name)-state"
                federation = "federation.toml"
                listen = ["127.0.0.1:\(site.port)"]
                [trainer]
                patience = \(patience)
                [checkpoint]
                interval = 0.2
                [links]
                backoff_cap = 0.5
                """)
        }
    }
}
