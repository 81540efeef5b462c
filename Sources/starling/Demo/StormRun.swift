// Room:  starling (floor 6).
// Task:  carries out a storm's plan: faults when they are due, and what repairs them.
// May:   EventLoop (the time).
// Proof: Tests/EndToEndTests/StormTests.swift

import EventLoop

/// Confined to the loop. Driven by `tick` and by what is seen of the nodes.
final class StormRun {
    /// What is told to one daemon about the others, so that it is told once.
    private struct Told {
        var pid: Int32 = 0
        var refused: [String] = []
        var isUnderWay = false
    }

    private let plan: DemoPlan
    private let storm: StormPlan
    private let places: [DemoFolder.Place]
    private let cluster: DemoCluster
    private let hands: StormHands
    /// Where there is one, partitions are pulled cables; else daemons refuse each other.
    private let network: StormNetwork?
    private var cables = StormNetwork.Cables()
    private let launch: MonotonicTime

    private var pending: ArraySlice<StormPlan.Fault>
    /// Nodes whose checkpoint is to be put aside, soonest first.
    private var keeps: [(at: Double, node: Int)]
    /// That stand still or are cut off, with the second of their end.
    private var lasting: [(fault: StormPlan.Fault, until: Double)] = []
    /// That have been killed, and with which process.
    private var dead: [(fault: StormPlan.Fault, pid: Int32)] = []
    private var told: [Told]

    private(set) var record = StormRecord()
    private(set) var changes: RosterCourse
    /// The last few things that happened, for the screen.
    private(set) var news: [String] = []
    var onNews: ((String) -> Void)?
    /// A cable could not be moved.
    var onFault: ((any Error) -> Void)?

    init(
        _ storm: StormPlan, of plan: DemoPlan, places: [DemoFolder.Place], cluster: DemoCluster,
        hands: StormHands, network: StormNetwork?, launch: MonotonicTime
    ) {
        (self.plan, self.storm, self.places) = (plan, storm, places)
        (self.cluster, self.hands, self.launch) = (cluster, hands, launch)
        self.network = network
        pending = storm.faults[...]
        keeps = storm.faults.filter { $0.kind == .killOlder }
            .map { (at: $0.at - $0.lead, node: $0.nodes[0]) }.sorted { $0.at < $1.at }
        told = Array(repeating: Told(), count: places.count)
        changes = RosterCourse(storm)
    }

    /// Whether the time is up, every fault over and recovered from, and the roster as planned.
    func isOver(at seconds: Double) -> Bool {
        seconds >= storm.seconds && pending.isEmpty && lasting.isEmpty && dead.isEmpty
            && changes.isOver && record.isRecovered
    }

    /// Whether links and rosters must be looked at.
    var needsPeers: Bool {
        changes.isSevering || record.injected.contains { $0.over != nil && $0.recovered == nil }
    }

    // MARK: The course of time

    func tick(at seconds: Double) {
        while let next = keeps.first, next.at <= seconds {
            keeps.removeFirst()
            places[next.node].keepCheckpoint()
        }
        repair(at: seconds)
        while let next = pending.first, next.at <= seconds {
            pending.removeFirst()
            begin(next, at: seconds)
        }
        for answer in hands.answers() { take(answer, at: seconds) }
        if let network { pullCables(network) } else { tellOfPartitions() }
        stepRoster()
    }

    private func begin(_ fault: StormPlan.Fault, at seconds: Double) {
        switch fault.kind {
        case .admission, .expulsion: return changes.begin(fault)
        case .halves: break
        case .kill, .killOlder, .killBare, .stop, .alone:
            // A latecomer that is not there yet is spared.
            guard cluster.isAwake(fault.nodes[0]) else { return }
        }
        record.inject(fault, at: seconds)
        say(fault, at: seconds)
        let node = fault.nodes[0]
        switch fault.kind {
        case .kill, .killOlder, .killBare:
            dead.append((fault, cluster.pids[node]))
            let place = places[node]
            cluster.kill(node, pause: .milliseconds(Int64(fault.lasts * 1000))) {
                switch fault.kind {
                case .killOlder: place.goBack()
                case .killBare: place.loseAllButTheKey()
                default: break
                }
            }
        case .stop:
            cluster.stop(node, true)
            lasting.append((fault, seconds + fault.lasts))
        case .halves, .alone: lasting.append((fault, seconds + fault.lasts))
        case .admission, .expulsion: break
        }
    }

