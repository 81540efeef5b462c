// Room:  starling (floor 6).
// Task:  a storm's outcome as figures: faults by kind, recoveries, what was lost.
// May:   nothing but the plan and the records.
// Proof: Tests/EndToEndTests/StormTests.swift

/// `"storm"` in `starling demo --storm --json`.
struct StormOutcome: Codable, Sendable, Equatable {
    /// By kind, as `StormPlan.Kind` names them.
    struct Recovered: Codable, Sendable, Equatable {
        var injected: Int
        var recovered: Int
        /// Seconds from the end of the fault until its nodes were seen well, the longest; a tenth
        /// of a second rough. Absent where none was seen.
        var slowest: Double?
    }

    var minutes: Double
    /// How many were injected.
    var faults: [String: Int]
    /// Of all faults; changes of the roster count too.
    var recoveries: Int
    var detail: [String: Recovered]
    /// Seconds from launch to links of each newcomer that stays.
    var joins: [Double]
    /// Seconds from the deciding word until nobody had a link to the expelled, as seen from outside.
    var expelled: Double?
    /// Rounds that the slowest node did while halves were cut from each other.
    var leastRoundsCut: UInt64?
    /// How many of the nodes did not come back, did not finish, or fell out of somebody's roster.
    var lost: Int
    var lostNodes: [String]

    enum CodingKeys: String, CodingKey {
        case minutes, faults, recoveries, detail, lost
        case joins = "join_seconds"
        case expelled = "expelled_seconds"
        case leastRoundsCut = "least_rounds_cut"
        case lostNodes = "lost_nodes"
    }

    /// - record: with the last look at every node.
    init(
        _ storm: StormPlan, names: [String], ids: [String], weather: StormRecord, joins: [Double],
        record: DemoRecord
    ) {
        minutes = storm.minutes
        let kinds = StormPlan.Kind.allCases
        faults = Dictionary(uniqueKeysWithValues: kinds.map { ($0.rawValue, weather.count($0)) })
        recoveries = weather.recoveries
        detail = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                (
                    kind.rawValue,
                    Recovered(
                        injected: weather.count(kind), recovered: weather.recoveries(kind),
                        slowest: weather.slowest(kind))
                )
            })
        self.joins = joins
        expelled = weather.expulsion
        leastRoundsCut = weather.leastRounds
        let wanted = Set(ids.prefix(storm.nodes))
        let lost = (0..<storm.nodes).filter { node in
            weather.fallen[node] != nil || !record.nodes[node].isFinished
                || record.nodes[node].members != wanted
        }
        self.lost = lost.count
        lostNodes = lost.map { names[$0] }
    }
}
