// Room:  starling (floor 6).
// Task:  a storm as a plan: which fault hits which node at which second, decided by the seed.
// May:   Model.   May not: clock, sockets, files, processes.
// Proof: Tests/StarlingTests/StormPlanTests.swift

import Model

/// What hits whom, and when. Seconds count from the launch of the first daemon.
///
/// Faults of one node never overlap and leave it some seconds to come back; those of different
/// nodes do. Four nodes in ten at most are away at once, partitions apart: the rest has a quorum.
struct StormPlan: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        /// SIGKILL, and started again from its last checkpoint.
        case kill
        /// The same, from a checkpoint that is `lead` seconds older.
        case killOlder = "kill_older"
        /// The same, with nothing but its key and its configuration.
        case killBare = "kill_bare"
        /// SIGSTOP, and SIGCONT after a while.
        case stop
        /// Nobody of one half reaches anybody of the other.
        case halves
        /// One node reaches nobody.
        case alone
        /// A newcomer is admitted by quorum, and started with an invitation.
        case admission
        /// A member is thrown out by quorum.
        case expulsion

        static let deaths: [Kind] = [.kill, .killOlder, .killBare]
        var isChange: Bool { self == .admission || self == .expulsion }
    }

    struct Fault: Sendable, Equatable {
        var kind: Kind
        var at: Double
        /// One node; of `halves`, all of one half.
        var nodes: [Int]
        /// How long it stays away, stands still or is cut off; 0 for a change of the roster.
        var lasts = 0.0
        /// Of `killOlder`: how long before its death the checkpoint was written.
        var lead = 0.0

        var ends: Double { at + lasts }
    }

    let minutes: Double
    let nodes: Int
    /// Places among the nodes that are no founders.
    let latecomers: [Int]
    /// The one that is admitted and thrown out again: beside the nodes, at the place after them.
    let guest: Int
    /// By time.
    let faults: [Fault]

    var seconds: Double { minutes * 60 }
    /// The last fifth is calm.
    var calm: Double { seconds * 0.8 }

    /// - minutes: of the storm, its calm included.
    /// - nodes: 4 or more.
    init(minutes: Double, nodes: Int, seed: UInt64) {
        self.minutes = minutes
        self.nodes = nodes
        guest = nodes
        var generator = SeededGenerator(seed: seed).derived(17)
        var places = Array(0..<nodes)
        generator.shuffle(&places)
        latecomers = places.prefix(nodes >= 8 ? 2 : 1).sorted()
        var draft = Draft(
            window: minutes * 60 * 0.8, nodes: nodes, latecomers: latecomers, guest: guest,
            generator: generator)
        draft.changeRoster()
        draft.divide()
        draft.strike()
        faults = draft.faults.enumerated().sorted { ($0.1.at, $0.0) < ($1.1.at, $1.0) }.map(\.1)
    }
}

extension StormPlan {
    /// One fault alone: a random half and the others do not reach each other, in mid-training. As
    /// much time as it lasts is left, half of it before and half of it after.
    init(cut seconds: Double, nodes: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed).derived(18)
        var places = Array(0..<nodes)
        generator.shuffle(&places)
        self.init(
            minutes: seconds * 2 / 60, nodes: nodes, latecomers: [],
            faults: [
                Fault(
                    kind: .halves, at: seconds / 2, nodes: places.prefix(nodes / 2).sorted(),
                    lasts: seconds)
            ])
    }

    private init(minutes: Double, nodes: Int, latecomers: [Int], faults: [Fault]) {
        self.minutes = minutes
        self.nodes = nodes
        self.latecomers = latecomers
        self.faults = faults
        guest = nodes
    }
}

/// A plan in the making.
private struct Draft {
    typealias Fault = StormPlan.Fault

    /// Seconds until the calm.
    let window: Double
    let nodes: Int
    let latecomers: [Int]
    let guest: Int
    var generator: SeededGenerator
    var faults: [Fault] = []

    /// Short storms have short faults.
    private func scaled(_ range: ClosedRange<Double>, most share: Double) -> ClosedRange<Double> {
        let most = min(range.upperBound, window * share)
        return min(range.lowerBound, most / 2)...most
    }

