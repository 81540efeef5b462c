// Room:  Daemon (floor 5).
// Task:  what the operator of one node decides: folders, addresses, data, pace, log.
// May:   EventLoop, Identity, Membership (addresses, IDs, pins as values).
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import Identity
import Membership

/// The content of a configuration file, defaults filled in. `config/starling.toml` explains each.
public struct Configuration: Sendable, Equatable {
    /// The file that this was read from.
    public var file: String
    /// `[node] state`: the folder of key, checkpoints and socket.
    public var state: String
    /// `[node] federation`: the federation file.
    public var federation: String
    /// `[node] listen`. Empty: the node only dials out.
    public var listen: [SocketAddress]
    /// `[node] addresses`: where others reach this node, as it tells them; nil: as the roster says.
    public var addresses: [String]?
    /// `[node] leave_on_stop`: whether peers are told good-bye when the node stops.
    public var leaveOnStop: Bool
    /// `[membership] invitation`: the history that a newcomer trusts.
    public var invitation: RosterPin?
    /// `[membership] contacts`: members that a newcomer can dial, besides the founders.
    public var contacts: [Contact]
    /// `[data]`; nil where a trainer outside has the rows.
    public var data: DataSource?
    // `[training]`: what this node does otherwise than the federation file says.
    public var batch: Int?
    public var rate: Double?
    public var steps: Int?
    /// Of this node's random draws; nil takes one from the node ID.
    public var seed: UInt64?
    /// `[checkpoint] interval`.
    public var checkpointInterval: Duration
    // `[links]`.
    public var heartbeat: Duration
    public var suspectAfter: Duration
    public var downAfter: Duration
    public var backoffCap: Duration
    /// `[links] kept_references`, in bytes.
    public var keptReferences: Int
    /// `[interface] listen`: where the local interface is on TCP, for who knows the token.
    public var interfaceListen: SocketAddress?
    /// `[trainer] folder`: where large tensors go between the daemon and a trainer outside.
    public var trainerFolder: String
    /// `[trainer] patience`: how long the node waits for a trainer before its peers are told.
    public var trainerPatience: Duration
    /// `[metrics] listen`: where `/metrics`, `/healthz` and `/readyz` are on TCP; nil: nowhere.
    public var metricsListen: SocketAddress?
    /// `[log] level`, as the log library names it: `trace` to `critical`.
    public var logLevel: String
    /// `[log] format`.
    public var logFormat: LogFormat

    /// A member, and an address of it.
    public struct Contact: Sendable, Equatable {
        public var id: NodeID
        /// `host:port`.
        public var address: String
    }

    /// Where this node's own rows are.
    public struct DataSource: Sendable, Equatable {
        public enum Format: String, Sendable {
            case csv, npy
        }

        public var file: String
        public var format: Format
        /// The labels of an NPY file, an NPY file too.
        public var labels: String?
        /// Name of a CSV file's label column; nil takes the federation's.
        public var label: String?
        /// Share of the rows that are never trained on, only measured on.
        public var holdout: Double
    }

    /// A fifth is what the measurements hold out; our guess otherwise.
    public static let defaultHoldout = 0.2
    /// Our guess: at most this much work is lost with the power.
    public static let defaultCheckpointInterval = Duration.seconds(30)
    /// Our guess: a few references of a large model, all of a small one.
    public static let defaultKeptReferences = 256_000_000
    /// Where a daemon of the system keeps its state.
    public static let defaultState = "/var/lib/starling"

    /// Where the node answers on its local interface.
    public var socket: String { Self.socket(inState: state) }

    /// The Unix socket on which a node with this state folder answers.
    public static func socket(inState folder: String) -> String { folder + "/starling.sock" }

    /// The endorsements that a node with this state folder holds.
    public static func rosterLog(inState folder: String) -> String { folder + "/roster.log" }

    /// The members' records, for their addresses.
    public static func directory(inState folder: String) -> String { folder + "/directory" }

    /// What who uses the local interface on TCP must say.
    public static func token(inState folder: String) -> String { folder + "/interface.token" }

    /// The node's own tensors, as its trainer last gave them.
    public static func ownTensors(inState folder: String) -> String {
        folder + "/private.safetensors"
    }

    /// Our guess: a training script that is started again has loaded its framework by then.
    public static let defaultPatience = Duration.seconds(60)

    /// The safetensors file in the state folder from which a federation with `genesis` starts.
    public static func genesisFile(inState folder: String) -> String {
        folder + "/genesis.safetensors"
    }
}