    private func repair(at seconds: Double) {
        for (fault, until) in lasting where until <= seconds {
            if fault.kind == .stop { cluster.stop(fault.nodes[0], false) }
            record.end(fault, at: seconds)
        }
        lasting.removeAll { $0.until <= seconds }
        let pids = cluster.pids
        for (fault, pid) in dead where pids[fault.nodes[0]] != 0 && pids[fault.nodes[0]] != pid {
            record.end(fault, at: seconds)
        }
        dead.removeAll { pids[$0.fault.nodes[0]] != 0 && pids[$0.fault.nodes[0]] != $0.pid }
    }

    // MARK: Partitions

    /// The IDs that a node cannot reach now.
    private func refused(by node: Int) -> [String] {
        var others: Set<Int> = []
        for (fault, _) in lasting where fault.kind == .halves || fault.kind == .alone {
            let isInside = fault.nodes.contains(node)
            for other in places.indices where fault.nodes.contains(other) != isInside {
                others.insert(other)
            }
        }
        return others.sorted().map { "\(places[$0].id)" }
    }

    private var isDivided: Bool {
        lasting.contains { $0.fault.kind == .halves || $0.fault.kind == .alone }
    }

    private func pullCables(_ network: StormNetwork) {
        let halves = lasting.filter { $0.fault.kind == .halves }.flatMap(\.fault.nodes)
        let alone = lasting.filter { $0.fault.kind == .alone }.flatMap(\.fault.nodes)
        let wanted = StormNetwork.Cables(half: Set(halves), alone: Set(alone))
        do {
            try network.move(from: cables, to: wanted)
            cables = wanted
        } catch {
            onFault?(error)
        }
    }

    /// A daemon that has been started anew has heard nothing; one that does not answer is asked
    /// again.
    private func tellOfPartitions() {
        let pids = cluster.pids
        for node in places.indices where pids[node] != 0 && cluster.isAwake(node) {
            if told[node].pid != pids[node] { told[node] = Told(pid: pids[node]) }
            let wanted = refused(by: node)
            guard !told[node].isUnderWay, told[node].refused != wanted else { continue }
            told[node].isUnderWay = true
            hands.divide(member(node), pid: pids[node], from: wanted)
        }
    }

    // MARK: The roster

    private func member(_ node: Int) -> StormHands.Member {
        StormHands.Member(
            node: node, name: plan.daemons[node].name, socket: places[node].socket)
    }

    private func stepRoster() {
        guard let step = changes.nextStep() else { return }
        let place = places[step.node]
        // The subject has no say, nor have those that are not there yet.
        let members = places.indices.filter { $0 != step.node && cluster.isAwake($0) }
        switch step.deed {
        case .vote:
            // An expulsion waits until nothing keeps the word of it from anybody.
            if step.kind == .expulsion, isDivided { return changes.retry() }
            let change = StormHands.Change(
                kind: step.kind == .admission ? "admit" : "expel", id: "\(place.id)",
                name: plan.daemons[step.node].name, address: place.address)
            hands.vote(change, members.map(member))
        case .invite: hands.invite(members.map(member))
        }
    }

    private func take(_ answer: StormHands.Answer, at seconds: Double) {
        switch answer {
        case .divided(let node, let pid, let refused, let isDone):
            guard told[node].pid == pid else { return }
            told[node].isUnderWay = false
            if isDone { told[node].refused = refused }
        case .voted(let isDecided, let time):
            guard let change = changes.voted(isDecided, at: (time - launch).inSeconds) else {
                return
            }
            record.inject(change, at: seconds)
            if change.kind == .expulsion { record.end(change, at: seconds) }
            say(change, at: seconds)
        case .invited(let invitation):
            guard let invitation, let newcomer = changes.invited() else { return changes.retry() }
            do {
                try places[newcomer.nodes[0]].accept(invitation)
                try cluster.launch(newcomer.nodes[0])
                record.end(newcomer, at: seconds)
            } catch {
                fell(newcomer.nodes[0], "\(error)")
            }
        }
    }

