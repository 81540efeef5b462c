// Room:  Federation (floor 2, pure).
// Task:  what is wrong in a TOML text, and where: the one error of the strict reader.
// May:   Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/TOMLReaderTests.swift

import Model

/// A mistake in a TOML text, or in a variable that overrides one of its values.
///
/// Printed as `file:line:column: what`.
public struct TOMLFault: Fault, Hashable {
    public enum Kind: String, Sendable {
        case syntax
        case unknownKey = "unknown-key"
        case missingKey = "missing-key"
        case wrongType = "wrong-type"
        case badValue = "bad-value"
    }

    /// Where the mistake stands.
    public enum Place: Hashable, Sendable, CustomStringConvertible {
        /// Lines and columns count from 1, columns in Unicode scalars.
        case text(file: String, line: Int, column: Int)
        /// An environment variable that overrides a value of the text.
        case variable(String)

        public var description: String {
            switch self {
            case .text(let file, let line, let column): "\(file):\(line):\(column)"
            case .variable(let name): name
            }
        }
    }

    public let kind: Kind
    public let place: Place
    /// The mistake without its place.
    public let message: String
    public let hint: String?

    public init(_ kind: Kind, at place: Place, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.place = place
        self.message = message
        self.hint = hint
    }

    public var line: Int? {
        if case .text(_, let line, _) = place { line } else { nil }
    }

    public var column: Int? {
        if case .text(_, _, let column) = place { column } else { nil }
    }

    public var code: String { "toml.\(kind.rawValue)" }
    public var what: String { "\(place): \(message)" }
    public var exitStatus: Int32 { 78 }
}
