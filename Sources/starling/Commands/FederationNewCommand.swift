// Room:  starling (floor 6).
// Task:  `federation new`: a federation file from a handful of options.
// May:   ArgumentParser, Daemon, Federation, Identity, Learning, Model, Store, Glibc.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import Federation
import Glibc
import Identity
import Model
import Store

/// `64,128,10`.
struct IntegerList: ExpressibleByArgument {
    let values: [Int]

    init?(argument: String) {
        let words = WordList(argument: argument)?.values ?? []
        values = words.compactMap { Int($0) }
        guard !values.isEmpty, values.count == words.count else { return nil }
    }
}

/// `benign,malignant`; blanks around a word do not count.
struct WordList: ExpressibleByArgument {
    let values: [String]

    init?(argument: String) {
        values = argument.split(separator: ",", omittingEmptySubsequences: false).map { word in
            let start = word.drop { $0 == " " }
            return String(start.prefix(start.count - start.reversed().prefix { $0 == " " }.count))
        }
        guard !values.contains("") else { return nil }
    }
}

enum ModelKind: String, ExpressibleByArgument, CaseIterable {
    case logistic, perceptron, tensors
}

enum StandardisationRule: String, ExpressibleByArgument, CaseIterable {
    case federation, local, none
}

struct FederationNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a federation file.",
        discussion: """
            Every member gets the same file. What has no option here has a good
            default in the file, and a comment: edit it before others get it.

              starling federation new --name digits --sizes 64,32,10 --label digit \\
                  --founder alice=ID@alice.example:7447 \\
                  --founder bob=ID@bob.example:7447,[2001:db8::b0b]:7447 \\
                  --founder carol=ID \\
                  --measures alice.json --measures bob.json --output federation.toml

            Inputs are standardised by numbers that all share. Each site makes its
            own with `starling federation measure data.csv --label digit --json`.
            Given several times, --measures weighs them by their rows, as if the
            data had been pooled.

            A model of your own, trained outside, comes with a file that says its tensors
            (in Python: starling.export_genesis); what must not leave a site is private:

              starling federation new --name trunk --genesis genesis.safetensors \
                  --private 'head.*' --founder alice=ID@alice.example:7447 --founder bob=ID
            """)

    @Option(help: "The federation's name.")
    var name: String

    @Option(help: "A sentence on what it is for.")
    var description = ""

    @Option(
        help: ArgumentHelp(
            "A founder; repeat for each. Without addresses it dials out only.",
            valueName: "name=ID@host:port,…"))
    var founder: [String] = []

    @Option(
        help: ArgumentHelp("Widths from the inputs to the classes.", valueName: "64,128,10"))
    var sizes: IntegerList?

    @Option(
        help: ArgumentHelp(
            "logistic (two sizes), perceptron (more) or tensors (a --genesis without --sizes).")
    )
    var kind: ModelKind?

    @Option(help: "The seed of the parameters that all start from.")
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Start from this safetensors file in place of a seed; all members need it.",
            valueName: "FILE"))
    var genesis: String?

    @Option(
        help: ArgumentHelp(
            "Tensors that never leave a node, as 'head.*'; repeat for more.",
            valueName: "PATTERN"))
    var `private`: [String] = []

    @Option(
        help: ArgumentHelp(
            "Class names, as the label column has them (default: 0,1,2,…).",
            valueName: "a,b,…"))
    var classes: WordList?

    @Option(help: "The label column's name.")
    var label = "label"

    @Option(help: "federation (needs --measures), local, or none.")
    var standardise: StandardisationRule?

    @Option(
        help: ArgumentHelp(
            "What `federation measure --json` printed; repeat for each site.", valueName: "FILE"))
    var measures: [String] = []

    @Option(help: "Rounds of training (default: \(FederationTraining().rounds)).")
    var rounds: Int?

    @Option(help: "Local steps a round (default: \(FederationTraining().steps)).")
    var steps: Int?

    @Option(help: "Rows a step (default: \(FederationTraining().batch)).")
    var batch: Int?

    @Option(help: "The learning rate (default: \(FederationTraining().rate)).")
    var rate: Double?

    @Option(help: ArgumentHelp("Write here (default: stdout).", valueName: "FILE"))
    var output: String?

    func run() throws {
        var founders: [Founder] = []
        for text in founder { founders.append(try Founder.parse(text)) }
        guard !founders.isEmpty else {
            throw CommandFault.optionMissing("--founder", why: "a federation has members")
        }
        let model = try model()
        let classes =
            classes?.values ?? model.architecture.map { (0..<$0.classes).map(String.init) } ?? []
        let file = try FederationFile(
            name: name, description: description, model: model,
            data: FederationData(
                classes: classes, label: label, standardisation: try standardisation(model)),
            training: training, founders: founders)
        let text = file.render()
        if let output {
            guard access(output, F_OK) != 0 else { throw CommandFault.outputExists(path: output) }
            try Files.writeAtomically(output, Array(text.utf8), mode: 0o644)
            StandardError.say("wrote \(output); all members need this very file")
        } else {
            print(text, terminator: "")
        }
        StandardError.say("federation ID: \(file.id)")
        for pattern in file.model.private {
            StandardError.say("private: \(pattern.text): each node keeps its own")
        }
        StandardError.say("note: \(file.privacy.warning)")
    }

    private var training: FederationTraining {
        var training = FederationTraining()
        training.rounds = rounds ?? training.rounds
        training.steps = steps ?? training.steps
        training.batch = batch ?? training.batch
        training.rate = rate ?? training.rate
        return training
    }

    private func model() throws -> FederationModel {
        let start = try genesis.map { path in
            let bytes = try ReadableFile.bytes(path, role: ConfigurationError.genesisRole)
            return (path: path, bytes: bytes, hash: SHA256.hash(bytes))
        }
        let patterns = `private`.map { TensorPattern($0) }
        if kind == .tensors || (kind == nil && sizes == nil && start != nil) {
            guard sizes == nil else {
                throw CommandFault.kindAndSizes(kind: "tensors", sizes: sizes?.values.count ?? 0)
            }
            guard let start else {
                throw CommandFault.optionMissing("--genesis", why: "it holds the tensors")
            }
            do {
                let file = try StoredTensors(start.bytes)
                let layout = try file.gossiped { !patterns.match($0) }.layout
                let left = file.tensors.count { patterns.match($0.name) }
                if left > 0 {
                    StandardError.say(
                        "note: \(start.path) holds \(left) private tensors, which nobody takes from "
                            + "it; they need not be in it")
                }
                return FederationModel(
                    kind: .tensors(layout), genesis: .file(hash: start.hash), private: patterns)
            } catch {
                throw CommandFault.badModel(
                    path: start.path, reason: error.what, hint: error.hint)
            }
        }
        guard let sizes = sizes?.values else {
            throw CommandFault.optionMissing(
                "--sizes", why: "widths from the inputs to the classes, such as 64,128,10")
        }
        let expected: ModelKind = sizes.count == 2 ? .logistic : .perceptron
        if let kind, kind != expected {
            throw CommandFault.kindAndSizes(kind: kind.rawValue, sizes: sizes.count)
        }
        let architecture = try FederationFile.architecture(of: sizes)
        guard let start else {
            return FederationModel(
                kind: .network(architecture), genesis: .seed(seed), private: patterns)
        }
        // A file that does not fit would only be noticed when every node refuses to start.
        let model = FederationModel(
            kind: .network(architecture), genesis: .file(hash: start.hash), private: patterns)
        _ = try ModelArgument.parameters(
            start.bytes, path: start.path, of: model.layout, passingOver: patterns)
        return model
    }

    private func standardisation(
        _ model: FederationModel
    ) throws -> FederationData.Standardisation {
        // Tensors of a trainer outside may not even have inputs that are numbers.
        let usual: StandardisationRule? =
            measures.isEmpty
            ? (model.architecture == nil ? StandardisationRule.none : nil)
            : .federation
        guard let rule = standardise ?? usual else { throw CommandFault.standardisationMissing }
        switch rule {
        case .federation:
            guard !measures.isEmpty else {
                throw CommandFault.optionMissing(
                    "--measures", why: "--standardise federation needs means and deviations")
            }
            let agreed = try Measures.pooled(try measures.map { ($0, try Measures.read($0)) })
            return .federation(means: agreed.means, deviations: agreed.deviations)
        case .local, .none:
            guard measures.isEmpty else {
                throw CommandFault.measuresUnused(rule: rule.rawValue)
            }
            return rule == .local ? .local : .unchanged
        }
    }
}

extension FederationFile {
    /// The network of these sizes, refused as the federation file itself would refuse it.
    static func architecture(of sizes: [Int]) throws -> Architecture {
        // `make` checks sizes before it looks at anything else.
        let id = KeyPair(seed: [UInt8](repeating: 0, count: 32)).nodeID
        let file = try make(name: "sizes", founders: ["any=\(id)"], sizes: sizes)
        guard let architecture = file.architecture else {
            preconditionFailure("a federation made of sizes has an architecture")
        }
        return architecture
    }
}
