// Room:  starling (floor 6).
// Task:  which node a command asks, and the asking.
// May:   ArgumentParser, Daemon, HTTP.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import HTTP

/// `--state DIR` or `--config FILE`.
struct RunningNode: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The node's state folder (default: \(Configuration.defaultState)).", valueName: "DIR"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "The node's configuration file, in place of --state.", valueName: "FILE"))
    var config: String?

    func validate() throws {
        guard state == nil || config == nil else {
            throw ValidationError("give --state or --config, not both")
        }
    }

    /// State folder and federation file.
    func paths() throws -> (state: String, federation: String) {
        guard let config else {
            let folder = state ?? Configuration.defaultState
            return (folder, folder + "/federation.toml")
        }
        let configuration = try Configuration.load(config, environment: ProcessEnvironment.current)
        return (configuration.state, configuration.federation)
    }

    /// - Returns: the body of a 200.
    /// - Throws: `HTTPError` where no daemon answers, `CommandFault.interface` where it refuses.
    static func get(_ target: String, state: String) throws -> [UInt8] {
        try ask("GET", target, state: state)
    }

    private static func ask(_ method: String, _ target: String, state: String) throws -> [UInt8] {
        let reply = try LocalClient.request(
            socket: Configuration.socket(inState: state), method: method, path: target)
        guard reply.status == 200 else {
            let failure = try? JSONOutput.decode(InterfaceFailure.self, from: reply.body)
            throw CommandFault.interface(
                status: reply.status, reason: failure?.error ?? "no reason given",
                hint: failure?.hint)
        }
        return reply.body
    }

    /// Has the node do something, and shows its answer.
    func act<Answer: Decodable>(
        _ path: String, _ parameters: [(name: String, value: String)], json: Bool,
        _ lines: (Answer) -> [String]
    ) throws {
        let query = parameters.map { "\($0.name)=\(Self.escaped($0.value))" }
        let target = query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
        try show(Self.ask("POST", target, state: try paths().state), of: path, json: json, lines)
    }

    /// Percent-encoded (RFC 3986, section 2.1): all but the unreserved characters.
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { out, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                out += "%"
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
    }

    /// Shows an answer: as it came for programs, or as `lines` make it for people.
    func show<Answer: Decodable>(
        _ target: String, json: Bool, _ lines: (Answer) -> [String]
    ) throws {
        try show(Self.get(target, state: try paths().state), of: target, json: json, lines)
    }

    private func show<Answer: Decodable>(
        _ body: [UInt8], of target: String, json: Bool, _ lines: (Answer) -> [String]
    ) throws {
        if json { return print(String(decoding: body, as: UTF8.self)) }
        guard let answer = try? JSONOutput.decode(Answer.self, from: body) else {
            throw CommandFault.unreadableReply(target)
        }
        for line in lines(answer) { print(line) }
    }
}
