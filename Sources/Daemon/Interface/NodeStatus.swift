// Room:  Daemon (floor 5).
// Task:  what the local interface says, as values: the one place where its JSON is written down.
// May:   nothing.
// Proof: Tests/EndToEndTests

/// `GET /v1/status`.
public struct NodeStatus: Codable, Sendable, Equatable {
    public struct Name: Codable, Sendable, Equatable {
        public var id: String
        public var short: String
        public var name: String
    }
    public struct HeldOut: Codable, Sendable, Equatable {
        public var loss: Double?
        public var accuracy: Double?
        public var rows: Int
    }
    public struct Bytes: Codable, Sendable, Equatable {
        /// Every byte written to sockets since this process started, TLS included.
        public var sent: UInt64
        public var received: UInt64
        /// Of that, frames before encryption.
        public var payload_sent: UInt64
    }
    public struct Deltas: Codable, Sendable, Equatable {
        public var sent: UInt64
        public var payload_bytes: UInt64
    }
    /// Of a node that fetches its first parameters from others.
    public struct Joining: Codable, Sendable, Equatable {
        /// Parameters that are here, of `all`.
        public var done: Int
        public var all: Int
        /// The name of the peer that gives them.
        public var from: String?
    }
    public struct Saved: Codable, Sendable, Equatable {
        public var generation: UInt64?
        public var round: UInt64?
        public var error: String?
    }

    public var schema = "starling.status/1"
    public var node: Name
    public var federation: Name
    public var software: String
    public var pid: Int32
    public var uptime_seconds: Double
    public var phase: String
    /// nil unless `phase` is joining.
    public var joining: Joining?
    public var round: UInt64
    public var rounds: UInt64
    public var samples: UInt64
    public var loss: Double?
    public var held_out: HeldOut
    public var disagreement: Double?
    public var links: Int
    public var members: Int
    public var parameters: Int
    public var privacy: String
    public var bytes: Bytes
    public var deltas: Deltas
    public var refused: UInt64
    public var checkpoint: Saved
    public var warnings: [String]
    public var address: [String]
    /// nil where the node trains itself.
    public var trainer: Trainer?

    /// Who trains from outside.
    public struct Trainer: Codable, Sendable, Equatable {
        /// Whether one is there.
        public var present: Bool
        /// As it says.
        public var name: String?
        public var pid: Int?
        public var since_seconds: Double?
        /// What it last said of itself.
        public var metrics: [String: Double]
    }
}

/// `GET /v1/peers`.
public struct PeersStatus: Codable, Sendable, Equatable {
    public struct Bytes: Codable, Sendable, Equatable {
        public var sent: UInt64
        public var received: UInt64
    }
    public struct Peer: Codable, Sendable, Equatable {
        public var id: String
        public var short: String
        public var name: String
        /// alive, suspect, down, left or unknown.
        public var state: String
        public var linked: Bool
        /// dialled or accepted.
        public var direction: String?
        public var since_seconds: Double
        public var epoch: UInt64
        public var exchange: UInt64
        public var exchanges: UInt64
        public var disagreement: Double?
        public var round: UInt64?
        public var rounds: UInt64?
        public var accuracy: Double?
        public var round_trip_ms: Double?
        /// How far its wall clock was ahead of this node's when they last met; for people.
        public var clock_difference_seconds: Double?
        /// Why there is no link, as far as somebody has said; nil with one.
        public var problem: String?
        public var bytes: Bytes
        public var attempts: UInt64
        public var failures: Int
    }

    public var schema = "starling.peers/1"
    public var peers: [Peer]
}

/// Any answer that is not what was asked for.
public struct InterfaceFailure: Error, Codable, Sendable, Equatable {
    public var schema = "starling.error/1"
    /// For programs: `room.reason`.
    public var code: String
    public var error: String
    /// How to mend it.
    public var hint: String?
}
