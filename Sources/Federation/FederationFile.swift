// Room:  Federation (floor 2, pure).
// Task:  what the members of a federation agree on, as one checked value.
// May:   Identity, Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationFileTests.swift

import Identity
import Model

/// The content of a federation file. A value of this type has passed every check.
public struct FederationFile: Hashable, Sendable {
    public let name: String
    public let description: String
    public let model: FederationModel
    public let data: FederationData
    public let training: FederationTraining
    public let gossip: FederationGossip
    public let privacy: PrivacyMode
    /// An action needs the endorsement of more than this share of the roster.
    public let quorum: Double
    /// Whether members tell each other their loss and accuracy on held-out rows.
    public let sharesMetrics: Bool
    /// In the order of the file.
    public let founders: [Founder]

    /// More than half: two actions at once cannot both be effective without a double endorsement.
    public static let defaultQuorum = 0.5

    /// - Throws: `FederationError.invalid`, naming the first value that is out of its range.
    public init(
        name: String, description: String = "", model: FederationModel, data: FederationData,
        training: FederationTraining = .init(), gossip: FederationGossip = .init(),
        privacy: PrivacyMode = .plain, quorum: Double = defaultQuorum,
        sharesMetrics: Bool = true, founders: [Founder]
    ) throws(FederationError) {
        self.name = name
        self.description = description
        self.model = model
        self.data = data
        self.training = training
        self.gossip = gossip
        self.privacy = privacy
        self.quorum = quorum
        self.sharesMetrics = sharesMetrics
        self.founders = founders
        try check()
    }

    /// A new federation of a built-in kind of model, with comfortable defaults.
    ///
    /// - founders: as `Founder.parse` reads them.
    /// - sizes: from the inputs to the classes; two are logistic regression.
    /// - classes: `0`, `1`, … where nil.
    public static func make(
        name: String, description: String = "", founders: [String], sizes: [Int], seed: UInt64 = 1,
        classes: [String]? = nil, label: String = "label",
        standardisation: FederationData.Standardisation = .unchanged,
        training: FederationTraining = .init(), gossip: FederationGossip = .init(),
        quorum: Double = defaultQuorum
    ) throws(FederationError) -> FederationFile {
        var parsed: [Founder] = []
        for founder in founders { parsed.append(try Founder.parse(founder)) }
        let architecture = try architecture(sizes: sizes)
        let classes = classes ?? (0..<architecture.classes).map(String.init)
        return try FederationFile(
            name: name, description: description,
            model: FederationModel(kind: .network(architecture), genesis: .seed(seed)),
            data: FederationData(
                classes: classes, label: label, standardisation: standardisation),
            training: training, gossip: gossip, quorum: quorum, founders: parsed)
    }

    /// SHA-256 of `canonical`.
    public var id: FederationID { FederationID(ofCanonical: canonical) }

    /// Of a built-in kind of model; nil for `tensors`.
    public var architecture: Architecture? { model.architecture }

    public var layout: ParameterLayout { model.layout }

    /// The parameters that every node starts from, where a seed says them; nil where a file does.
    ///
    /// - Complexity: O(d), made anew at each call.
    public var genesis: [Float]? {
        guard case .seed(let seed) = model.genesis else { return nil }
        return model.architecture?.genesis(seed: seed)
    }

    /// - Throws: where the sizes are no network, naming `model.sizes`.
    static func architecture(sizes: [Int]) throws(FederationError) -> Architecture {
        let path: [TOMLStep] = [.key("model"), .key("sizes")]
        let hint = "from the inputs to the classes, such as [64, 128, 10]"
        guard (2...64).contains(sizes.count) else {
            throw .invalid(
                path: path, message: "'sizes' must have 2 to 64 entries, this has \(sizes.count)",
                hint: hint)
        }
        if let index = sizes.firstIndex(where: { $0 < 1 || $0 > 1 << 24 }) {
            throw .invalid(
                path: path + [.index(index)],
                message: "each of 'sizes' must be 1 to \(1 << 24), this is \(sizes[index])",
                hint: hint)
        }
        guard sizes[sizes.count - 1] >= 2 else {
            throw .invalid(
                path: path + [.index(sizes.count - 1)],
                message: "the last of 'sizes' is the number of classes, at least 2", hint: hint)
        }
        do {
            return try Architecture(sizes: sizes)
        } catch {
            throw .invalid(path: path, message: error.description, hint: nil)
        }
    }
}
