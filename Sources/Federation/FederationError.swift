// Room:  Federation (floor 2, pure).
// Task:  why a text or a set of values is no federation file.
// May:   Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationFileErrorTests.swift

import Model

public enum FederationError: Fault, Hashable {
    /// A mistake in a text, with its line and column.
    case text(TOMLFault)
    /// A value that no text holds yet: `path` is where it would stand.
    case invalid(path: [TOMLStep], message: String, hint: String?)
    /// A founder as the command line takes them, `name=ID@host:port`.
    case founder(text: String, message: String, hint: String?)

    public var code: String {
        switch self {
        case .text(let fault): fault.code
        case .invalid: "federation.invalid"
        case .founder: "federation.founder"
        }
    }

    public var what: String {
        switch self {
        case .text(let fault): fault.what
        case .invalid(let path, let message, _): "\(Self.spoken(path)): \(message)"
        case .founder(let text, let message, _): "founder '\(text)': \(message)"
        }
    }

    public var hint: String? {
        switch self {
        case .text(let fault): fault.hint
        case .invalid(_, _, let hint), .founder(_, _, let hint): hint
        }
    }

    public var exitStatus: Int32 {
        switch self {
        case .text, .invalid: 78
        case .founder: 64
        }
    }

    /// `founders[2].id`.
    private static func spoken(_ path: [TOMLStep]) -> String {
        path.reduce("") { text, step in
            switch step {
            case .key(let key): text.isEmpty ? key : "\(text).\(key)"
            case .index(let index): "\(text)[\(index)]"
            }
        }
    }
}
