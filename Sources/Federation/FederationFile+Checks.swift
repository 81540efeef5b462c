// Room:  Federation (floor 2, pure).
// Task:  every value in its range, names and addresses distinct, sections that fit each other.
// May:   Identity, Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationFileErrorTests.swift

import Identity
import Model

extension FederationFile {
    static let mostFounders = 4096
    static let mostClasses = 10_000

    /// In the order of the file, so that people mend it from the top.
    func check() throws(FederationError) {
        try require(
            Wording.isName(name), ["name"],
            "'name' must have 1 to 64 printable characters, no blank at either end")
        try require(
            Wording.isDescription(description), ["description"],
            "'description' must have at most 4000 printable bytes")
        try checkModel()
        try checkData()
        try checkTraining()
        try checkGossip()
        try require(
            quorum >= 0.5 && quorum < 1, ["membership", "quorum"],
            "'quorum' must be at least 0.5 and below 1, this is \(quorum)")
        try checkFounders()
    }

    private func checkModel() throws(FederationError) {
        switch model.genesis {
        case .seed(let seed):
            try require(
                model.architecture != nil, ["model", "genesis"],
                "a model of kind \"tensors\" starts from a file",
                hint: "write genesis = \"sha256:…\" of a safetensors file")
            try require(
                seed <= UInt64(Int.max), ["model", "seed"],
                "'seed' must be 0 to \(Int.max), this is \(seed)")
        case .file(let hash):
            try require(
                hash.count == 32, ["model", "genesis"], "a SHA-256 hash has 32 bytes")
        }
        if let architecture = model.architecture {
            _ = try Self.architecture(sizes: architecture.sizes)
        }
        try checkPrivate()
    }

    static let mostPatterns = 1000

    private func checkPrivate() throws(FederationError) {
        try require(
            model.private.count <= Self.mostPatterns, ["model", "private"],
            "'private' may have at most \(Self.mostPatterns) patterns")
        for (index, pattern) in model.private.enumerated() {
            let path: [TOMLStep] = [.key("model"), .key("private"), .index(index)]
            try require(
                !pattern.text.isEmpty && Wording.isDescription(pattern.text), path,
                "a pattern must not be empty", hint: "such as \"head.*\"")
            switch model.kind {
            case .network(let architecture):
                try require(
                    architecture.layout.tensors.contains { pattern.matches($0.name) }, path,
                    "no tensor is called '\(pattern.text)'",
                    hint: "the model has "
                        + architecture.layout.tensors.map(\.name).joined(separator: ", "))
            case .tensors(let layout):
                if let tensor = layout.tensors.first(where: { pattern.matches($0.name) }) {
                    throw .invalid(
                        path: path,
                        message: "'\(pattern.text)' makes tensor '\(tensor.name)' private, "
                            + "and [[model.tensors]] shares it",
                        hint: "take it out of [[model.tensors]]; each node keeps its own")
                }
            }
        }
        if model.architecture != nil {
            try require(
                model.split != nil, ["model", "private"],
                "every tensor is private: there is nothing to learn together")
        }
    }

    private func checkData() throws(FederationError) {
        let classes = data.classes
        if let architecture = model.architecture {
            try require(
                classes.count == architecture.classes, ["data", "classes"],
                "the model has \(architecture.classes) classes, 'classes' names \(classes.count)",
                hint: "as many as the last of 'sizes' in [model]")
        } else {
            try require(
                classes.count != 1 && classes.count <= Self.mostClasses, ["data", "classes"],
                "'classes' must name none, or 2 to \(Self.mostClasses)")
        }
        var seen: Set<String> = []
        for (index, name) in classes.enumerated() {
            let path: [TOMLStep] = [.key("data"), .key("classes"), .index(index)]
            try require(
                Wording.isName(name), path,
                "the name of a class must have 1 to 64 printable characters")
            try require(seen.insert(name).inserted, path, "two classes are called '\(name)'")
        }
        try require(
            Wording.isName(data.label), ["data", "label"],
            "'label' must have 1 to 64 printable characters")
        if case .federation(let means, let deviations) = data.standardisation {
            try checkStandardisation(means, deviations)
        }
    }

