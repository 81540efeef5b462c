// Room:  Federation (floor 2, pure).
// Task:  a federation file from its text.
// May:   Identity, Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationFileTests.swift, FederationFileErrorTests.swift

import Identity
import Model

extension FederationFile {
    /// - file: the text's name, for messages only; nothing is opened.
    /// - Throws: `FederationError.text`: the first mistake, with its line and column. Types come
    ///   first, then unknown keys, then ranges and what must fit together.
    public static func parse(
        _ text: String, file: String = "federation.toml"
    ) throws(FederationError) -> FederationFile {
        let reader: TOMLReader
        let draft: Draft
        do {
            reader = try TOMLReader(text, file: file)
            draft = try Draft(reader)
            try reader.finish()
        } catch {
            throw .text(error)
        }
        do {
            return try draft.finished()
        } catch {
            guard case .invalid(let path, let message, let hint) = error else { throw error }
            throw .text(reader.fault(at: path, message, hint: hint))
        }
    }
}

/// What the text says, types checked and nothing else.
private struct Draft {
    let name: String
    let description: String
    let kind: String
    let sizes: [Int]?
    let seed: Int?
    let genesis: String?
    let tensors: [(name: String, shape: [Int], kind: ElementKind)]
    let patterns: [String]
    let classes: [String]?
    let label: String
    let standardise: String?
    let means: [Double]?
    let deviations: [Double]?
    var training = FederationTraining()
    var gossip = FederationGossip()
    let privacy: String
    let quorum: Double
    let sharesMetrics: Bool
    let founders: [(name: String, id: String, addresses: [String])]

    init(_ reader: TOMLReader) throws(TOMLFault) {
        name = try reader.top.string("name")
        description = try reader.top.string("description", default: "")

        let model = reader.section("model")
        kind = try model.string("kind")
        sizes = try model.integers("sizes")
        seed = try model.optionalInteger("seed")
        genesis = try model.optionalString("genesis")
        var tensors: [(name: String, shape: [Int], kind: ElementKind)] = []
        for tensor in try model.sections("tensors") {
            tensors.append(
                (
                    try tensor.string("name"), try tensor.integers("shape") ?? [],
                    try tensor.choice("dtype", default: ElementKind.float32)
                ))
        }
        self.tensors = tensors
        patterns = try model.strings("private") ?? []

        let data = reader.section("data")
        classes = try data.strings("classes")
        label = try data.string("label", default: "label")
        standardise = try data.optionalString("standardise")
        means = try data.numbers("means")
        deviations = try data.numbers("deviations")

        let section = reader.section("training")
        training.rounds = try section.integer("rounds", default: training.rounds)
        training.steps = try section.integer("steps", default: training.steps)
        training.batch = try section.integer("batch", default: training.batch)
        training.rate = try section.number("rate", default: training.rate)
        training.momentum = try section.number("momentum", default: training.momentum)
        training.weightDecay = try section.number("weight_decay", default: training.weightDecay)
        training.schedule = try section.choice("schedule", default: training.schedule)
        training.weight = try section.choice("weight", default: training.weight)

        let talk = reader.section("gossip")
        gossip.exchanges = try talk.integer("exchanges", default: gossip.exchanges)
        gossip.view = try talk.integer("view", default: gossip.view)
        gossip.fraction = try talk.number("fraction", default: gossip.fraction)
        gossip.minimum = try talk.integer("minimum", default: gossip.minimum)
        gossip.values = try talk.choice("values", default: gossip.values)
        gossip.correction = try talk.boolean("correction", default: gossip.correction)
        gossip.agreement = try talk.number("agreement", default: gossip.agreement)

        privacy = try reader.section("privacy").string("mode")
        let membership = reader.section("membership")
        quorum = try membership.number("quorum", default: FederationFile.defaultQuorum)
        sharesMetrics = try membership.boolean("share_metrics", default: true)

        var founders: [(name: String, id: String, addresses: [String])] = []
        for founder in try reader.sections("founders") {
            founders.append(
                (
                    try founder.string("name"), try founder.string("id"),
                    try founder.strings("addresses") ?? []
                ))
        }
        self.founders = founders
    }

    func finished() throws(FederationError) -> FederationFile {
        guard let mode = PrivacyMode(rawValue: privacy) else {
            throw .invalid(
                path: [.key("privacy"), .key("mode")],
                message: "privacy mode '\(privacy)' is not known to this version",
                hint: "the only mode is \"plain\"; \(PrivacyMode.plain.warning)")
        }
        let model = FederationModel(
            kind: try modelKind(), genesis: try modelGenesis(),
            private: patterns.map { TensorPattern($0) })
        return try FederationFile(
            name: name, description: description, model: model,
            data: FederationData(
                classes: try modelClasses(model), label: label,
                standardisation: try standardisation(model)),
            training: training, gossip: gossip, privacy: mode, quorum: quorum,
            sharesMetrics: sharesMetrics, founders: try knownFounders())
    }

