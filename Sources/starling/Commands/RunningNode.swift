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
        let reply = try LocalClient.request(
            socket: Configuration.socket(inState: state), method: "GET", path: target)
        guard reply.status == 200 else {
            let failure = try? JSONOutput.decode(InterfaceFailure.self, from: reply.body)
            throw CommandFault.interface(
                status: reply.status, reason: failure?.error ?? "no reason given")
        }
        return reply.body
    }

    /// Shows an answer: as it came for programs, or as `lines` make it for people.
    func show<Answer: Decodable>(
        _ target: String, json: Bool, _ lines: (Answer) -> [String]
    ) throws {
        let body = try Self.get(target, state: try paths().state)
        if json { return print(String(decoding: body, as: UTF8.self)) }
        guard let answer = try? JSONOutput.decode(Answer.self, from: body) else {
            throw CommandFault.unreadableReply(target)
        }
        for line in lines(answer) { print(line) }
    }
}