    private mutating func draw(_ range: ClosedRange<Double>) -> Double {
        let value = range.lowerBound + generator.uniform() * (range.upperBound - range.lowerBound)
        // Whole hundredths read better, and are the same on every machine.
        return (value * 100).rounded() / 100
    }

    // MARK: The roster

    /// Newcomers one after the other in the first half; the guest is thrown out in the second.
    mutating func changeRoster() {
        let comers = [guest] + latecomers
        for (place, node) in comers.enumerated() {
            let share = 0.12 + 0.33 * Double(place) / Double(comers.count)
            let at = draw(window * share...window * (share + 0.05))
            faults.append(Fault(kind: .admission, at: at, nodes: [node]))
        }
        let at = draw(window * 0.58...window * 0.60)
        faults.append(Fault(kind: .expulsion, at: at, nodes: [guest]))
    }

    /// When no partition keeps the word of the expulsion from anybody.
    private var quiet: ClosedRange<Double> { window * 0.55...window * 0.70 }

    // MARK: Partitions

    /// Halves: before or behind the quiet time, or both in a long storm.
    mutating func divide() {
        let before = 0...quiet.lowerBound
        let behind = quiet.upperBound...window
        let slots = window >= 120 ? [before, behind] : [before]
        for slot in slots {
            let room = slot.upperBound - slot.lowerBound
            let lasts = min(draw(scaled(20...120, most: 0.4)), room * 0.9)
            let at = draw(slot.lowerBound...slot.upperBound - lasts)
            var all = Array(0...nodes)
            generator.shuffle(&all)
            faults.append(
                Fault(kind: .halves, at: at, nodes: all.prefix(nodes / 2).sorted(), lasts: lasts))
        }
    }

    // MARK: Single nodes

    /// As many of each kind as the time and the nodes give, in a random order.
    mutating func strike() {
        let nodeMinutes = window / 60 * Double(nodes)
        func count(_ rate: Double) -> Int { max(1, Int((nodeMinutes * rate).rounded())) }
        var kinds: [StormPlan.Kind] = []
        for kind in StormPlan.Kind.deaths { kinds += Array(repeating: kind, count: count(0.08)) }
        kinds += Array(repeating: .stop, count: count(0.09))
        kinds += Array(repeating: .alone, count: count(0.04))
        generator.shuffle(&kinds)
        // Each kind once before any of them twice, should there be no room for all.
        let first = StormPlan.Kind.allCases.filter(kinds.contains)
        var rest = kinds
        for kind in first { if let place = rest.firstIndex(of: kind) { rest.remove(at: place) } }
        for kind in first + rest { place(kind) }
    }

    /// A hundred tries to find it a node and a time.
    private mutating func place(_ kind: StormPlan.Kind) {
        for _ in 0..<100 {
            let node = generator.below(nodes)
            let lasts =
                switch kind {
                case .stop: draw(scaled(5...60, most: 0.3))
                case .alone: draw(scaled(20...120, most: 0.3))
                default: draw(scaled(1...10, most: 0.12))
                }
            let first = latecomers.contains(node) ? window * 0.7 : window * 0.05
            guard first < window - lasts else { continue }
            var fault = Fault(
                kind: kind, at: draw(first...window - lasts), nodes: [node], lasts: lasts)
            if kind == .killOlder { fault.lead = min(draw(scaled(5...30, most: 0.3)), fault.at) }
            if fits(fault) { return faults.append(fault) }
        }
    }

    private func fits(_ fault: Fault) -> Bool {
        if fault.kind == .alone, overlaps(fault, quiet) { return false }
        let respite = min(8, window / 8)
        let single = faults.filter { !$0.kind.isChange && $0.kind != .halves }
        let own = single.filter { $0.nodes == fault.nodes }
        guard own.allSatisfy({ !overlaps(fault, $0.at - respite...$0.ends + respite) }) else {
            return false
        }
        let others = single.filter { overlaps(fault, $0.at...$0.ends) }
        return others.count < max(1, nodes * 4 / 10)
    }

    private func overlaps(_ fault: Fault, _ range: ClosedRange<Double>) -> Bool {
        fault.at <= range.upperBound && fault.ends >= range.lowerBound
    }
}
