// Room:  Daemon (floor 5).
// Task:  what the local interface says of members and of the roster, as values.
// May:   nothing.
// Proof: Tests/EndToEndTests/RosterTests.swift

/// `GET /v1/members`: everybody who may take part, this node too.
public struct MembersStatus: Codable, Sendable, Equatable {
    public struct Member: Codable, Sendable, Equatable {
        public var id: String
        public var short: String
        public var name: String
        /// self, alive, suspect, down, left or unknown; of a member without a link, what the
        /// directory says.
        public var state: String
        /// For how long it has been in that state, as this node has seen it.
        public var since_seconds: Double?
        public var linked: Bool
        /// As its record says; the roster's where there is none.
        public var addresses: [String]
        public var software: String?
        public var round: UInt64?
        public var rounds: UInt64?
        public var finished: Bool?
        public var loss: Double?
        public var accuracy: Double?
        public var disagreement: Double?
        /// Since its record last rose here.
        public var record_age_seconds: Double?
        /// The generation that admitted it; 0 for founders.
        public var admitted_in: UInt64
    }

    public var schema = "starling.members/1"
    public var generation: UInt64
    /// Of the history up to this generation, 64 hexadecimal digits.
    public var hash: String
    /// Endorsements that an action needs now.
    public var needed: Int
    public var members: [Member]
}

/// An admission or an expulsion.
public struct RosterActionStatus: Codable, Sendable, Equatable {
    /// 64 hexadecimal digits; the first few name it in `endorse`.
    public var hash: String
    public var generation: UInt64
    /// admit or expel.
    public var kind: String
    public var id: String
    public var name: String?
    public var addresses: [String]
    /// The highest ballot at which it is endorsed.
    public var ballot: Int
    /// Names of those who endorsed it at that ballot.
    public var endorsers: [String]
    public var needed: Int
    public var effective: Bool
}

/// `GET /v1/actions`.
public struct ActionsStatus: Codable, Sendable, Equatable {
    public var schema = "starling.actions/1"
    public var generation: UInt64
    public var hash: String
    /// Not decided yet.
    public var open: [RosterActionStatus]
    /// Decided, oldest first.
    public var decided: [RosterActionStatus]
    /// Members that endorsed two actions of one generation under one ballot, or a fork of what is
    /// final.
    public var evidence: [String]
}

/// Answer to `POST /v1/roster/admit`, `expel` and `endorse`.
public struct RosterReply: Codable, Sendable, Equatable {
    public var schema = "starling.roster/1"
    public var action: RosterActionStatus
    /// The roster's generation now.
    public var generation: UInt64
}

/// `GET /v1/invitation`: what a newcomer needs besides its own key.
public struct InvitationStatus: Codable, Sendable, Equatable {
    public var schema = "starling.invitation/1"
    public var federation: String
    /// The federation file of the node that was asked.
    public var file: String
    public var generation: UInt64
    public var hash: String
    /// Of members that can be dialled, this node's first.
    public var addresses: [String]
    /// Generation and hash in one word, for `[membership] invitation`.
    public var invitation: String

    /// What goes into the newcomer's configuration.
    public var section: [String] {
        let contacts = addresses.map { "\"\($0)\"" }.joined(separator: ", ")
        return ["[membership]", "invitation = \"\(invitation)\"", "contacts = [\(contacts)]"]
    }
}

/// Answer to `POST /v1/leave`.
public struct LeaveReply: Codable, Sendable, Equatable {
    public var schema = "starling.leave/1"
    public var links: Int
}
