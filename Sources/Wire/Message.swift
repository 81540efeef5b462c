// Room:  Wire (floor 1, pure).
// Task:  one message of the protocol: to a body and back.
// May:   SwiftProtobuf.
// Proof: Tests/WireTests/MessageTests.swift

import SwiftProtobuf

/// A message between two nodes. Fields, meaning and limits: this folder's README.
public enum Message: Sendable, Equatable {
    case hello(WireHello)
    case resume(WireResume)
    case reference(WireReference)
    case delta(WireDelta)
    case heartbeat(WireHeartbeat)
    case farewell(WireFarewell)
    case directory(WireDirectory)
    case endorsements(WireEndorsements)
    case question(WireQuestion)
    case answer(WireAnswer)
    case snapshotRequest(WireSnapshotRequest)
    case snapshotChunk(WireSnapshotChunk)

    public var kind: FrameKind {
        switch self {
        case .hello: .hello
        case .resume: .resume
        case .reference: .reference
        case .delta: .delta
        case .heartbeat: .heartbeat
        case .farewell: .farewell
        case .directory: .directory
        case .endorsements: .endorsements
        case .question: .question
        case .answer: .answer
        case .snapshotRequest: .snapshotRequest
        case .snapshotChunk: .snapshotChunk
        }
    }

    /// Whether the message may be cut in parts; control messages go before and between them.
    public var isBulk: Bool { kind.isBulk }

    /// The body of the message's frame, or of its frames put together.
    ///
    /// The peer judges it by `validate()`: whoever builds a message keeps its fields in range
    /// (a loss that is not finite, say, is left out or replaced before).
    ///
    /// - Complexity: O(size).
    public func encodedBody() -> [UInt8] {
        do {
            return switch self {
            case .hello(let body): try body.serializedBytes()
            case .resume(let body): try body.serializedBytes()
            case .reference(let body): try body.serializedBytes()
            case .delta(let body): try body.serializedBytes()
            case .heartbeat(let body): try body.serializedBytes()
            case .farewell(let body): try body.serializedBytes()
            case .directory(let body): try body.serializedBytes()
            case .endorsements(let body): try body.serializedBytes()
            case .question(let body): try body.serializedBytes()
            case .answer(let body): try body.serializedBytes()
            case .snapshotRequest(let body): try body.serializedBytes()
            case .snapshotChunk(let body): try body.serializedBytes()
            }
        } catch {
            // The library throws for required fields (proto3 has none), for Any (we have none)
            // and beyond 2 GiB, where no payload of ours can come.
            preconditionFailure("a \(kind) message cannot be encoded: \(error)")
        }
    }

    /// Reads a body from a peer; trusts nothing.
    ///
    /// - Returns: nil for a kind that this version does not know: to be skipped.
    /// - Throws: `unparsable`, `invalidField`, or `frameTooLong` for a control message.
    /// - Complexity: O(size).
    public static func decode(kind: FrameKind, body: [UInt8]) throws(WireError) -> Message? {
        guard kind.isKnown else { return nil }
        guard kind.isBulk || body.count <= kind.controlLimit else {
            throw .frameTooLong(kind, length: body.count, limit: kind.controlLimit)
        }
        let message = try parse(kind: kind, body: body)
        try message?.validate()
        return message
    }

    private static func parse(kind: FrameKind, body: [UInt8]) throws(WireError) -> Message? {
        var options = BinaryDecodingOptions()
        // Ignored, and not kept either: a message is what this version understands of it.
        options.discardUnknownFields = true
        // The deepest message of ours is two deep; the rest is for unknown fields.
        options.messageDepthLimit = 16
        do {
            switch kind {
            case .hello:
                return .hello(try WireHello(serializedBytes: body, options: options))
            case .resume:
                return .resume(try WireResume(serializedBytes: body, options: options))
            case .reference:
                return .reference(try WireReference(serializedBytes: body, options: options))
            case .delta:
                return .delta(try WireDelta(serializedBytes: body, options: options))
            case .heartbeat:
                return .heartbeat(try WireHeartbeat(serializedBytes: body, options: options))
            case .farewell:
                return .farewell(try WireFarewell(serializedBytes: body, options: options))
            case .directory:
                return .directory(try WireDirectory(serializedBytes: body, options: options))
            case .endorsements:
                return .endorsements(
                    try WireEndorsements(serializedBytes: body, options: options))
            case .question:
                return .question(try WireQuestion(serializedBytes: body, options: options))
            case .answer:
                return .answer(try WireAnswer(serializedBytes: body, options: options))
            case .snapshotRequest:
                return .snapshotRequest(
                    try WireSnapshotRequest(serializedBytes: body, options: options))
            case .snapshotChunk:
                return .snapshotChunk(
                    try WireSnapshotChunk(serializedBytes: body, options: options))
            default:
                return nil
            }
        } catch {
            throw .unparsable(kind)
        }
    }
}
