// Room:  starling (floor 6).
// Task:  `federation` and its two readers, `show` and `check`.
// May:   ArgumentParser, Daemon, Federation.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import Federation
import Identity

struct FederationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "federation",
        abstract: "The file that all members agree on.",
        subcommands: [
            FederationNewCommand.self, FederationShowCommand.self, FederationCheckCommand.self,
            FederationMeasureCommand.self,
        ])
}

struct FederationCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a federation file, and print the federation's ID.",
        discussion: """
            Files with the same ID mean the same, whatever their comments and order.

              starling federation check federation.toml
            """)

    @Argument(help: ArgumentHelp("The federation file.", valueName: "FILE"))
    var file: String

    func run() throws {
        let federation = try ReadableFile.federation(file)
        print(federation.id)
        StandardError.say(
            "\(file) is right: '\(Terminal.harmless(federation.name))', "
                + "\(federation.founders.count) founders, "
                + "\(Figures.grouped(federation.layout.count)) parameters")
    }
}

struct FederationShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a federation file says, defaults filled in.",
        discussion: """
              starling federation show federation.toml
              starling federation show federation.toml --json
            """)

    @Argument(help: ArgumentHelp("The federation file.", valueName: "FILE"))
    var file: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let federation = try ReadableFile.federation(file)
        if json { return try JSONOutput.show(FederationSummary(federation)) }
        let terminal = Terminal.standardOutput
        for line in Self.sheet(federation).lines(for: terminal) { print(line) }
        print()
        var table = TextTable([
            .init(title: "founder", isFlexible: true), .init(title: "id"),
            .init(title: "addresses", isFlexible: true),
        ])
        for founder in federation.founders {
            let addresses =
                founder.addresses.isEmpty
                ? TextTable.Cell("dials out only", .dim)
                : TextTable.Cell(founder.addresses.joined(separator: ", "))
            table.add([.init(founder.name), .init(founder.id.short), addresses])
        }
        for line in table.lines(for: terminal) { print(line) }
    }

    static func sheet(_ federation: FederationFile) -> FactSheet {
        var sheet = FactSheet()
        sheet.add("name", federation.name, .bold)
        if !federation.description.isEmpty { sheet.add("description", federation.description) }
        sheet.add("id", federation.id.description)
        let sizes = federation.architecture.map {
            ", sizes " + $0.sizes.map(String.init).joined(separator: ", ")
        }
        sheet.add(
            "model",
            federation.model.kindName + (sizes ?? ", \(federation.layout.tensors.count) tensors")
                + ": \(Figures.grouped(federation.layout.count)) parameters")
        switch federation.model.genesis {
        case .seed(let seed): sheet.add("starts from", "seed \(seed)")
        case .file(let hash):
            let digits = Hexadecimal.text(hash)
            sheet.add("starts from", "a file, SHA-256 \(digits.prefix(16))…")
        }
        if !federation.model.private.isEmpty {
            sheet.add(
                "private",
                federation.model.private.map(\.text).joined(separator: ", ")
                    + ": each node keeps its own")
        }
        let data = federation.data
        let classes = data.classes.prefix(8).joined(separator: ", ")
        if !data.classes.isEmpty {
            sheet.add(
                "classes",
                "\(data.classes.count): " + classes + (data.classes.count > 8 ? ", …" : ""))
        }
        if federation.architecture == nil {
            sheet.add("rows", "with the trainers outside")
        } else {
            sheet.add("label column", data.label)
            sheet.add("standardised", FederationSummary.rule(data.standardisation))
        }
        let training = federation.training
        sheet.add(
            "training",
            "\(Figures.grouped(training.rounds)) rounds of \(training.steps) steps of "
                + "\(training.batch) rows, rate \(training.rate) (\(training.schedule.rawValue))")
        if training.momentum != 0 || training.weightDecay != 0 {
            sheet.add("", "momentum \(training.momentum), weight decay \(training.weightDecay)")
        }
        sheet.add("weight", training.weight.rawValue)
        let gossip = federation.gossip
        sheet.add(
            "gossip",
            "\(gossip.exchanges) exchanges a round, \(gossip.view) links, "
                + "\(Figures.percent(gossip.fraction)) as \(gossip.values.rawValue)"
                + (gossip.correction ? ", drift corrected" : ""))
        sheet.add("privacy", federation.privacy.warning)
        sheet.add("quorum", "more than \(federation.quorum)")
        return sheet
    }
}

/// `federation show --json`.
struct FederationSummary: Encodable {
    struct Member: Encodable {
        let name: String
        let id: String
        let addresses: [String]
    }

    let schema = "starling.federation/1"
    let id: String
    let name: String
    let description: String
    let kind: String
    let sizes: [Int]?
    let parameters: Int
    let `private`: [String]
    let seed: UInt64?
    let genesis: String?
    let classes: [String]
    let label: String
    let standardise: String
    let rounds: Int
    let steps: Int
    let batch: Int
    let rate: Double
    let momentum: Double
    let weight_decay: Double
    let schedule: String
    let weight: String
    let exchanges: Int
    let view: Int
    let fraction: Double
    let minimum: Int
    let values: String
    let correction: Bool
    let agreement: Double
    let privacy: String
    let quorum: Double
    let founders: [Member]

    init(_ file: FederationFile) {
        id = file.id.description
        name = file.name
        description = file.description
        kind = file.model.kindName
        sizes = file.architecture?.sizes
        parameters = file.layout.count
        `private` = file.model.private.map(\.text)
        switch file.model.genesis {
        case .seed(let value): (seed, genesis) = (value, nil)
        case .file(let hash): (seed, genesis) = (nil, "sha256:" + Hexadecimal.text(hash))
        }
        classes = file.data.classes
        label = file.data.label
        standardise = Self.rule(file.data.standardisation)
        let training = file.training
        (rounds, steps, batch) = (training.rounds, training.steps, training.batch)
        (rate, momentum) = (training.rate, training.momentum)
        weight_decay = training.weightDecay
        (schedule, weight) = (training.schedule.rawValue, training.weight.rawValue)
        let gossip = file.gossip
        (exchanges, view, fraction) = (gossip.exchanges, gossip.view, gossip.fraction)
        (minimum, values) = (gossip.minimum, gossip.values.rawValue)
        (correction, agreement) = (gossip.correction, gossip.agreement)
        (privacy, quorum) = (file.privacy.rawValue, file.quorum)
        founders = file.founders.map {
            Member(name: $0.name, id: $0.id.description, addresses: $0.addresses)
        }
    }

    static func rule(_ standardisation: FederationData.Standardisation) -> String {
        switch standardisation {
        case .federation: "federation"
        case .local: "local"
        case .unchanged: "none"
        }
    }
}
