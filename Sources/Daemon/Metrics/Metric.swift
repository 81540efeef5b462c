// Room:  Daemon (floor 5).
// Task:  every metric that a node has: its name, kind and meaning. The one place for them.
// May:   nothing.
// Proof: Tests/DaemonTests/MetricsTests.swift

/// What `/metrics` tells of. Names and units by Prometheus' conventions: base units, `_total` for
/// what only grows (and begins anew with the process), ratios between 0 and 1.
///
/// No label names a peer: the number of series does not grow with the federation.
enum Metric: String, CaseIterable, Sendable {
    case buildInfo = "starling_build_info"
    case phase = "starling_phase"
    case round = "starling_round"
    case rounds = "starling_rounds_planned"
    case samples = "starling_samples_total"
    case loss = "starling_training_loss"
    case heldOutLoss = "starling_held_out_loss"
    case heldOutAccuracy = "starling_held_out_accuracy_ratio"
    case trainerPresent = "starling_trainer_present"
    case trainerFigure = "starling_trainer_figure"
    case disagreement = "starling_disagreement_ratio"
    case parameters = "starling_parameters"
    case links = "starling_links"
    case members = "starling_members"
    case generation = "starling_roster_generation"
    case exchanges = "starling_exchanges_total"
    case epochs = "starling_link_epochs_total"
    case deltas = "starling_deltas_sent_total"
    case deltaBytes = "starling_delta_sent_bytes_total"
    case sentBytes = "starling_network_sent_bytes_total"
    case receivedBytes = "starling_network_received_bytes_total"
    case refused = "starling_connections_refused_total"
    case refusals = "starling_hello_refusals_total"
    case dialsFailed = "starling_dials_failed_total"
    case faults = "starling_peer_faults_total"
    case endorsementsDropped = "starling_endorsements_dropped_total"
    case recordsDropped = "starling_directory_records_dropped_total"
    case checkpoints = "starling_checkpoints_total"
    case checkpointFailures = "starling_checkpoint_failures_total"
    case checkpointBytes = "starling_checkpoint_size_bytes"
    case checkpointInterval = "starling_checkpoint_interval_seconds"
    case checkpointAge = "starling_checkpoint_age_seconds"
    case stateFree = "starling_state_free_bytes"
    case keptDeltas = "starling_kept_delta_bytes"
    case laneJobs = "starling_lane_jobs"
    case loopDelay = "starling_loop_delay_seconds"
    case suppressed = "starling_log_lines_suppressed_total"
    case startTime = "process_start_time_seconds"
    case residentMemory = "process_resident_memory_bytes"
    case cpu = "process_cpu_seconds_total"
    case openFiles = "process_open_fds"
    case mostFiles = "process_max_fds"

    enum Kind: String, Sendable { case counter, gauge }

    var kind: Kind { rawValue.hasSuffix("_total") ? .counter : .gauge }

    /// In one sentence, without a full stop.
    var help: String {
        switch self {
        case .buildInfo: "Always 1; its label says which version runs"
        case .phase: "1 for the phase that the node is in, 0 for the others"
        case .round: "Rounds of local training done, in all runs of the daemon"
        case .rounds: "Rounds that the federation file asks for"
        case .samples: "Rows trained on, each as often as it was drawn"
        case .loss: "Mean loss of the last round, on this node's training rows"
        case .heldOutLoss: "Mean loss on this node's held-out rows"
        case .heldOutAccuracy: "Share of this node's held-out rows that are classified rightly"
        case .trainerPresent:
            "1 while a trainer outside is there; not there where the node trains itself"
        case .trainerFigure: "What the trainer says of itself; the label says which figure"
        case .disagreement: "How far the linked peers are apart, relative to the way from genesis"
        case .parameters: "Parameters of the model"
        case .links: "Peers that this node has a link to"
        case .members: "Other members of the roster, by what this node knows of them"
        case .generation: "Generation of the roster"
        case .exchanges: "Exchanges applied on all links, in all runs of the daemon"
        case .epochs: "Links that began a new epoch, since the two ends did not agree"
        case .deltas: "Deltas sent"
        case .deltaBytes: "Bytes of the deltas sent, before framing and encryption"
        case .sentBytes: "Bytes written to sockets between nodes, TLS included"
        case .receivedBytes: "Bytes read from sockets between nodes, TLS included"
        case .refused: "Connections that did not come through the handshake"
        case .refusals: "Members' Hellos refused, by why and by whom"
        case .dialsFailed: "Attempts to reach a peer at one address that failed"
        case .faults: "Links closed because a peer broke the protocol"
        case .endorsementsDropped: "Endorsements of roster changes that counted for nothing"
        case .recordsDropped: "Directory records that were not taken"
        case .checkpoints: "Checkpoints written"
        case .checkpointFailures: "Checkpoints that could not be written"
        case .checkpointBytes: "Size of the last checkpoint written"
        case .checkpointInterval: "How often a checkpoint is written, as configured"
        case .checkpointAge: "Time since the last checkpoint was written, or since the start"
        case .stateFree: "Free space of the file system that holds the state folder"
        case .keptDeltas: "Deltas kept for peers that may lack them"
        case .laneJobs: "Jobs that wait or are under way off the event loop"
        case .loopDelay: "How late a timer of the event loop was at most in the last minute or two"
        case .suppressed: "Log lines left out because a peer caused too many"
        case .startTime: "When the process started, as a Unix time"
        case .residentMemory: "Memory that the process has in RAM"
        case .cpu: "User and system time of the process"
        case .openFiles: "Open file descriptors"
        case .mostFiles: "How many file descriptors the process may have open"
        }
    }
}