    // MARK: What is seen

    /// - awake: who was asked.
    func saw(_ snapshot: DemoSnapshot) {
        let pids = cluster.pids
        let seconds = snapshot.seconds
        func isWell(_ node: Int) -> Bool {
            guard let status = snapshot.readings[node].status else { return false }
            return status.pid == pids[node] && status.links > 0
                && !["waiting", "joining"].contains(status.phase)
        }
        let alone = lasting.filter { $0.fault.kind == .alone }.flatMap(\.fault.nodes)
        // Those that answer and are not cut off by themselves.
        let graph = (0..<storm.nodes).compactMap { node in
            alone.contains(node)
                ? nil
                : snapshot.readings[node].linked.map { (id: "\(places[node].id)", linked: $0) }
        }
        let severed =
            snapshot.readings[storm.guest].linked?.isEmpty == true
            && graph.allSatisfy { !$0.linked.contains("\(places[storm.guest].id)") }
        if lasting.contains(where: { $0.fault.kind == .halves }) {
            for node in 0..<storm.nodes {
                guard let status = snapshot.readings[node].status else { continue }
                record.sawCut(node, round: status.round)
            }
        }
        record.look(at: seconds) { fault in
            switch fault.kind {
            case .halves: !graph.isEmpty && LinkGraph.isConnected(graph)
            case .expulsion: !graph.isEmpty && severed
            case .kill, .killOlder, .killBare, .stop, .alone, .admission: isWell(fault.nodes[0])
            }
        }
        if changes.isSevering, !graph.isEmpty, severed {
            record.expulsion = max(0, seconds - (changes.expelledAt ?? seconds))
            changes.severed()
        }
    }

    /// Of newcomers that stay, from their launch to their being one of all.
    var joins: [Double] {
        record.injected.filter { $0.fault.kind == .admission && $0.fault.nodes != [storm.guest] }
            .compactMap { one in one.recovered.flatMap { end in one.over.map { end - $0 } } }
    }

    /// In a word; nil where it is well, or dead for a while.
    func plight(of node: Int) -> String? {
        if record.fallen[node] != nil { return "lost" }
        let own = lasting.filter { $0.fault.nodes == [node] }
        if own.contains(where: { $0.fault.kind == .stop }) { return "stopped" }
        if own.contains(where: { $0.fault.kind == .alone }) { return "cut off" }
        if dead.contains(where: { $0.fault.nodes == [node] }) { return "killed" }
        let isThere = !storm.latecomers.contains(node) || cluster.pids[node] != 0
        return isThere ? nil : "not yet"
    }

    func fell(_ node: Int, _ how: String) {
        record.fallen[node] = how
        dead.removeAll { $0.fault.nodes == [node] }
        tell("\(plan.daemons[node].name) is lost: \(how)")
    }

    // MARK: In words

    private func say(_ fault: StormPlan.Fault, at seconds: Double) {
        let name = plan.daemons[fault.nodes[0]].name
        let time = Figures.fixed(seconds, 0)
        let long = "\(Figures.fixed(fault.lasts, 0)) s"
        let words =
            switch fault.kind {
            case .kill: "\(name) killed, back in \(long)"
            case .killOlder:
                "\(name) killed, back in \(long), \(Figures.fixed(fault.lead, 0)) s older"
            case .killBare: "\(name) killed, back in \(long) with nothing but its key"
            case .stop: "\(name) stopped for \(long)"
            case .halves: "\(fault.nodes.count) nodes cut off from the others for \(long)"
            case .alone: "\(name) cut off for \(long)"
            case .admission: "\(name) admitted by quorum"
            case .expulsion: "\(name) expelled by quorum"
            }
        tell("\(time) s: \(words)")
    }

    private func tell(_ text: String) {
        news.append(text)
        if news.count > 4 { news.removeFirst() }
        onNews?(text)
    }
}
