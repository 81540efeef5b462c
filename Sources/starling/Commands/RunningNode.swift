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

    /// - Throws: as `get`, and where the answer is not what was asked for.
    static func answer<Answer: Decodable>(_ target: String, state: String) throws -> Answer {
        try decoded(get(target, state: state), of: target)
    }

    static func decoded<Answer: Decodable>(_ body: [UInt8], of target: String) throws -> Answer {
        guard let answer = try? JSONOutput.decode(Answer.self, from: body) else {
            throw CommandFault.unreadableReply(target)
        }
        return answer
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

/// What a node tells of itself and of the others, asked one after the other.
struct NodePicture {
    var status: NodeStatus
    var peers: [PeersStatus.Peer]
    var members: [MembersStatus.Member]

    init(state: String) throws {
        status = try RunningNode.answer("/v1/status", state: state)
        peers = try (RunningNode.answer("/v1/peers", state: state) as PeersStatus).peers
        members = try (RunningNode.answer("/v1/members", state: state) as MembersStatus).members
    }

    init(
        status: NodeStatus, peers: [PeersStatus.Peer], members: [MembersStatus.Member]
    ) {
        (self.status, self.peers, self.members) = (status, peers, members)
    }
}
