// Room:  starling (floor 6).
// Task:  `starling simulate`: the real core in a virtual world, as a command with four questions.
// May:   ArgumentParser.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import ArgumentParser

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Try a federation in a virtual world before it starts: rounds, bytes, faults.",
        discussion: """
            The daemons' own core under virtual time, a virtual network and virtual disks, all
            drawn from one seed: the same seed is the same run. Laws are checked at every event.

            Examples:
              starling simulate digits --nodes 16 --faults storm
              starling simulate digits --compare --seeds 1..5 --plot digits.svg
              starling simulate patients.csv --label diagnosis --nodes 6 --spread 10
              starling simulate averaging --nodes 1000 --parameters 10000 --target 1e-4
              starling simulate cells --cells 100
              starling simulate storm --seeds 1..1000
            """,
        subcommands: [
            SimulateTaskCommand.self, SimulateAveragingCommand.self, SimulateCellsCommand.self,
            SimulateStormCommand.self,
        ],
        defaultSubcommand: SimulateTaskCommand.self)
}
