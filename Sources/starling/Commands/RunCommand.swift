// Room:  starling (floor 6).
// Task:  `run`: the daemon, or only the check whether it could start.
// May:   ArgumentParser, Daemon.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import Federation

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run this node in the foreground.",
        discussion: """
            SIGTERM and SIGINT (Ctrl-C) save a checkpoint, say goodbye to the peers
            and leave; started again, the node goes on where it was. SIGHUP reads
            log level and checkpoint interval anew. Variables STARLING_SECTION_KEY
            go before the file.

              starling run --config starling.toml --check
              starling run --config starling.toml
              STARLING_LOG_LEVEL=debug starling run --config starling.toml
            """)

    @Option(help: ArgumentHelp("The node's configuration file.", valueName: "FILE"))
    var config: String

    @Flag(help: "Read and check everything, start nothing.")
    var check = false

    func run() throws {
        let environment = ProcessEnvironment.current
        let preparation = try Preparation(
            Configuration.load(config, environment: environment),
            credentials: environment["CREDENTIALS_DIRECTORY"])
        if check { return Self.show(preparation) }
        try runNode(preparation)
    }

    private static func show(_ preparation: Preparation) {
        let configuration = preparation.configuration
        let federation = preparation.federation
        var sheet = FactSheet()
        sheet.add(
            "node",
            "\(preparation.founder?.name ?? "newcomer") (\(preparation.identity.nodeID.short))")
        sheet.add(
            "federation",
            "\(federation.name) (\(federation.id.short)), \(federation.founders.count) founders")
        sheet.add(
            "model",
            "\(federation.model.kindName), \(Figures.grouped(preparation.layout.count)) parameters")
        let rounds =
            "\(Figures.grouped(federation.training.rounds)) rounds of \(preparation.steps) steps"
        if let builtIn = preparation.builtIn {
            sheet.add(
                "rows",
                "\(Figures.grouped(builtIn.training.rows)) to train on, "
                    + "\(Figures.grouped(builtIn.holdout.rows)) held out")
            let numbers = builtIn.hyperparameters
            sheet.add("training", "\(rounds) of \(numbers.batch) rows, rate \(numbers.rate)")
        } else {
            sheet.add("training", "\(rounds), by a trainer outside")
        }
        if !federation.model.private.isEmpty {
            sheet.add(
                "private", federation.model.private.map(\.text).joined(separator: ", "))
        }
        let listen = configuration.listen.map(\.description).joined(separator: ", ")
        sheet.add("listens on", listen.isEmpty ? "nothing: dials out only" : listen)
        sheet.add("state", configuration.state)
        for line in sheet.lines(for: .standardOutput) { print(line) }
        for warning in preparation.warnings { StandardError.say("starling: warning: \(warning)") }
        StandardError.say("\(configuration.file) is right: this node can start")
    }
}
