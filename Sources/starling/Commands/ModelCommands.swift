// Room:  starling (floor 6).
// Task:  `model export` and `model evaluate`: the result out, and how good it is.
// May:   ArgumentParser, Daemon, Federation, HTTP, Learning, Model, Store.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import Federation
import HTTP
import Learning
import Model
import Store

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Take the model out, and measure it.",
        subcommands: [ModelExportCommand.self, ModelEvaluateCommand.self])
}

/// A safetensors file named on the command line.
enum ModelArgument {
    /// - Throws: `CommandFault.badModel`.
    static func parameters(
        _ bytes: [UInt8], path: String, of layout: ParameterLayout,
        passingOver patterns: [TensorPattern] = []
    ) throws -> [Float] {
        do {
            return try ModelFile.parameters(bytes, of: layout, passingOver: patterns)
        } catch {
            switch error {
            case .format(let error):
                throw CommandFault.badModel(path: path, reason: error.what, hint: error.hint)
            case .notFinite:
                throw CommandFault.badModel(
                    path: path, reason: "holds values that are not finite", hint: nil)
            }
        }
    }
}

struct ModelExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a node's model as a safetensors file.",
        discussion: """
            Of the running node, as it is now; where none runs, of its newest checkpoint.
            By default the model that is gossiped; --personal adds the tensors that the
            federation file keeps private, as this node has them.

              starling model export --config starling.toml --output model.safetensors
            """)

    @OptionGroup var node: RunningNode

    @Option(
        help: ArgumentHelp(
            "The federation file (default: as configured, or in the state folder).",
            valueName: "FILE"))
    var federation: String?

    @Flag(help: "With the node's own, private tensors.")
    var personal = false

    @Option(help: ArgumentHelp("Write here.", valueName: "FILE"))
    var output: String

    func run() throws {
        let paths = try node.paths()
        let source: String
        let bytes: [UInt8]
        do {
            let target = personal ? "/v1/parameters?personal=true" : "/v1/parameters"
            bytes = try RunningNode.get(target, state: paths.state)
            source = "the running node"
        } catch let error as HTTPError {
            switch error {
            case .noSocket, .refused: break
            case .addressInUse, .notASocket, .system, .pathTooLong, .permission, .timedOut,
                .disconnected, .badReply, .badRequest:
                throw error
            }
            (bytes, source) = try saved(paths.state, federation ?? paths.federation)
        }
        // What is private is for nobody else on this machine either.
        try Files.writeAtomically(output, bytes, mode: personal ? 0o600 : 0o644)
        StandardError.say(
            "wrote \(output): \(Figures.bytes(UInt64(bytes.count))), from \(source)")
    }

    private func saved(_ state: String, _ path: String) throws -> ([UInt8], String) {
        // Opened to look only: a daemon may start at this moment.
        guard let loaded = try CheckpointStore(directory: state).load(tidying: false),
            let parameters = loaded.checkpoint["x"]
        else { throw CommandFault.noParameters(state: state) }
        let federation = try ReadableFile.federation(path)
        let layout = federation.layout
        guard parameters.count == layout.count else {
            throw CommandFault.otherModel(
                state: state, found: parameters.count, expected: layout.count)
        }
        let model = PersonalModel(
            federation: federation, own: loaded.checkpoint["own"] ?? [], state: state)
        guard personal else {
            return (model.shared(parameters), "checkpoint \(loaded.generation) (no daemon runs)")
        }
        let bytes: [UInt8]
        switch model.personal(parameters) {
        case .success(let whole): bytes = whole
        case .failure(let failure):
            throw CommandFault.noOwnTensors(reason: failure.error, hint: failure.hint)
        }
        return (bytes, "checkpoint \(loaded.generation) (no daemon runs)")
    }
}

struct ModelEvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a model on a CSV file.",
        discussion: """
            The inputs are standardised as the federation file says; where it says
            "local", by the CSV file's own means and deviations.

              starling model evaluate --model model.safetensors --data test.csv \\
                  --federation federation.toml
            """)

    @Option(help: ArgumentHelp("A safetensors file.", valueName: "FILE"))
    var model: String

    @Option(help: ArgumentHelp("Rows with a header line and a label column.", valueName: "CSV"))
    var data: String

    @Option(help: ArgumentHelp("The federation file.", valueName: "FILE"))
    var federation: String

    @Option(help: "The label column's name (default: as the federation file says).")
    var label: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Answer: Encodable {
        let schema = "starling.evaluation/1"
        let rows: Int
        let accuracy: Double
        let loss: Double?
    }

    func run() throws {
        let file = try ReadableFile.federation(federation)
        guard let architecture = file.architecture else {
            throw CommandFault.noTrainer(path: federation, kind: file.model.kindName)
        }
        let bytes = try ReadableFile.bytes(model, role: "model file")
        let parameters: [Float]
        do {
            parameters = try ModelArgument.parameters(bytes, path: model, of: architecture.layout)
        } catch CommandFault.badModel(let path, let reason, _) where !file.model.private.isEmpty {
            throw CommandFault.badModel(
                path: path, reason: reason,
                hint: "some tensors of this federation are private: export with --personal")
        }
        let rows = try CSV.parse(
            ReadableFile.bytes(data, role: ConfigurationError.dataRole),
            label: label ?? file.data.label, classes: file.data.classes,
            features: architecture.inputs, file: data
        ).dataset
        let seen = LabelledData.standardised(training: rows, others: rows, as: file).training
        let found = Evaluation.measure(
            architecture: architecture, parameters: parameters, data: seen)
        if json {
            return try JSONOutput.show(
                Answer(
                    rows: rows.rows, accuracy: found.accuracy,
                    loss: found.loss.isFinite ? found.loss : nil))
        }
        var sheet = FactSheet()
        sheet.add("accuracy", Figures.percent(found.accuracy), .bold)
        sheet.add("loss", Figures.small(found.loss))
        sheet.add("rows", Figures.grouped(rows.rows))
        for line in sheet.lines(for: .standardOutput) { print(line) }
    }
}
