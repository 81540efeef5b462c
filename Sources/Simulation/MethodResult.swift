// Room:  Simulation (floor 5, pure).
// Task:  what a method's run comes to: its curve, and what follows from the curve.
// May:   nothing but the standard library.
// Proof: Tests/SimulationTests/MethodResultTests.swift

/// A way of learning together, by the name that it has in the JSON.
public enum Method: String, Sendable, CaseIterable {
    case starling
    case fedAvg = "fedavg"
    case denseGossip = "dense-gossip"
    case alone
    /// All rows in one place: no federation, but what one would have to reach.
    case pooled
}

/// One look at all nodes.
public struct CurvePoint: Sendable, Equatable {
    /// Virtual seconds since the start.
    public var seconds: Double
    /// Rounds done, mean over the nodes.
    public var round: Double
    /// Payload bytes that a node has sent so far, mean over the nodes.
    public var bytes: Double
    /// Accuracy on the test rows, mean over the nodes' own models.
    public var mean: Double
    /// Accuracy of the node with the least.
    public var worst: Double
    /// As `NodesLook.consensusError`.
    public var consensusError: Double

    public init(
        seconds: Double, round: Double, bytes: Double, mean: Double, worst: Double,
        consensusError: Double
    ) {
        self.seconds = seconds
        self.round = round
        self.bytes = bytes
        self.mean = mean
        self.worst = worst
        self.consensusError = consensusError
    }

    public init(seconds: Double, round: Double, bytes: Double, look: NodesLook) {
        self.init(
            seconds: seconds, round: round, bytes: bytes, mean: look.mean, worst: look.worst,
            consensusError: look.consensusError)
    }
}

/// What a run of one method comes to.
public struct MethodResult: Sendable, Equatable {
    public var method: Method
    /// Accuracy at the end, mean over the nodes' own models, and of the node with the least.
    public var mean: Double
    public var worst: Double
    public var consensusError: Double
    /// Of the node with the most.
    public var rounds: Int
    public var virtualSeconds: Double
    /// Payload bytes sent a node, mean over the nodes.
    public var bytesPerNode: Double
    /// Payload bytes a node when the mean accuracy first came to the target; nil where it never
    /// did, where there is none, and of pooled rows.
    public var bytesToTarget: Double?
    public var secondsToTarget: Double?
    public var curve: [CurvePoint]

    /// Everything but the rounds follows from the curve: the end from its last point, the target
    /// from the first whose mean reached it.
    ///
    /// - curve: in the order of time. Zeros stand at the end where it is empty.
    /// - target: an accuracy.
    public init(method: Method, curve: [CurvePoint], target: Double?, rounds: Int) {
        let last = curve.last
        let reached = target.flatMap { target in curve.first { $0.mean >= target } }
        self.method = method
        mean = last?.mean ?? 0
        worst = last?.worst ?? 0
        consensusError = last?.consensusError ?? 0
        self.rounds = rounds
        virtualSeconds = last?.seconds ?? 0
        bytesPerNode = last?.bytes ?? 0
        // Not none at all: the rows themselves, which are not counted.
        bytesToTarget = method == .pooled ? nil : reached?.bytes
        secondsToTarget = reached?.seconds
        self.curve = curve
    }
}
