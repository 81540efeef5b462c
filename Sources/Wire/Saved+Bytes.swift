// Room:  Wire (floor 1, pure).
// Task:  what a checkpoint keeps, to the bytes of its header and back, without `Data`.
// May:   SwiftProtobuf, FoundationEssentials (Data only).
// Proof: Tests/WireTests/SavedTests.swift

import FoundationEssentials
import SwiftProtobuf

// Each accessor copies: O(size), also on reading.

extension WireSavedNode {
    public var federationBytes: [UInt8] {
        get { [UInt8](federationID) }
        set { federationID = Data(newValue) }
    }

    public var nodeBytes: [UInt8] {
        get { [UInt8](nodeID) }
        set { nodeID = Data(newValue) }
    }

    public var trainerBytes: [UInt8] {
        get { [UInt8](trainer) }
        set { trainer = Data(newValue) }
    }

    /// - Returns: nil when the bytes are no such message.
    public init?(encoded: [UInt8]) {
        guard let node = try? WireSavedNode(serializedBytes: encoded) else { return nil }
        self = node
    }

    /// O(size).
    public func encoded() -> [UInt8] {
        do {
            return try serializedBytes()
        } catch {
            // As of a message: proto3 has no required fields, and no header comes near 2 GiB.
            preconditionFailure("a checkpoint's header cannot be encoded: \(error)")
        }
    }
}

extension WireSavedLink {
    public var peerBytes: [UInt8] {
        get { [UInt8](peer) }
        set { peer = Data(newValue) }
    }
}
