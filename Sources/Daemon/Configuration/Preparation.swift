// Room:  Daemon (floor 5).
// Task:  everything that must be right before a node can start, read and checked.
// May:   Federation, Identity, Learning, Model, Store.   May not: sockets, write anything.
// Proof: Tests/DaemonTests/PreparationTests.swift

import EventLoop
import Federation
import Glibc
import Identity
import Learning
import Model
import Store

/// A node's files, read and found to fit each other; `starling run --check` is this and nothing
/// more.
public struct Preparation: Sendable {
    public let configuration: Configuration
    public let identity: LocalIdentity
    public let federation: FederationFile
    /// This node among the founders; nil for one that was admitted later.
    public let founder: Founder?
    public let architecture: Architecture
    public var layout: ParameterLayout { architecture.layout }
    /// `[d]`, finite: what every node starts from.
    public let genesis: [Float]
    /// Standardised as the federation says, at least one row.
    public let training: Dataset
    /// Standardised likewise; no row where nothing is held out.
    public let holdout: Dataset
    public let hyperparameters: Hyperparameters
    /// Local steps a round.
    public let steps: Int
    /// What this node's parameters weigh in the average: 1, or its training rows.
    public let weight: Float
    /// Of this node's random draws.
    public let seed: UInt64
    /// What is allowed and probably not meant, in whole sentences without a full stop.
    public let warnings: [String]

    /// - credentials: the service manager's folder of them; a key in it goes before the one in the
    ///   state folder.
    /// - Throws: a `Fault`: `IdentityError` (77, 78), `FederationError` and `ConfigurationError`
    ///   (78), `StoreError` (78: the state of a newer release), `DataError` (65).
    /// - Complexity: reads the data file whole; memory for it and for twice its values.
    public init(_ configuration: Configuration, credentials: String? = nil) throws {
        self.configuration = configuration
        try StateFormat.released.check(configuration.state)
        identity =
            try credentials.flatMap { try LocalIdentity.load(fromCredentials: $0) }
            ?? LocalIdentity.load(from: configuration.state)
        let id = identity.nodeID
        let federation = try ReadableFile.federation(configuration.federation)
        self.federation = federation
        founder = federation.founders.first { $0.id == id }
        guard founder != nil || configuration.invitation != nil || Self.hasJoined(configuration)
        else {
            throw ConfigurationError.notAMember(
                id, federation: federation.name, file: configuration.federation)
        }
        guard let architecture = federation.architecture else {
            throw ConfigurationError.noTrainer(
                kind: federation.model.kindName, file: configuration.federation)
        }
        self.architecture = architecture
        genesis = try Self.genesis(federation, architecture, state: configuration.state)

        let seed = configuration.seed ?? Self.seed(of: id)
        self.seed = seed
        let data = try LabelledData.read(configuration.data, federation, architecture)
        let (training, holdout) = data.holdingOut(share: configuration.data.holdout, seed: seed)
        (self.training, self.holdout) = LabelledData.standardised(
            training: training, others: holdout, as: federation)
        for part in [self.training, self.holdout] where !part.inputs.allSatisfy(\.isFinite) {
            throw ConfigurationError.standardisedNotFinite(file: configuration.data.file)
        }

        let agreed = federation.training
        hyperparameters = Hyperparameters(
            batch: configuration.batch ?? agreed.batch,
            rate: Float(configuration.rate ?? agreed.rate), momentum: Float(agreed.momentum),
            weightDecay: Float(agreed.weightDecay), schedule: Schedule(agreed.schedule))
        steps = configuration.steps ?? agreed.steps
        weight = agreed.weight == .rows ? Float(training.rows) : 1

        var warnings: [String] = []
        if configuration.listen.isEmpty, founder?.addresses.isEmpty == false {
            warnings.append(
                "the federation file gives this node an address, but [node] listen is empty: "
                    + "nobody can dial it")
        }
        if holdout.rows == 0 {
            warnings.append(
                "no row is held out: this node reports neither loss nor accuracy of its own")
        }
        self.warnings = warnings
    }

    /// Whether this node has taken part before: then its roster knows it.
    private static func hasJoined(_ configuration: Configuration) -> Bool {
        access(Configuration.rosterLog(inState: configuration.state), R_OK) == 0
    }

    /// The first eight bytes of the node ID, so that a restart draws as before and no two nodes
    /// draw alike.
    static func seed(of id: NodeID) -> UInt64 {
        id.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func genesis(
        _ federation: FederationFile, _ architecture: Architecture, state: String
    ) throws -> [Float] {
        switch federation.model.genesis {
        case .seed(let seed): return architecture.genesis(seed: seed)
        case .file(let hash):
            let path = Configuration.genesisFile(inState: state)
            let bytes = try ReadableFile.bytes(path, role: ConfigurationError.genesisRole)
            let found = SHA256.hash(bytes)
            guard found == hash else {
                throw ConfigurationError.otherGenesis(
                    path: path, expected: Hexadecimal.text(hash), found: Hexadecimal.text(found))
            }
            do {
                return try ModelFile.parameters(bytes, of: architecture.layout)
            } catch {
                switch error {
                case .format(let error): throw ConfigurationError.badGenesis(path: path, error)
                case .notFinite: throw ConfigurationError.genesisNotFinite(path: path)
                }
            }
        }
    }
}

extension Schedule {
    /// The same three words in both rooms, which do not know each other.
    init(_ agreed: RateSchedule) {
        self =
            switch agreed {
            case .step: .step
            case .cosine: .cosine
            case .constant: .constant
            }
    }
}
