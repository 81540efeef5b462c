// Room:  starling (floor 6).
// Task:  one demo from its first daemon to its result, on the loop.
// May:   EventLoop, Glibc (signal numbers), Store.
// Proof: Tests/EndToEndTests

import EventLoop
import Glibc
import Store

/// Launches, watches, kills, waits, ends, compares. Lives on the loop; never blocks it.
actor DemoRun {
    enum Outcome: Sendable {
        case finished(DemoResult)
        case failed(any Error)
        case interrupted(signal: Int32)
    }

    private enum Phase {
        /// Daemons run and are looked at.
        case watching
        /// All have finished: the last look is under way.
        case lastLook
        /// Daemons are being ended. What comes then is decided.
        case ending
        case comparing
        case over
    }

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let plan: DemoPlan
    let folder: DemoFolder
    private let observer: DemoObserver
    private let hands: StormHands?
    let network: StormNetwork?
    private let cancellation = DemoCancellation()
    let cluster: DemoCluster
    let screen: DemoScreen

    private var phase = Phase.watching
    var record: DemoRecord
    var storm: StormRun?
    private var launch = MonotonicTime.current
    private var isLooking = false
    private var isOutOfTime = false
    private var ticks = 0
    private var pendingKills: [DemoPlan.Kill]
    private var timers: [LoopTimer] = []
    private var signals: [SignalWatcher] = []
    private(set) var outcome: Outcome?

    /// How often the nodes are looked at.
    private static let pace = Duration.milliseconds(100)
    /// Once the target is reached, models are asked for only every so many looks: reading and
    /// trying them takes time from the daemons.
    private static let modelsEvery = 10
    /// The same in a storm, which has more daemons and lasts longer.
    private static let modelsEveryInStorm = 50
    /// A terminal's Ctrl-C reaches the daemons too, and may reach them first.
    private static let grace = Duration.milliseconds(300)

    init(
        loop: EventLoop, plan: DemoPlan, folder: DemoFolder, observer: DemoObserver,
        hands: StormHands?, network: StormNetwork?, isQuiet: Bool
    ) {
        self.loop = loop
        self.plan = plan
        self.folder = folder
        self.observer = observer
        self.hands = hands
        self.network = network
        cluster = DemoCluster(
            loop: loop, places: folder.places, command: Self.command(of: plan), network: network)
        screen = DemoScreen(plan, isQuiet: isQuiet)
        record = DemoRecord(nodes: plan.sites.count, target: DemoPlan.target)
        pendingKills = plan.kills
    }

    /// How long the nodes may take: generous, for machines with fewer cores than daemons.
    private var limit: Int {
        if let storm = plan.storm { return 240 + Int(storm.seconds * 3) }
        return 120 + plan.training.rounds * plan.sites.count / 16
    }

    // MARK: Beginning

    /// Called before the loop runs, on its thread.
    func begin() throws {
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signals.append(
                try SignalWatcher(loop: loop, signal: signal) { self.interrupted(signal) })
        }
        cluster.onUnexpectedEnd = { node, how in
            self.after(Self.grace) { self.daemonEnded(node, how) }
        }
        cluster.onFault = { node, error in
            guard let storm = self.storm else { return self.end(with: .failed(error)) }
            storm.fell(node, "\(error)")
        }
        launch = .current
        do {
            for node in plan.founders { try cluster.launch(node) }
        } catch {
            return end(with: .failed(error))
        }
        if let hands { beginStorm(hands, launch: launch) }
        after(Self.pace, repeating: Self.pace) { self.tick() }
        after(.seconds(limit)) { self.ranOutOfTime() }
        screen.tell("launched \(plan.founders.count) daemons in \(folder.path)")
        screen.show(record, seconds: 0)
    }

    private func after(
        _ delay: Duration, repeating: Duration? = nil, _ body: @escaping () -> Void
    ) {
        let timer = LoopTimer(loop: loop)
        timer.start(after: delay, repeating: repeating, body)
        timers.append(timer)
    }

    private var seconds: Double { (MonotonicTime.current - launch).inSeconds }

    // MARK: Watching

    private func tick() {
        guard phase == .watching else { return }
        storm?.tick(at: seconds)
        guard !isLooking else { return }
        ticks += 1
        if storm != nil {
            return look(
                withModels: ticks.isMultiple(of: Self.modelsEveryInStorm), withPeers: needsPeers)
        }
        look(withModels: record.reached == nil || ticks.isMultiple(of: Self.modelsEvery))
    }

    private func look(withModels: Bool, withPeers: Bool = false) {
        isLooking = true
        let loop = loop
        let awake = folder.places.indices.map { cluster.isAwake($0) }
        observer.look(
            awake: awake, withModels: withModels, withPeers: withPeers, since: launch
        ) { snapshot in
            loop.execute { self.assumeIsolated { $0.saw(snapshot) } }
        }
    }

    private func saw(_ snapshot: DemoSnapshot) {
        isLooking = false
        switch phase {
        case .watching:
            record.take(snapshot, pids: cluster.pids)
            sawInStorm(snapshot)
            screen.show(record, seconds: seconds, note: note, news: storm?.news ?? [])
            if let failed = record.nodes.firstIndex(where: { $0.status?.phase == "failed" }) {
                return end(
                    with: .failed(
                        DemoError.nodeFailed(
                            name: plan.sites[failed].name,
                            warnings: record.nodes[failed].status?.warnings ?? [])))
            }
            killIfDue()
            if pendingKills.isEmpty, record.nodes.allSatisfy({ $0.isFinished || $0.isLost }),
                storm?.isOver(at: seconds) ?? true
            {
                phase = .lastLook
                look(withModels: true, withPeers: storm != nil)
            }
        case .lastLook:
            // The time is that of the look before, by which all had finished.
            var last = snapshot
            last.seconds = record.seconds
            record.take(last, pids: cluster.pids)
            screen.show(record, seconds: record.seconds)
            guard isOutOfTime || record.nodes.allSatisfy({ $0.parameters != nil || $0.isLost })
            else {
                return look(withModels: true, withPeers: storm != nil)
            }
            compare()
        case .ending, .comparing, .over:
            break
        }
    }

    private var note: String {
        record.nodes.contains(where: \.isAway)
            ? "killed, back in \(DemoPlan.pause.components.seconds) s" : ""
    }

    /// One after the other: the one before must be back.
    private func killIfDue() {
        guard let next = pendingKills.first, record.slowest >= next.share,
            !record.nodes.contains(where: \.isAway)
        else { return }
        pendingKills.removeFirst()
        screen.tell("killing the daemon of \(plan.sites[next.node].name)")
        record.killed(next.node)
        cluster.kill(next.node, pause: DemoPlan.pause)
    }

    // MARK: Ending

    /// All have finished and are measured: ends the daemons, then trains for comparison, so that
    /// neither takes time from the other.
    private func compare() {
        phase = .ending
        screen.tell("all nodes have finished; now each alone, and all rows pooled, for comparison")
        screen.show(record, seconds: record.seconds, note: "now alone and pooled, for comparison")
        cluster.end {
            guard self.phase == .ending else { return }
            self.phase = .comparing
            let (plan, loop, cancellation) = (self.plan, self.loop, self.cancellation)
            self.observer.work {
                let comparison = DemoComparison.train(plan, cancelled: cancellation)
                loop.execute { self.assumeIsolated { $0.compared(comparison) } }
            }
        }
    }

    private func compared(_ comparison: DemoComparison?) {
        guard phase == .comparing, let comparison else { return }
        screen.show(record, seconds: record.seconds)
        finish(
            .finished(
                DemoResult(
                    plan: plan, places: folder.places, record: record, comparison: comparison,
                    killed: storm?.killed ?? plan.kills.map(\.node), storm: stormResult)))
    }

    private func daemonEnded(_ node: Int, _ how: String) {
        let bytes = (try? Files.read(folder.places[node].log, limit: 1 << 24)) ?? []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(5)
        if let storm, phase == .watching {
            let last = lines.last.map { Terminal.harmless(String($0)) } ?? ""
            return storm.fell(node, "\(how): \(last)")
        }
        end(
            with: .failed(
                DemoError.daemonEnded(
                    name: plan.sites[node].name, how: how,
                    log: lines.map { Terminal.harmless(String($0)) })))
    }

    private func ranOutOfTime() {
        if storm != nil, phase == .watching {
            // What came through is measured, and what did not is told.
            isOutOfTime = true
            phase = .lastLook
            return look(withModels: true, withPeers: true)
        }
        let late = record.nodes.indices.filter { !record.nodes[$0].isFinished }
        let words = late.prefix(8).map { index in
            let status = record.nodes[index].status
            let phase = record.nodes[index].isAway ? "killed" : status?.phase ?? "no answer"
            return "\(plan.sites[index].name) \(phase), round \(status?.round ?? 0)"
        }
        guard phase == .watching || phase == .lastLook else { return }
        let more = late.count > 8 ? ["and \(late.count - 8) more"] : []
        end(with: .failed(DemoError.hangs(seconds: limit, nodes: words + more)))
    }

    private func interrupted(_ signal: Int32) {
        end(with: .interrupted(signal: signal))
    }

    /// Ends early; the first reason stands.
    func end(with reason: Outcome) {
        guard outcome == nil, phase != .over else { return }
        outcome = reason
        cancellation.set()
        phase = .ending
        cluster.end { self.finish(reason) }
    }

    private func finish(_ reason: Outcome) {
        guard phase != .over else { return }
        phase = .over
        outcome = reason
        screen.end()
        for timer in timers { timer.close() }
        for signal in signals { signal.close() }
        (timers, signals) = ([], [])
        loop.stop()
    }
}
