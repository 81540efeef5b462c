// Room:  Daemon (floor 5).
// Task:  what the service manager hears of a node, and who watches it on a terminal: ready, alive, how
//        far, reloading, stopping.
// May:   EventLoop.
// Proof: Tests/EndToEndTests/ServiceTests.swift, deploy/test-service

import EventLoop

extension Node {
    /// Everything is open, and the federation was checked before: whoever waits for this node may go
    /// on.
    func tellReady() {
        manager.tell("READY=1", "STATUS=\(serviceStatus)")
    }

    /// Says again and again that the node lives, where the manager wants to hear it.
    func keepTellingAlive() {
        guard let interval = manager.watchdog else { return }
        // Twice in the time asked for, as sd_watchdog_enabled(3) advises. The timer runs on the loop:
        // where that hangs, nothing is said either.
        let timer = LoopTimer(loop: loop)
        timer.start(after: .zero, repeating: interval / 2) { self.tellAlive() }
        watchdogTimer = timer
    }

    func tellStatus() {
        guard !isLeaving else { return }
        manager.tell("STATUS=\(serviceStatus)")
    }

    /// Says every second, below the log, how far the node is, where somebody watches.
    func keepShowing() {
        guard LogOutput.shared.hasScreen else { return }
        let timer = LoopTimer(loop: loop)
        timer.start(after: .seconds(1), repeating: .seconds(1)) {
            LogOutput.shared.show(status: self.isLeaving ? "" : self.serviceStatus)
        }
        screenTimer = timer
    }

    func tellStopping() {
        LogOutput.shared.show(status: "")
        manager.tell("STOPPING=1", "STATUS=saying good-bye and saving, round \(core.gossip.round)")
    }

    /// The manager waits for the next `tellReady`.
    func tellReloading() {
        manager.tell("RELOADING=1", "MONOTONIC_USEC=\(MonotonicTime.current.nanoseconds / 1000)")
    }

    private func tellAlive() {
        // Not the lane that saves: a disk may hang, and a node without checkpoints still learns.
        let looks = [trainer?.pulse, vectors?.pulse].map { pulse in
            Watchdog.Look(jobs: pulse?.jobs ?? 0, beats: pulse?.beats ?? 0)
        }
        let isAlive = watchdog.isAlive(
            looks, at: .nanoseconds(Int64(clamping: MonotonicTime.current.nanoseconds)))
        if isAlive {
            manager.tell("WATCHDOG=1")
        } else if !hasToldHanging {
            hasToldHanging = true
            log.critical(
                "hangs",
                metadata: [
                    "note": "training or averaging has made no step for \(Watchdog.patience)",
                    "jobs": "\(looks.map(\.jobs))",
                ])
        }
    }

    /// In one line.
    private var serviceStatus: String {
        let gossip = core.gossip
        if gossip.isJoining, let joining = core.joining {
            return "joining, \(joining.done) of \(joining.all) parameters"
        }
        let links = core.membership.links.count
        var words = [
            "\(gossip.phase.rawValue), round \(gossip.round) of \(core.settings.gossip.rounds)",
            links == 1 ? "1 link" : "\(links) links",
        ]
        if let accuracy = core.accuracy, accuracy.isFinite {
            words.append("accuracy \(Double((accuracy * 1000).rounded()) / 10) %")
        }
        if let apart = gossip.disagreement, apart.isFinite {
            words.append("apart \(Double((apart * 10000).rounded()) / 10000)")
        }
        return words.joined(separator: ", ")
    }
}