    private func checkStandardisation(
        _ means: [Double], _ deviations: [Double]
    ) throws(FederationError) {
        let count = model.architecture?.inputs ?? means.count
        for (key, values) in [("means", means), ("deviations", deviations)] {
            try require(
                values.count == count && count > 0, ["data", key],
                "'\(key)' must have one number for each of the \(count) inputs, "
                    + "this has \(values.count)")
            for (index, value) in values.enumerated() {
                try require(
                    value.isFinite && abs(value) <= Double(Float.greatestFiniteMagnitude),
                    [.key("data"), .key(key), .index(index)],
                    "'\(key)' must hold finite 32-bit numbers, this is \(value)")
            }
        }
        for (index, value) in deviations.enumerated() {
            try require(
                value >= Double(Float.leastNormalMagnitude),
                [.key("data"), .key("deviations"), .index(index)],
                "a deviation must be above 0, this is \(value)",
                hint: "write 1 for an input that never changes")
        }
    }

    private func checkTraining() throws(FederationError) {
        try integer("training", "rounds", training.rounds, 1...10_000_000)
        try integer("training", "steps", training.steps, 1...100_000)
        try integer("training", "batch", training.batch, 1...1_000_000)
        try require(
            training.rate > 0 && training.rate <= 100, ["training", "rate"],
            "'rate' must be above 0 and at most 100, this is \(training.rate)")
        try require(
            training.momentum >= 0 && training.momentum < 1, ["training", "momentum"],
            "'momentum' must be at least 0 and below 1, this is \(training.momentum)")
        try require(
            training.weightDecay >= 0 && training.weightDecay <= 1, ["training", "weight_decay"],
            "'weight_decay' must be 0 to 1, this is \(training.weightDecay)")
        try require(
            training.weight == .equal || model.architecture != nil, ["training", "weight"],
            "a daemon does not know how many rows a trainer outside has",
            hint: "write weight = \"equal\"")
    }

    private func checkGossip() throws(FederationError) {
        try integer("gossip", "exchanges", gossip.exchanges, 1...100)
        try integer("gossip", "view", gossip.view, 1...256)
        try require(
            gossip.fraction > 0 && gossip.fraction <= 1, ["gossip", "fraction"],
            "'fraction' must be above 0 and at most 1, this is \(gossip.fraction)")
        try integer("gossip", "minimum", gossip.minimum, 1...1_000_000_000)
        try require(
            gossip.agreement > 0 && gossip.agreement <= 1, ["gossip", "agreement"],
            "'agreement' must be above 0 and at most 1, this is \(gossip.agreement)")
    }

    private func checkFounders() throws(FederationError) {
        try require(
            !founders.isEmpty, ["founders"], "there are no founders",
            hint: "write [[founders]] with name, id and addresses for each")
        try require(
            founders.count <= Self.mostFounders, ["founders"],
            "at most \(Self.mostFounders) founders; more are admitted later")
        var names: Set<String> = []
        var ids: [NodeID: String] = [:]
        var addresses: [String: String] = [:]
        for (index, founder) in founders.enumerated() {
            let path: [TOMLStep] = [.key("founders"), .index(index)]
            for problem in founder.problems {
                throw .invalid(path: path + problem.path, message: problem.message, hint: nil)
            }
            try require(
                names.insert(founder.name).inserted, path + [.key("name")],
                "two founders are called '\(founder.name)'")
            if let other = ids.updateValue(founder.name, forKey: founder.id) {
                throw .invalid(
                    path: path + [.key("id")],
                    message: "'\(founder.name)' has the node ID of '\(other)'", hint: nil)
            }
            for (number, address) in founder.addresses.enumerated() {
                if let other = addresses.updateValue(founder.name, forKey: address) {
                    throw .invalid(
                        path: path + [.key("addresses"), .index(number)],
                        message: "'\(address)' is an address of '\(other)' already", hint: nil)
                }
            }
        }
        try require(
            founders.count < 2 || !addresses.isEmpty, ["founders"],
            "no founder has an address: nobody could dial anybody",
            hint: "at least one founder must be reachable, addresses = [\"host:7447\"]")
    }

    // MARK: Saying it

    private func integer(
        _ section: String, _ key: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(FederationError) {
        try require(
            range.contains(value), [section, key],
            "'\(key)' must be \(range.lowerBound) to \(range.upperBound), this is \(value)")
    }

    private func require(
        _ condition: Bool, _ keys: [String], _ message: String, hint: String? = nil
    ) throws(FederationError) {
        try require(condition, keys.map(TOMLStep.key), message, hint: hint)
    }

    private func require(
        _ condition: Bool, _ path: [TOMLStep], _ message: String, hint: String? = nil
    ) throws(FederationError) {
        guard condition else { throw .invalid(path: path, message: message, hint: hint) }
    }
}
