// Room:  Daemon (floor 5).
// Task:  why a node cannot start as it is configured.
// May:   Federation, Identity, Model, Store.
// Proof: Tests/DaemonTests/ConfigurationTests.swift, Tests/DaemonTests/PreparationTests.swift

import Federation
import Identity
import Model
import Store

/// A mistake in the set-up of a node: the configuration, or files that do not fit each other.
///
/// What is wrong inside a data file, a key or a federation file keeps its own error.
public enum ConfigurationError: Fault, Equatable {
    /// A mistake in the configuration's text or in a variable that overrides it.
    case text(TOMLFault)
    /// A file that is needed cannot be read; `role` says what it is for.
    case unreadable(role: String, StoreError)
    /// A text file that is not UTF-8.
    case notText(role: String, path: String)
    case notAMember(NodeID, federation: String, file: String)
    /// The model is of a built-in kind, and the configuration names no rows.
    case noData(kind: String, configuration: String)
    /// A trainer outside has the rows.
    case dataUnused(file: String, kind: String, configuration: String)
    case otherGenesis(path: String, expected: String, found: String)
    case badGenesis(path: String, SafetensorsError)
    case genesisNotFinite(path: String)
    /// Too few characters to keep anybody out.
    case shortToken(path: String)
    /// Numbers so large, or agreed deviations so small, that a Float32 cannot hold the quotient.
    case standardisedNotFinite(file: String)

    public var code: String {
        switch self {
        case .text(let fault): fault.code
        case .unreadable(_, let error): error.code
        case .notText: "configuration.not-text"
        case .notAMember: "configuration.not-a-member"
        case .noData: "configuration.no-data"
        case .dataUnused: "configuration.data-unused"
        case .otherGenesis: "configuration.other-genesis"
        case .badGenesis: "configuration.bad-genesis"
        case .genesisNotFinite: "configuration.genesis-not-finite"
        case .shortToken: "configuration.short-token"
        case .standardisedNotFinite: "configuration.standardised-not-finite"
        }
    }

    public var what: String {
        switch self {
        case .text(let fault): fault.what
        case .unreadable(let role, .missing(let path)): "there is no \(role) at \(path)"
        case .unreadable(let role, let error): "\(role): \(error.what)"
        case .notText(let role, let path): "\(role): \(path) is not UTF-8 text"
        case .notAMember(let id, let federation, let file):
            "node \(id) is not among the founders of '\(federation)' (\(file))"
        case .noData(let kind, let configuration):
            "\(configuration): 'file' is missing in [data]: a model of kind \"\(kind)\" is "
                + "trained here, on this node's rows"
        case .dataUnused(let file, let kind, let configuration):
            "\(configuration): [data] names \(file), and a model of kind \"\(kind)\" is trained "
                + "by a trainer outside, which has its rows itself"
        case .otherGenesis(let path, let expected, let found):
            "\(path) is another file than the federation starts from: "
                + "SHA-256 \(found.prefix(16))…, agreed \(expected.prefix(16))…"
        case .badGenesis(let path, let error): "\(path): \(error.what)"
        case .genesisNotFinite(let path): "\(path) holds values that are not finite"
        case .shortToken(let path): "\(path) holds fewer than 32 characters"
        case .standardisedNotFinite(let file):
            "\(file): standardised, some values are beyond what a 32-bit number holds"
        }
    }

    public var hint: String? {
        switch self {
        case .text(let fault): fault.hint
        case .unreadable(let role, .missing):
            switch role {
            case Self.federationRole:
                "copy the federation's file there, or write one with `starling federation new`"
            case Self.genesisRole: "copy the safetensors file that all start from there"
            case Self.configurationRole: "name it with --config; config/starling.toml is an example"
            default: "check the path; relative ones start at the configuration file's folder"
            }
        case .unreadable(_, let error): error.hint
        case .notText: "save it as UTF-8"
        case .notAMember:
            "is [node] state the right folder? `starling id` prints a node's ID. A node that was "
                + "admitted later needs [membership] invitation, from `starling invite`"
        case .noData: "file = \"rows.csv\"; see the comments in the example configuration"
        case .dataUnused: "remove [data]"
        case .otherGenesis: "all members need the very same file; copy it again"
        case .badGenesis(_, let error): error.hint
        case .genesisNotFinite: "export the model again from a node whose loss is finite"
        case .shortToken: "remove it: the daemon makes a new one"
        case .standardisedNotFinite:
            "look for a wrong value in the file, or a wrong deviation in the federation file"
        }
    }

    public var exitStatus: Int32 {
        switch self {
        case .text(let fault): fault.exitStatus
        case .unreadable(_, .missing): 78
        case .unreadable(_, let error): error.exitStatus
        case .badGenesis, .genesisNotFinite, .standardisedNotFinite: 65
        case .notText, .notAMember, .noData, .dataUnused, .otherGenesis, .shortToken: 78
        }
    }

    public static let configurationRole = "configuration file"
    public static let federationRole = "federation file"
    public static let genesisRole = "genesis file"
    public static let dataRole = "data file"
    public static let labelsRole = "labels file"
}
