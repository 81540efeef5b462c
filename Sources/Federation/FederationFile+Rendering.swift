// Room:  Federation (floor 2, pure).
// Task:  a federation file as a text that people like to read.
// May:   Identity, Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationFileTests.swift

import Identity
import Model

extension FederationFile {
    /// A commented text that `parse` reads back to an equal value.
    public func render() -> String {
        """
        # A federation file: what the members of a federation agree on. All hold the same one; any
        # difference in meaning gives another federation ID, and nodes of different federations
        # refuse each other. Comments, blank lines and the order of keys do not matter.

        name = \(Wording.quoted(name))
        \(description.isEmpty ? "" : "description = \(Wording.quoted(description))\n")
        \(renderedModel)

        \(renderedData)

        [training]
        rounds = \(training.rounds)  # then the nodes settle, and the run is over
        steps = \(training.steps)  # local steps a round
        batch = \(training.batch)  # rows a step
        rate = \(training.rate)
        momentum = \(training.momentum)
        weight_decay = \(training.weightDecay)
        schedule = "\(training.schedule.rawValue)"  # or "step", "cosine", "constant"
        weight = "\(training.weight.rawValue)"  # what a node weighs: "equal", or by its "rows"

        [gossip]
        exchanges = \(gossip.exchanges)  # started a round
        view = \(gossip.view)  # links a node keeps
        fraction = \(gossip.fraction)  # of the parameters in a delta
        minimum = \(gossip.minimum)  # but at least as many
        values = "\(gossip.values.rawValue)"  # "q4", "q8", "bf16" or "f32"
        correction = \(gossip.correction)  # of the drift where data differ between nodes
        agreement = \(gossip.agreement)  # nodes settle until they disagree by less

        [privacy]
        # \(privacy.warning).
        mode = "\(privacy.rawValue)"

        [membership]
        quorum = \(quorum)  # more than this share must endorse an admission or an expulsion
        share_metrics = \(sharesMetrics)  # whether members see each other's loss and accuracy

        \(founders.map(Self.rendered).joined(separator: "\n\n"))

        """
    }

    private var renderedModel: String {
        var lines = ["[model]", "kind = \"\(model.kindName)\""]
        if case .network(let architecture) = model.kind {
            lines.append(Self.list("sizes", architecture.sizes.map(String.init)))
        }
        switch model.genesis {
        case .seed(let seed):
            lines.append("seed = \(seed)  # of the parameters that all start from")
        case .file(let hash):
            lines.append(
                "genesis = \"sha256:\(Hexadecimal.text(hash))\"  # the safetensors file that all start from"
            )
        }
        if !model.private.isEmpty {
            lines.append("# Never leave a node: each keeps its own.")
            lines.append(Self.list("private", model.private.map { Wording.quoted($0.text) }))
        }
        if case .tensors(let layout) = model.kind {
            for tensor in layout.tensors {
                lines += ["", "[[model.tensors]]", "name = \(Wording.quoted(tensor.name))"]
                lines.append(Self.list("shape", tensor.shape.map(String.init)))
                if tensor.kind != .float32 { lines.append("dtype = \"\(tensor.kind.rawValue)\"") }
            }
        }
        return lines.joined(separator: "\n")
    }

    private var renderedData: String {
        var lines = ["[data]"]
        if !data.classes.isEmpty {
            lines.append("# As the label column names them, in the order of the model's outputs.")
            lines.append(Self.list("classes", data.classes.map(Wording.quoted)))
        }
        lines.append("# The label column, unless a node names another.")
        lines.append("label = \(Wording.quoted(data.label))")
        switch data.standardisation {
        case .federation(let means, let deviations):
            lines.append("standardise = \"federation\"  # (x - mean) / deviation, the same for all")
            lines.append(Self.list("means", means.map { "\($0)" }))
            lines.append(Self.list("deviations", deviations.map { "\($0)" }))
        case .local: lines.append("standardise = \"local\"  # each site by its own numbers")
        case .unchanged:
            lines.append(
                "standardise = \"none\"  # or \"local\", or \"federation\" with agreed numbers")
        }
        return lines.joined(separator: "\n")
    }

    private static func rendered(_ founder: Founder) -> String {
        var lines = ["[[founders]]", "name = \(Wording.quoted(founder.name))"]
        lines.append("id = \"\(founder.id)\"")
        lines.append(
            founder.addresses.isEmpty
                ? "addresses = []  # dials out only"
                : list("addresses", founder.addresses.map(Wording.quoted)))
        return lines.joined(separator: "\n")
    }

    /// `key = [a, b]`, broken into lines of at most 100 columns where one is too short.
    private static func list(_ key: String, _ items: [String]) -> String {
        let line = "\(key) = [\(items.joined(separator: ", "))]"
        guard line.count > 100 else { return line }
        var lines: [String] = []
        var current = ""
        for item in items {
            if !current.isEmpty, current.count + item.count + 6 > 100 {
                lines.append("    " + current)
                current = ""
            }
            current += current.isEmpty ? "\(item)," : " \(item),"
        }
        lines.append("    " + current)
        return "\(key) = [\n\(lines.joined(separator: "\n"))\n]"
    }
}