    private func modelKind() throws(FederationError) -> FederationModel.Kind {
        switch kind {
        case "logistic", "perceptron":
            guard tensors.isEmpty else {
                throw invalid(
                    "model", "tensors", "kind \"\(kind)\" has no tensors of its own",
                    hint: "write kind = \"tensors\", or 'sizes' in their place")
            }
            guard let sizes else {
                throw invalid(
                    "model", "sizes", "'sizes' is missing in [model]",
                    hint: "from the inputs to the classes, such as [64, 128, 10]")
            }
            let architecture = try FederationFile.architecture(sizes: sizes)
            guard (sizes.count == 2) == (kind == "logistic") else {
                throw invalid(
                    "model", "sizes",
                    "kind \"\(kind)\" has \(kind == "logistic" ? "two" : "three or more") sizes, "
                        + "this has \(sizes.count)",
                    hint: "two sizes are kind \"logistic\", more are kind \"perceptron\"")
            }
            return .network(architecture)
        case "tensors":
            guard sizes == nil else {
                throw invalid(
                    "model", "sizes", "kind \"tensors\" has no sizes",
                    hint: "write [[model.tensors]] with name and shape for each")
            }
            guard (1...100_000).contains(tensors.count) else {
                throw invalid(
                    "model", "tensors",
                    "a model has 1 to 100000 tensors, this has \(tensors.count)",
                    hint: "write [[model.tensors]] with name and shape for each")
            }
            do {
                return .tensors(try ParameterLayout(tensors))
            } catch {
                throw invalid("model", "tensors", error.description)
            }
        default:
            throw invalid(
                "model", "kind",
                "'kind' must be one of \"perceptron\", \"logistic\", \"tensors\", "
                    + "this is \"\(kind)\"",
                hint: Spelling.nearest(to: kind, among: ["perceptron", "logistic", "tensors"])
                    .map { "did you mean \"\($0)\"?" })
        }
    }

    private func modelGenesis() throws(FederationError) -> FederationModel.Genesis {
        guard let genesis else {
            guard kind != "tensors" else {
                throw invalid(
                    "model", "genesis", "'genesis' is missing in [model]",
                    hint: "write genesis = \"sha256:…\" of a safetensors file")
            }
            guard let value = UInt64(exactly: seed ?? 1) else {
                throw invalid(
                    "model", "seed", "'seed' must be 0 to \(Int.max), this is \(seed ?? 1)")
            }
            return .seed(value)
        }
        guard seed == nil else {
            throw invalid(
                "model", "seed", "a model starts from a seed or from a genesis file, not from both")
        }
        let digits = genesis.hasPrefix("sha256:") ? genesis.utf8.dropFirst(7) : "".utf8.dropFirst()
        guard let hash = Hexadecimal.bytes(digits), hash.count == 32 else {
            throw invalid(
                "model", "genesis",
                "'genesis' must be \"sha256:\" and 64 hexadecimal digits")
        }
        return .file(hash: hash)
    }

    private func modelClasses(_ model: FederationModel) throws(FederationError) -> [String] {
        if let classes { return classes }
        guard model.architecture == nil else {
            throw invalid(
                "data", "classes", "'classes' is missing in [data]",
                hint: "name them all, so that a node which has never seen one still knows it")
        }
        return []
    }

    private func standardisation(
        _ model: FederationModel
    ) throws(FederationError) -> FederationData.Standardisation {
        // Tensors of a trainer outside may not even have inputs that are numbers.
        let rule = standardise ?? (model.architecture == nil ? "none" : "federation")
        switch rule {
        case "federation":
            guard let means, let deviations else {
                let key = means == nil ? "means" : "deviations"
                throw invalid(
                    "data", standardise == nil ? key : "standardise",
                    "standardise = \"federation\" needs 'means' and 'deviations', "
                        + "'\(key)' is missing in [data]",
                    hint: "agree on them, or write standardise = \"local\" or \"none\"")
            }
            return .federation(means: means, deviations: deviations)
        case "local", "none":
            if means != nil || deviations != nil {
                throw invalid(
                    "data", means != nil ? "means" : "deviations",
                    "standardise = \"\(rule)\" does not use 'means' and 'deviations'",
                    hint: "remove them, or write standardise = \"federation\"")
            }
            return rule == "local" ? .local : .unchanged
        default:
            throw invalid(
                "data", "standardise",
                "'standardise' must be one of \"federation\", \"local\", \"none\", "
                    + "this is \"\(rule)\"")
        }
    }

    private func knownFounders() throws(FederationError) -> [Founder] {
        var known: [Founder] = []
        for (index, founder) in founders.enumerated() {
            do {
                known.append(
                    Founder(
                        name: founder.name, id: try NodeID(text: founder.id),
                        addresses: founder.addresses))
            } catch {
                throw .invalid(
                    path: [.key("founders"), .index(index), .key("id")], message: error.what,
                    hint: error.hint)
            }
        }
        return known
    }

    private func invalid(
        _ section: String, _ key: String, _ message: String, hint: String? = nil
    ) -> FederationError {
        .invalid(path: [.key(section), .key(key)], message: message, hint: hint)
    }
}
