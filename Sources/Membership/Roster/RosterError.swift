// Room:  Membership (floor 3, pure).
// Task:  why a list of founders is no roster.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterTests.swift

/// Why a list of founders is no roster. Has the four properties of `Fault`, which lives in a room
/// that this one may not import.
public enum RosterError: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case repeated(NodeID)

    public var code: String {
        switch self {
        case .empty: "membership.no-founders"
        case .repeated: "membership.founder-repeated"
        }
    }
    public var what: String {
        switch self {
        case .empty: "the federation has no founders"
        case .repeated(let id): "founder \(id) stands there twice"
        }
    }
    public var hint: String? { "mend the founders of the federation file" }
    public var exitStatus: Int32 { 78 }
    public var description: String { "\(what) (\(code))" }
}
