// Room:  starling (floor 6).
// Task:  `starling demo`: real daemons on this machine that learn together, as a command.
// May:   ArgumentParser, EventLoop, Glibc.
// Proof: Tests/EndToEndTests

import ArgumentParser
import EventLoop
import Glibc

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Let daemons on this machine learn together on data that is carried along.",
        discussion: """
            Each node is a daemon of its own with its own key, rows and folder. The result compares
            what they reach together with each alone and with all rows in one place.

            Examples:
              starling demo digits
              starling demo digits --kill 2
              starling demo tumours --nodes 16 --seed 3 --json
              starling demo digits --nodes 16 --storm 5
              starling demo digits --nodes 16 --cut 120

            A storm kills, stops and cuts off daemons at random while they train; newcomers
            are admitted by quorum, and one is thrown out. Exit status 1 if a node is lost.
            """)

    @Argument(help: "digits (8 by 8 pixels, 10 classes) or tumours (30 measures, 2 classes).")
    var dataset: DemoPlan.DataName

    @Option(help: "How many daemons, 2 to 64.")
    var nodes = 8

    @Option(
        help: """
            Who has which rows: classes (two a node; digits' default), iid, dirichlet, skewed
            (sizes and labels; tumours' default).
            """)
    var partition: DemoPlan.Spread?

    @Option(help: "How many daemons get SIGKILL in mid-training, and are started again.")
    var kill = 0

    @Option(
        help: .init("Let it storm for so many minutes, 0.3 to 1440.", valueName: "minutes"))
    var storm: Double?

    @Option(
        help: .init(
            "Cut one half of the nodes from the other for so many seconds, 4 to 43200.",
            valueName: "seconds"))
    var cut: Double?

    @Flag(
        help: """
            In a storm or a cut, pull cables between network namespaces, where the daemons live
            then; needs root.
            """)
    var namespaces = false

    @Option(help: "Decides the partition, the start and the batches; and the storm.")
    var seed: UInt64 = 1

    @Option(help: "Rounds of training; as many as the data need, unless given.")
    var rounds: Int?

    @Flag(help: "Print one JSON object, starling.demo/1.")
    var json = false

    @Option(
        help: .init(
            "Keep keys, data, configuration and logs in this folder.", valueName: "dir"))
    var keep: String?

    func validate() throws {
        guard (2...64).contains(nodes) else {
            throw ValidationError("--nodes must be 2 to 64, this is \(nodes)")
        }
        guard (0...nodes).contains(kill) else {
            throw ValidationError("--kill must be 0 to \(nodes), one for each node at most")
        }
        guard (1...100_000).contains(rounds ?? 1) else {
            throw ValidationError("--rounds must be 1 to 100000, this is \(rounds ?? 1)")
        }
        if let cut {
            guard cut >= 4, cut <= 43_200 else {
                throw ValidationError("--cut must be 4 to 43200 seconds, this is \(cut)")
            }
            guard storm == nil else { throw ValidationError("--storm cuts by itself") }
        }
        if let storm {
            guard storm >= 0.3, storm <= 1440 else {
                throw ValidationError("--storm must be 0.3 to 1440 minutes, this is \(storm)")
            }
        }
        if let weather = storm != nil ? "--storm" : cut != nil ? "--cut" : nil {
            guard nodes >= 4 else {
                throw ValidationError("\(weather) needs 4 nodes, this is \(nodes)")
            }
            guard kill == 0, rounds == nil else {
                throw ValidationError(
                    "\(weather) decides who is killed, and how long they train")
            }
        }
        guard !namespaces || storm != nil || cut != nil else {
            throw ValidationError("--namespaces goes with --storm or --cut")
        }
        guard keep?.isEmpty != true else { throw ValidationError("--keep needs a folder's name") }
    }

    func run() throws {
        let plan = try DemoPlan(
            .init(
                data: dataset, nodes: nodes, spread: partition, kills: kill, seed: seed,
                rounds: rounds, storm: storm, cut: cut))
        let folder = try DemoFolder(keeping: keep)
        let outcome: DemoRun.Outcome
        do {
            defer { folder.remove() }
            outcome = try demonstrate(plan, in: folder)
        }
        switch outcome {
        case .finished(let result):
            try show(result, of: plan)
            if result.storm.map({ $0.lost > 0 }) ?? false { throw ExitCode(1) }
        case .failed(let error): throw error
        case .interrupted(let signal): throw ExitCode(128 + signal)
        }
    }

    /// - Returns: when no daemon is left.
    private func demonstrate(
        _ plan: DemoPlan, in folder: DemoFolder
    ) throws -> DemoRun.Outcome {
        let loop = try EventLoop()
        var folder = folder
        let network = namespaces ? try StormNetwork(hosts: plan.daemons.count) : nil
        defer { network?.remove() }
        try folder.fill(plan, loop: loop, network: network)
        let observer = try DemoObserver(plan, sockets: folder.places.map(\.socket))
        defer { observer.end() }
        let hands = try plan.storm.map { _ in try StormHands() }
        defer { hands?.end() }
        let demo = DemoRun(
            loop: loop, plan: plan, folder: folder, observer: observer, hands: hands,
            network: network, isQuiet: json)
        // This thread owns the loop until it runs elsewhere, and it runs here.
        try demo.assumeIsolated { try $0.begin() }
        loop.run()
        guard let outcome = demo.assumeIsolated({ $0.outcome }) else {
            preconditionFailure("the loop stops when the outcome is known")
        }
        return outcome
    }

    private func show(_ result: DemoResult, of plan: DemoPlan) throws {
        if json { return try JSONOutput.show(result) }
        let table = DemoTable(plan: plan, terminal: .standardOutput)
        for line in table.result(result, keptIn: keep) { print(line) }
    }
}

extension DemoPlan.DataName: ExpressibleByArgument {}
extension DemoPlan.Spread: ExpressibleByArgument {}
