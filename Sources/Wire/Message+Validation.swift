// Room:  Wire (floor 1, pure).
// Task:  the range of every field, judged before anybody else sees the message.
// May:   SwiftProtobuf (through the generated types).
// Proof: Tests/WireTests/MessageTests.swift

extension Message {
    /// The longest `Hello.software`, in bytes of UTF-8.
    public static let softwareLimit = 128
    /// The longest `Farewell.reason`, in bytes of UTF-8.
    public static let reasonLimit = 512
    /// The longest message of the directory, in bytes.
    public static let directoryLimit = 16_384
    /// The most endorsements in a message, and the longest, in bytes.
    public static let entryLimit = 32
    public static let entryLength = 2048
    /// The most endorsements that a summary lists.
    public static let summaryLimit = 120
    /// A federation ID or node ID, in bytes.
    public static let identifierLength = 32
    /// The most parameters of one snapshot chunk.
    public static let chunkLimit: UInt32 = 65_536

    /// - Throws: `WireError.invalidField`, named as in `starling.proto`, for the first bad field.
    /// - Complexity: O(1).
    public func validate() throws(WireError) {
        let bad =
            switch self {
            case .hello(let hello): hello.invalidField
            case .resume: nil as String?  // Any value of its fields is a standing.
            case .reference(let reference): reference.invalidField
            case .delta(let delta): delta.invalidField
            case .heartbeat(let heartbeat): heartbeat.invalidField
            case .farewell(let farewell): farewell.invalidField
            case .directory(let directory): directory.invalidField
            case .endorsements(let endorsements): endorsements.invalidField
            case .question(let question):
                question.subject.count == Message.identifierLength ? nil as String? : "subject"
            case .answer: nil as String?
            case .snapshotRequest(let request): request.invalidField
            case .snapshotChunk(let chunk): chunk.invalidField
            }
        if let bad { throw .invalidField(kind, field: bad) }
    }
}

extension WireHello {
    fileprivate var invalidField: String? {
        if federationID.count != Message.identifierLength { return "federation_id" }
        if nodeID.count != Message.identifierLength { return "node_id" }
        if versionMin == 0 { return "version_min" }
        if versionMax < versionMin { return "version_max" }
        if software.utf8.count > Message.softwareLimit { return "software" }
        return nil
    }
}

extension WireReference {
    fileprivate var invalidField: String? {
        genesis && !payload.isEmpty ? "payload" : nil
    }
}

extension WireDelta {
    fileprivate var invalidField: String? {
        if !(r.isFinite && r >= 0) { return "r" }
        if !(e.isFinite && e >= 0) { return "e" }
        if !(h.isFinite && h >= 0) { return "h" }
        if !(v.isFinite && v >= 0) { return "v" }
        if !(rate.isFinite && rate > 0) { return "rate" }
        if !(weight.isFinite && weight > 0) { return "weight" }
        if !(cap.isFinite && cap >= 0) { return "cap" }
        if !(near >= 0 && near <= 1) { return "near" }
        return nil
    }
}

extension WireHeartbeat {
    fileprivate var invalidField: String? {
        if !progress.loss.isFinite { return "progress.loss" }
        if !progress.accuracy.isFinite { return "progress.accuracy" }
        if !progress.disagreement.isFinite { return "progress.disagreement" }
        return nil
    }
}

extension WireDirectory {
    fileprivate var invalidField: String? {
        body.count > Message.directoryLimit ? "body" : nil
    }
}

extension WireEndorsements {
    fileprivate var invalidField: String? {
        if hasSummary {
            if summary.hash.count != Message.identifierLength { return "summary.hash" }
            if summary.ids.count > Message.summaryLimit { return "summary.ids" }
        }
        if entries.count > Message.entryLimit { return "entries" }
        if entries.contains(where: { $0.count > Message.entryLength }) { return "entries" }
        return nil
    }
}

extension WireFarewell {
    fileprivate var invalidField: String? {
        if reason.utf8.count > Message.reasonLimit { return "reason" }
        if !federationID.isEmpty && federationID.count != Message.identifierLength {
            return "federation_id"
        }
        return nil
    }
}

extension WireSnapshotRequest {
    fileprivate var invalidField: String? {
        (1...Message.chunkLimit).contains(count) ? nil : "count"
    }
}

extension WireSnapshotChunk {
    fileprivate var invalidField: String? {
        if joining {
            if count != 0 { return "count" }
            return payload.isEmpty ? nil : "payload"
        }
        return (1...Message.chunkLimit).contains(count) ? nil : "count"
    }
}
