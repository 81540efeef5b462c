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

    static func ask(_ method: String, _ target: String, state: String) throws -> [UInt8] {
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
}
