// Room:  Wire (floor 1, pure).
// Task:  what can be wrong with bytes from a peer.
// May:   nothing but the standard library.
// Proof: Tests/WireTests/MessageTests.swift, Tests/WireTests/FrameDecoderTests.swift

/// A peer's bytes break the protocol. Reach: the connection; nothing else has changed.
///
/// Has the four properties of `Fault`; the room that may see both adds the conformance.
public enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A frame, or a message put together from parts, is longer than allowed.
    case frameTooLong(FrameKind, length: Int, limit: Int)
    /// A frame without a kind (length 0), or a part of a message without a byte in it.
    case emptyFrame
    /// Parts of a message of a kind that is never cut.
    case notBulk(FrameKind)
    /// A bulk frame of another kind before the last part of the one begun.
    case interleaved(FrameKind, open: FrameKind)
    /// The body is no protobuf message of this kind.
    case unparsable(FrameKind)
    /// A field is outside its range; `field` is its name in `starling.proto`.
    case invalidField(FrameKind, field: String)

    public var code: String {
        switch self {
        case .frameTooLong: "wire.frame-too-long"
        case .emptyFrame: "wire.empty-frame"
        case .notBulk: "wire.not-bulk"
        case .interleaved: "wire.interleaved"
        case .unparsable: "wire.unparsable"
        case .invalidField: "wire.invalid-field"
        }
    }

    public var what: String {
        switch self {
        case .frameTooLong(let kind, let length, let limit):
            "\(kind) message of \(length) bytes, the limit is \(limit)"
        case .emptyFrame:
            "frame without content"
        case .notBulk(let kind):
            "\(kind) message cut in parts, only reference, delta and snapshot chunk may be"
        case .interleaved(let kind, let open):
            "\(kind) frame between the parts of a \(open) message"
        case .unparsable(let kind):
            "\(kind) message that does not parse"
        case .invalidField(let kind, let field):
            "\(kind) message with an invalid \(field)"
        }
    }

    public var hint: String? {
        "the peer breaks the protocol; compare the software versions of both ends"
    }

    public var exitStatus: Int32 { 1 }

    public var description: String { "\(what) (\(code))" }
}
