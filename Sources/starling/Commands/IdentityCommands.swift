// Room:  starling (floor 6).
// Task:  `init` and `id`: a node's key and its name.
// May:   ArgumentParser, Daemon, Identity.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import Identity

/// Where a node keeps its state.
struct StateOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The node's state folder (default: \(Configuration.defaultState)).", valueName: "DIR"))
    var state: String?

    var folder: String { state ?? Configuration.defaultState }
}

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make this node's key, and print its ID.",
        discussion: """
            Writes identity.key (mode 0600; whoever has it is this node) and
            identity.crt, and never overwrites them. The ID is what you give the
            others for the federation file.

              starling init --state state
            """)

    @OptionGroup var place: StateOption

    func run() throws {
        let identity = try LocalIdentity.create(in: place.folder)
        print(identity.nodeID)
        StandardError.say(
            "made \(place.folder)/\(LocalIdentity.keyFile): keep it secret, keep a copy")
        StandardError.say("the line above is this node's ID: it goes into the federation file")
    }
}

struct IDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Print this node's ID.",
        discussion: """
              starling id --state state
              starling federation new … \\
                  --founder alice=$(starling id --state state)@host:7447
            """)

    @OptionGroup var place: StateOption

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Answer: Encodable {
        let schema = "starling.id/1"
        let id: String
        let short: String
        let state: String
    }

    func run() throws {
        let id = try LocalIdentity.load(from: place.folder).nodeID
        guard json else { return print(id) }
        try JSONOutput.show(Answer(id: id.description, short: id.short, state: place.folder))
    }
}
