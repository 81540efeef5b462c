// Room:  starling (floor 6).
// Task:  `demo-node`: the daemon as `run` has it, with what only storms and tests may do to one.
// May:   ArgumentParser, Daemon.
// Proof: Tests/EndToEndTests/StormTests.swift

import ArgumentParser
import Daemon

struct DemoNodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-node", abstract: "A node in a storm; `demo --storm` starts these.",
        shouldDisplay: false)

    @Option(help: ArgumentHelp("The node's configuration file.", valueName: "FILE"))
    var config: String

    @Flag(help: "It can be told to refuse peers.")
    var partitions = false

    @Option(help: ArgumentHelp("A round's training takes at least so long.", valueName: "MS"))
    var roundMs: Int = 0

    @Option(help: ArgumentHelp("Write every message that is sent here.", valueName: "FILE"))
    var tap: String?

    func validate() throws {
        guard (0...60_000).contains(roundMs) else {
            throw ValidationError("--round-ms must be 0 to 60000")
        }
    }

    func run() throws {
        let preparation = try Preparation(Configuration.load(config))
        try runNode(
            preparation,
            switches: TestSwitches(
                hasPartitions: partitions, round: roundMs > 0 ? .milliseconds(roundMs) : nil,
                tap: tap))
    }
}
