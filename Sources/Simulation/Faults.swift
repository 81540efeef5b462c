// Room:  Simulation (floor 5, pure).
// Task:  what goes wrong in a world, and how often.
// May:   nothing.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/SimulationTests/FaultTests.swift

/// What goes wrong, and how often. Times in seconds of virtual time; nil or 0: never.
public struct Faults: Sendable, Equatable {
    // MARK: The network

    /// Median of a message's delay.
    public var delay = 0.002
    /// Sigma of the log-normal spread of delays; at 1.5 one of a hundred takes 33 medians.
    public var delaySigma = 0.3
    /// Share of the pairs of nodes whose messages take ten times as long.
    public var slowLinks = 0.0
    /// Bytes a second of one direction of a connection.
    public var bandwidth: Double?
    /// Mean time until a connection breaks; what is under way is lost, and the ends learn of it at
    /// different times.
    public var connectionLife: Double?
    /// Mean time between partitions: the world in two, one direction of it, or one node alone.
    public var partitionEvery: Double?
    /// Mean length of a partition; one of five lasts six times as long.
    public var partitionFor = 3.0
    /// Probability that, after a reconnection, the deltas of the old connection come once more.
    public var replay = 0.0
    /// Mean time between messages, somewhere in the world, that do not parse or do not decode.
    public var garbageEvery: Double?

    // MARK: The nodes

    /// Mean time between crashes of one node.
    public var crashEvery: Double?
    /// The most that a crashed node is away.
    public var downFor = 2.0
    /// Probabilities that a crashed node comes back with an empty disk, or with its newest
    /// checkpoint cut off or with bits flipped.
    public var wipe = 0.0
    public var damage = 0.0
    /// Time between checkpoints of a node.
    public var checkpointEvery = 1.0
    /// Clocks run too fast or too slow by up to this share.
    public var clockDrift = 0.0
    /// Mean time between jumps of one node's clock, forward, and the largest.
    public var clockJumpEvery: Double?
    public var clockJump = 5.0
    /// Mean time between stops of one node (swapped out, suspended), and their mean length.
    public var pauseEvery: Double?
    public var pauseFor = 1.0
    /// Share of the nodes that leave for good, in order or by a crash without return; at most half.
    public var leavers = 0.0
    /// Share of the nodes that come late.
    public var late = 0.0
    /// Mean time between redraws of a link: both ends close it and its ledger for good.
    public var redrawEvery: Double?

    /// Faults stop at this time, so that everything can end.
    public var until = 60.0

    public init() {}

    // MARK: One at a time

    /// What `set` knows: the names of the fields above.
    public static let keys = (always.map(\.name) + sometimes.map(\.name)).sorted()

    private static let always: [(name: String, path: WritableKeyPath<Faults, Double> & Sendable)] =
        [
            ("delay", \.delay), ("delaySigma", \.delaySigma), ("slowLinks", \.slowLinks),
            ("partitionFor", \.partitionFor), ("replay", \.replay), ("downFor", \.downFor),
            ("wipe", \.wipe), ("damage", \.damage), ("checkpointEvery", \.checkpointEvery),
            ("clockDrift", \.clockDrift), ("clockJump", \.clockJump), ("pauseFor", \.pauseFor),
            ("leavers", \.leavers), ("late", \.late), ("until", \.until),
        ]
    private static let sometimes:
        [(name: String, path: WritableKeyPath<Faults, Double?> & Sendable)] = [
            ("bandwidth", \.bandwidth), ("connectionLife", \.connectionLife),
            ("partitionEvery", \.partitionEvery), ("garbageEvery", \.garbageEvery),
            ("crashEvery", \.crashEvery), ("clockJumpEvery", \.clockJumpEvery),
            ("pauseEvery", \.pauseEvery), ("redrawEvery", \.redrawEvery),
        ]

    /// Sets one field by its name. 0 is never, for what may never happen.
    ///
    /// - Returns: false, and nothing has changed, where there is no such field or the value is
    ///   negative or not finite.
    public mutating func set(_ key: String, _ value: Double) -> Bool {
        guard value.isFinite, value >= 0 else { return false }
        if let field = Self.always.first(where: { $0.name == key }) {
            self[keyPath: field.path] = value
        } else if let field = Self.sometimes.first(where: { $0.name == key }) {
            self[keyPath: field.path] = value > 0 ? value : nil
        } else {
            return false
        }
        return true
    }

    var crashes: Bool { crashEvery != nil || leavers > 0 }

    // MARK: Names

    /// What `named` knows.
    public static let names = [
        "none", "delay", "cuts", "partitions", "crashes", "disks", "clocks", "churn", "hostile",
        "storm",
    ]

    /// A set of faults by its name, at rates that fit a run of this length.
    ///
    /// - delay: median, as without faults.
    /// - round: virtual seconds of a round of training.
    /// - until: when the faults stop, in virtual seconds.
    public static func named(
        _ name: String, delay: Double, round: Double, until: Double
    ) -> Faults? {
        var faults = Faults()
        faults.delay = delay
        faults.until = until
        let all = name == "storm"
        if all || name == "delay" {
            // One message of forty or so takes longer than a round.
            faults.delay = max(delay, round / 20)
            faults.delaySigma = 1.5
            faults.slowLinks = 0.1
        }
        if all || name == "cuts" {
            faults.connectionLife = until / 4
            faults.replay = 0.5
        }
        if all || name == "partitions" {
            faults.partitionEvery = until / 4
            faults.partitionFor = until / 20
        }
        if all || name == "crashes" || name == "disks" {
            faults.crashEvery = until / 1.5
            faults.downFor = until / 10
            faults.checkpointEvery = until / 30
        }
        if all || name == "disks" {
            faults.wipe = 0.2
            faults.damage = 0.4
        }
        if all || name == "clocks" {
            faults.clockDrift = 0.05
            faults.clockJumpEvery = until / 2
            faults.pauseEvery = until / 2
            faults.pauseFor = until / 30
        }
        if all || name == "churn" {
            faults.leavers = 0.1
            faults.late = 0.2
        }
        if all || name == "hostile" { faults.garbageEvery = until / 30 }
        return names.contains(name) ? faults : nil
    }
}
