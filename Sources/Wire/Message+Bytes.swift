// Room:  Wire (floor 1, pure).
// Task:  the byte fields as arrays, so that no other room needs `Data`.
// May:   SwiftProtobuf (through the generated types), FoundationEssentials (Data only).
// Proof: Tests/WireTests/MessageTests.swift

import FoundationEssentials

// Each accessor copies: O(size), also on reading.

extension WireHello {
    public var federationBytes: [UInt8] {
        get { [UInt8](federationID) }
        set { federationID = Data(newValue) }
    }

    public var nodeBytes: [UInt8] {
        get { [UInt8](nodeID) }
        set { nodeID = Data(newValue) }
    }
}

extension WireReference {
    public var payloadBytes: [UInt8] {
        get { [UInt8](payload) }
        set { payload = Data(newValue) }
    }
}

extension WireDelta {
    public var payloadBytes: [UInt8] {
        get { [UInt8](payload) }
        set { payload = Data(newValue) }
    }
}

extension WireFarewell {
    public var federationBytes: [UInt8] {
        get { [UInt8](federationID) }
        set { federationID = Data(newValue) }
    }

    /// A farewell whose reason is cut to what the protocol allows, at a character's boundary.
    public init(_ code: WireFarewell.Code, reason: String = "") {
        self.init()
        self.code = code
        var text = reason
        while text.utf8.count > Message.reasonLimit { text.removeLast() }
        self.reason = text
    }
}
