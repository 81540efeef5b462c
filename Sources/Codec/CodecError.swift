// Room:  Codec (floor 2, pure).
// Task:  what can be wrong with a vector to encode or with bytes to decode.
// May:   Model.
// Proof: Tests/CodecTests/HostilePayloadTests.swift

import Model

/// Why a vector could not be encoded or bytes could not be decoded. Nothing has changed then.
///
/// All but `nonFinite` and `length` are the sender's fault: they end the link, not the node.
public enum CodecError: Error, Equatable, Sendable {
    /// A parameter, a reference or their difference is not a finite number.
    case nonFinite
    /// A vector has another length than the model.
    case length(expected: Int, got: Int)
    /// The payload ends before what its head announces.
    case truncated
    /// There are bytes, or set bits, behind the end.
    case trailing
    /// A format version or a coding that this build does not know.
    case unknownFormat(UInt8)
    /// The count of coordinates is zero or larger than the model.
    case count
    /// A coordinate at or beyond the end of the model.
    case coordinate
    /// A value or a scale that is not finite, or not written as the format demands.
    case value
    /// A compressed part that does not inflate to exactly the size it must have.
    case deflate
    /// A range-coded part that no encoder writes.
    case rangeCode
}

extension CodecError: Fault {
    public var code: String {
        switch self {
        case .nonFinite: "codec.non-finite"
        case .length: "codec.length-mismatch"
        case .truncated: "codec.truncated"
        case .trailing: "codec.trailing"
        case .unknownFormat: "codec.unknown-format"
        case .count: "codec.count"
        case .coordinate: "codec.coordinate"
        case .value: "codec.value"
        case .deflate: "codec.deflate"
        case .rangeCode: "codec.range-code"
        }
    }

    public var what: String {
        switch self {
        case .nonFinite: "parameters or reference hold a number that is not finite"
        case .length(let expected, let got):
            "vector has \(got) values, the model has \(expected)"
        case .truncated: "delta ends before what its head announces"
        case .trailing: "delta has bytes or bits behind its end"
        case .unknownFormat(let byte): "delta has unknown format byte \(byte)"
        case .count: "delta's count of coordinates does not fit the model"
        case .coordinate: "delta has a coordinate beyond the end of the model"
        case .value: "delta holds a value or a scale that is not allowed"
        case .deflate: "delta's deflated part is damaged"
        case .rangeCode: "delta's range-coded part is damaged"
        }
    }

    public var hint: String? {
        switch self {
        case .nonFinite: "lower the learning rate, or look for bad rows in the data"
        case .length: "both sides must hold the same federation file"
        case .unknownFormat: "the peer may run a newer version; compare versions"
        case .truncated, .trailing, .count, .coordinate, .value, .deflate,
            .rangeCode:
            nil
        }
    }

    public var exitStatus: Int32 { 65 }
}
