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

extension WireDirectory {
    public var bodyBytes: [UInt8] {
        get { [UInt8](body) }
        set { body = Data(newValue) }
    }
}

extension WireEndorsements {
    public var entriesBytes: [[UInt8]] { entries.map { [UInt8]($0) } }

    public mutating func appendEntry(_ bytes: [UInt8]) { entries.append(Data(bytes)) }
}

extension WireRosterSummary {
    public var hashBytes: [UInt8] {
        get { [UInt8](hash) }
        set { hash = Data(newValue) }
    }
}

extension WireQuestion {
    public var subjectBytes: [UInt8] {
        get { [UInt8](subject) }
        set { subject = Data(newValue) }
    }
}

extension WireSnapshotChunk {
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
