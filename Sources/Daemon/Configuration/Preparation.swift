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
    /// What is gossiped.
    public let layout: ParameterLayout
    /// `[d]`, finite: what every node starts from.
    public let genesis: [Float]
    /// Nil where a trainer outside trains.
    public let builtIn: BuiltInTraining?
    /// The learning rate until a round says its own.
    public let rate: Float
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
        layout = federation.layout
        let seed = configuration.seed ?? Self.seed(of: id)
        self.seed = seed
        let start = try Self.genesis(federation, state: configuration.state)
        builtIn = try federation.model.split.map {
            try BuiltInTraining(configuration, federation, $0, start: start, seed: seed)
        }
        genesis = builtIn.map { $0.split.shared(of: start) } ?? start
        if builtIn == nil, let data = configuration.data {
            throw ConfigurationError.dataUnused(
                file: data.file, kind: federation.model.kindName,
                configuration: configuration.file)
        }

        let agreed = federation.training
        rate = Float(configuration.rate ?? agreed.rate)
        steps = configuration.steps ?? agreed.steps
        weight = agreed.weight == .rows ? Float(builtIn?.training.rows ?? 1) : 1

        var warnings: [String] = []
        if configuration.listen.isEmpty, founder?.addresses.isEmpty == false {
            warnings.append(
                "the federation file gives this node an address, but [node] listen is empty: "
                    + "nobody can dial it")
        }
        if builtIn?.holdout.rows == 0 {
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

    /// Of the whole model where it is of a built-in kind, else of what is shared.
    private static func genesis(_ federation: FederationFile, state: String) throws -> [Float] {
        let model = federation.model
        switch model.genesis {
        case .seed(let seed):
            guard let architecture = model.architecture else {
                preconditionFailure("a federation file's tensors start from a file")
            }
            return architecture.genesis(seed: seed)
        case .file(let hash):
            let path = Configuration.genesisFile(inState: state)
            let bytes = try ReadableFile.bytes(path, role: ConfigurationError.genesisRole)
            let found = SHA256.hash(bytes)
            guard found == hash else {
                throw ConfigurationError.otherGenesis(
                    path: path, expected: Hexadecimal.text(hash), found: Hexadecimal.text(found))
            }
            do {
                let shared = try ModelFile.parameters(
                    bytes, of: model.layout, passingOver: model.private)
                guard let split = model.split, let architecture = model.architecture else {
                    return shared
                }
                // Nobody's own tensors are in the file, or are taken from it: they start afresh.
                return split.joined(
                    shared: shared, own: split.own(of: architecture.genesis(seed: 1)))
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
