// Room:  Federation (floor 2, pure).
// Task:  the sections of a federation file as values, with their defaults and where these are from.
// May:   Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationFileTests.swift

import Model

/// `[model]`: what is trained, and where it starts.
public struct FederationModel: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A built-in kind: `logistic` with two sizes, `perceptron` with more.
        case network(Architecture)
        /// Tensors that only a trainer outside understands.
        case tensors(ParameterLayout)
    }

    public enum Genesis: Hashable, Sendable {
        /// `Architecture.genesis(seed:)`; for built-in kinds only.
        case seed(UInt64)
        /// SHA-256 of a safetensors file, 32 bytes.
        case file(hash: [UInt8])
    }

    public let kind: Kind
    public let genesis: Genesis
    /// Patterns of tensors that never leave a node: each keeps its own. Of a built-in kind they name
    /// some of its tensors; of kind `tensors` they say which of a trainer's tensors are no part of
    /// the layout, and these may have other shapes at every node.
    public let `private`: [TensorPattern]

    public init(kind: Kind, genesis: Genesis, private: [TensorPattern] = []) {
        self.kind = kind
        self.genesis = genesis
        self.private = `private`
    }

    public var architecture: Architecture? {
        if case .network(let architecture) = kind { architecture } else { nil }
    }

    /// What is gossiped.
    public var layout: ParameterLayout {
        switch kind {
        case .network(let architecture): split?.shared ?? architecture.layout
        case .tensors(let layout): layout
        }
    }

    /// Of a built-in kind: what is shared and what is a node's own. Nil for `tensors`.
    public var split: TensorSplit? {
        // Checked: something is left to share.
        architecture.flatMap { try? TensorSplit($0.layout, private: `private`) }
    }

    /// As the file names it.
    public var kindName: String {
        switch kind {
        case .network(let architecture): architecture.sizes.count == 2 ? "logistic" : "perceptron"
        case .tensors: "tensors"
        }
    }
}

/// `[data]`: what the columns of everybody's data mean.
public struct FederationData: Hashable, Sendable {
    /// What happens to the inputs before they are learnt from.
    public enum Standardisation: Hashable, Sendable {
        /// `(x - mean) / deviation` with numbers agreed by all, one of each an input. The default of
        /// the file, measured: sites that standardise each by their own lose five points under
        /// strong label shift, and these alone repair it.
        case federation(means: [Double], deviations: [Double])
        /// Each site by its own means and deviations.
        case local
        /// The inputs as they are; `none` in the file.
        case unchanged
    }

    /// The names in the label column, in the order of the model's outputs.
    public var classes: [String]
    /// The label column, where a node does not name another.
    public var label: String
    public var standardisation: Standardisation

    public init(
        classes: [String], label: String = "label", standardisation: Standardisation = .unchanged
    ) {
        self.classes = classes
        self.label = label
        self.standardisation = standardisation
    }
}

/// How the learning rate goes over the rounds.
public enum RateSchedule: String, Sendable, CaseIterable {
    /// A tenth over the last fifth.
    case step
    case cosine
    case constant
}

/// What a node's parameters weigh in the average.
public enum NodeWeight: String, Sendable, CaseIterable {
    case equal
    /// By the number of its training rows.
    case rows
}

/// `[training]`. The defaults are those of the measurements on digits, two classes a node.
public struct FederationTraining: Hashable, Sendable {
    /// Measured: 300 reach pooled training, 600 pass it.
    public var rounds = 300
    /// Local steps a round. Measured: 5 to 20 are good, 50 lose four points.
    public var steps = 5
    /// Rows a step, as measured.
    public var batch = 32
    /// Measured: no harm up to 0.3 in 85 cells; at 1.0 only the guard keeps perceptrons alive.
    public var rate = 0.3
    /// Measured: none is better than 0.9 here.
    public var momentum = 0.0
    public var weightDecay = 0.0
    /// As measured.
    public var schedule = RateSchedule.step
    /// Measured: no effect on accuracy either way.
    public var weight = NodeWeight.equal

    public init() {}
}

/// How the values of a delta are written; the codec's kinds.
public enum DeltaValues: String, Sendable, CaseIterable {
    case q4, q8, bf16, f32
}

/// `[gossip]`.
public struct FederationGossip: Hashable, Sendable {
    /// Exchanges that a node starts a round; as measured.
    public var exchanges = 2
    /// Links a node keeps. Measured: 6 to 8 are enough for 16 to 256 nodes.
    public var view = 7
    /// Share of the coordinates in a delta. Measured: 3 % gives the fewest bytes to pooled accuracy.
    public var fraction = 0.03
    /// The fewest coordinates in a delta; our guess, for models under 2,000 parameters.
    public var minimum = 64
    /// Measured: 4 bits are as accurate as 32 and take a quarter of the bytes.
    public var values = DeltaValues.q4
    /// Drift correction. Measured: without it two points are lost at two classes a node.
    public var correction = true
    /// After the last round nodes settle until the disagreement is below this; our guess.
    public var agreement = 1e-3

    public init() {}
}

/// `[privacy] mode`.
public enum PrivacyMode: String, Sendable, CaseIterable {
    /// Deltas are encrypted on their way and open to the peer that gets them.
    case plain

    /// What people must know before they choose it.
    public var warning: String {
        switch self {
        case .plain:
            "plain does not hide what you send: peers can learn about your data from your updates"
        }
    }
}
