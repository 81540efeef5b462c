// Room:  starling (floor 6).
// Task:  what a storm has done so far, and who came through.
// May:   nothing but the plan and what was seen of the nodes.
// Proof: Tests/EndToEndTests/StormTests.swift

/// Faults as they were injected, and when their nodes were well again.
struct StormRecord: Sendable {
    struct Injected: Sendable {
        let fault: StormPlan.Fault
        let at: Double
        /// When what was broken is repaired, and the nodes are on their own: nil until then.
        var over: Double?
        /// When they were seen well.
        var recovered: Double?
    }

    private(set) var injected: [Injected] = []
    /// Of each node, its rounds when it was first and last seen while halves were cut.
    private(set) var rounds: [Int: ClosedRange<UInt64>] = [:]
    /// From the deciding word until nobody had a link to the one that was thrown out.
    var expulsion: Double?
    /// Nodes that ended by themselves, or did not start, with the reason.
    var fallen: [Int: String] = [:]

    mutating func inject(_ fault: StormPlan.Fault, at seconds: Double) {
        injected.append(Injected(fault: fault, at: seconds))
    }

    /// The fault is over; recovering begins.
    mutating func end(_ fault: StormPlan.Fault, at seconds: Double) {
        guard let place = injected.firstIndex(where: { $0.fault == fault }) else { return }
        if injected[place].over == nil { injected[place].over = seconds }
    }

    /// A node is cut from the other half, and this far. One that was set back counts from there.
    mutating func sawCut(_ node: Int, round: UInt64) {
        let first = min(rounds[node]?.lowerBound ?? round, round)
        rounds[node] = first...round
    }

    /// Rounds that the slowest node did while halves were cut; nil where none was seen cut.
    var leastRounds: UInt64? { rounds.values.map { $0.upperBound - $0.lowerBound }.min() }

    /// - isWell: of a fault that is over.
    mutating func look(at seconds: Double, isWell: (StormPlan.Fault) -> Bool) {
        for place in injected.indices where injected[place].recovered == nil {
            guard injected[place].over.map({ $0 < seconds }) == true,
                isWell(injected[place].fault)
            else { continue }
            injected[place].recovered = seconds
        }
    }

    /// Nobody waits for those that have fallen.
    var isRecovered: Bool {
        injected.allSatisfy { one in
            one.recovered != nil || one.fault.nodes.contains { fallen[$0] != nil }
        }
    }
    var recoveries: Int { injected.filter { $0.recovered != nil }.count }

    func count(_ kind: StormPlan.Kind) -> Int { injected.filter { $0.fault.kind == kind }.count }

    func recoveries(_ kind: StormPlan.Kind) -> Int {
        injected.filter { $0.fault.kind == kind && $0.recovered != nil }.count
    }

    /// Seconds from the end of a fault of this kind to the recovery, the longest.
    func slowest(_ kind: StormPlan.Kind) -> Double? {
        injected.filter { $0.fault.kind == kind }
            .compactMap { one in one.recovered.flatMap { end in one.over.map { end - $0 } } }.max()
    }
}

/// Links between nodes, as they themselves tell.
enum LinkGraph {
    /// Whether everybody reaches everybody over links that either end tells of.
    static func isConnected(_ nodes: [(id: String, linked: Set<String>)]) -> Bool {
        guard let first = nodes.first else { return true }
        var reached: Set<String> = [first.id]
        var grew = true
        while grew {
            grew = false
            for node in nodes where !reached.contains(node.id) {
                let isNext =
                    !node.linked.isDisjoint(with: reached)
                    || nodes.contains { reached.contains($0.id) && $0.linked.contains(node.id) }
                if isNext { grew = reached.insert(node.id).inserted || grew }
            }
        }
        return reached.count == nodes.count
    }
}
