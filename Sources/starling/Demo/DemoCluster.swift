// Room:  starling (floor 6).
// Task:  the daemons of a demo as child processes: launched, killed, launched again, ended.
// May:   Daemon (environment), EventLoop, Glibc.
// Proof: Tests/EndToEndTests

import Daemon
import EventLoop
import Glibc

/// Confined to its loop.
final class DemoCluster {
    private enum State {
        case running
        /// Has SIGKILL, and comes back after a pause.
        case killed
        case away(LoopTimer)
        /// Ended, and stays so.
        case ended
    }

    private struct Child {
        let place: DemoFolder.Place
        var state = State.ended
        var process: ChildProcess?
        /// How long it stays away once it has been killed.
        var pause = Duration.zero
        /// Done to its folder before it comes back.
        var prepare: (() -> Void)?
        /// Has SIGSTOP.
        var isStopped = false
    }

    private let loop: EventLoop
    /// Of each node: the program and what it is told, but for the configuration.
    private let commands: [[String]]
    private let environment: [String: String]
    private var daemons: [Child]
    private var onEnd: (() -> Void)?
    private var lastResort: LoopTimer?

    /// A daemon that nobody has ended: its number, and how it ended.
    var onUnexpectedEnd: ((Int, String) -> Void)?
    /// A daemon could not be launched again.
    var onFault: ((Int, any Error) -> Void)?

    /// - command: starts a daemon, but for its configuration.
    /// - network: where the daemons live; nil: on loopback.
    init(
        loop: EventLoop, places: [DemoFolder.Place], command: [String], network: StormNetwork?
    ) {
        self.loop = loop
        commands = places.indices.map { place in
            (network?.launcher(of: place) ?? []) + [Self.ownExecutable] + command
        }
        // The daemons of the demo are configured by their files alone.
        environment = ProcessEnvironment.current.filter { !$0.key.hasPrefix("STARLING_") }
        daemons = places.map { Child(place: $0) }
    }

    /// Of the running processes; 0 where there is none.
    var pids: [Int32] {
        daemons.map { daemon in
            if case .running = daemon.state { return daemon.process?.pid ?? 0 }
            return 0
        }
    }

    /// Whether there is a process that is not stopped.
    func isAwake(_ index: Int) -> Bool {
        guard case .running = daemons[index].state else { return false }
        return !daemons[index].isStopped
    }

    /// - prepare: done to its folder before it comes back.
    func kill(_ index: Int, pause: Duration, prepare: (() -> Void)? = nil) {
        guard case .running = daemons[index].state else { return }
        daemons[index].state = .killed
        daemons[index].pause = pause
        daemons[index].prepare = prepare
        daemons[index].process?.kill(SIGKILL)
    }

    /// SIGSTOP, or SIGCONT.
    func stop(_ index: Int, _ isStopped: Bool) {
        guard case .running = daemons[index].state else { return }
        daemons[index].isStopped = isStopped
        daemons[index].process?.kill(isStopped ? SIGSTOP : SIGCONT)
    }

    /// Ends all: SIGTERM, and after two seconds SIGKILL. A second call only changes what is done
    /// when all are gone.
    ///
    /// - done: once no process is left.
    func end(_ done: @escaping () -> Void) {
        let first = onEnd == nil
        onEnd = done
        guard first else { return finishIfAllEnded() }
        for index in daemons.indices {
            if case .away(let timer) = daemons[index].state { timer.close() }
            daemons[index].state = .ended
            daemons[index].process?.kill(SIGTERM)
            if daemons[index].isStopped { daemons[index].process?.kill(SIGCONT) }
        }
        let timer = LoopTimer(loop: loop)
        timer.start(after: .seconds(2)) {
            for daemon in self.daemons { daemon.process?.kill(SIGKILL) }
        }
        lastResort = timer
        finishIfAllEnded()
    }

    func launch(_ index: Int) throws(EventLoopError) {
        let place = daemons[index].place
        daemons[index].process = try ChildProcess.spawn(
            loop: loop, executable: commands[index][0],
            arguments: commands[index].dropFirst() + ["--config", place.configuration],
            environment: environment,
            standardOutput: .file(place.log), standardError: .file(place.log)
        ) { status, signal in self.ended(index, status: status, signal: signal) }
        daemons[index].state = .running
        daemons[index].isStopped = false
    }

    private func ended(_ index: Int, status: Int64, signal: Int32) {
        daemons[index].process?.close()
        daemons[index].process = nil
        switch daemons[index].state {
        case .killed:
            let timer = LoopTimer(loop: loop)
            daemons[index].state = .away(timer)
            timer.start(after: daemons[index].pause) { self.launchAgain(index) }
        case .running:
            daemons[index].state = .ended
            onUnexpectedEnd?(index, signal == 0 ? "exit status \(status)" : "signal \(signal)")
        case .ended, .away:
            finishIfAllEnded()
        }
    }

    private func launchAgain(_ index: Int) {
        guard case .away(let timer) = daemons[index].state else { return }
        timer.close()
        daemons[index].prepare?()
        daemons[index].prepare = nil
        do {
            try launch(index)
        } catch {
            daemons[index].state = .ended
            onFault?(index, error)
        }
    }

    private func finishIfAllEnded() {
        guard let onEnd, daemons.allSatisfy({ $0.process == nil }) else { return }
        lastResort?.close()
        lastResort = nil
        loop.atEndOfTurn(onEnd)
    }

    /// This program's file. The link itself serves where the file has been replaced since.
    private static var ownExecutable: String {
        let link = "/proc/self/exe"
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(link, &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return link }
        let path = String(
            decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return access(path, X_OK) == 0 ? path : link
    }
}
