// Room:  EndToEndTests.
// Task:  what a running daemon does on SIGHUP and SIGINT.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct SignalTests {
    @Test("SIGHUP takes the log level anew; a file that is wrong by then changes nothing")
    func hangUp() throws {
        let flock = try Flock(["alice", "bob"])
        try flock[0].configure(level: "error")
        let alice = try Daemon(flock[0])
        // bob is not there: each dial fails, and that is only said at the level debug.
        try alice.until("failed dials") { _ in
            try flock[0].peers().named("bob").failures > 1
        }
        #expect(alice.log == "")
        try flock[0].configure(level: "debug")
        alice.signal(SIGHUP)
        try alice.untilLog("reloaded")
        try alice.untilLog("dial-failed")
        try flock[0].configure(level: "loud")
        alice.signal(SIGHUP)
        try alice.untilLog("reload-failed")
        #expect(alice.log.contains("'level'"))
        try alice.until("answer") { _ in true }
        #expect(try alice.stop() == 0)
    }

    @Test("A daemon whose log nobody reads any more goes on")
    func deafLog() throws {
        let flock = try Flock(["alice", "bob"])
        let site = flock[0]
        let log = flock.bench.path("log-pipe")
        mkfifo(log, 0o600)
        // For both directions: opening does not wait for the daemon's end then.
        let reader = open(log, O_RDWR | O_CLOEXEC)
        let program = try Program(
            [try Binary.path(), "run", "--config", site.configuration], in: flock.bench.folder,
            output: "/dev/null", errors: log, appending: true)
        try wait(for: "answer") { access(site.socket, F_OK) == 0 && (try? site.status()) != nil }
        close(reader)
        try site.configure(checkpoint: 0.05)
        program.signal(SIGHUP)
        try wait(for: "the new interval, told to nobody") {
            try #require(program.isRunning, "ended with \(program.status ?? -1)")
            return (try site.status().checkpoint.generation ?? 0) > 3
        }
        program.signal(SIGTERM)
        #expect(try program.ended() == 0)
    }

    @Test("SIGINT leaves in order: the peer hears of it, the checkpoint is there, the status is 0")
    func interrupt() throws {
        let flock = try Flock(["alice", "bob"], rounds: 100_000)
        for site in flock.sites { try site.configure(checkpoint: 3600) }
        let alice = try Daemon(flock[0])
        let bob = try Daemon(flock[1])
        // With the first checkpoint on the disk: one that is under way may serve as the last.
        let seen = try bob.until("rounds") {
            $0.round > 20 && ($0.checkpoint.generation ?? 0) >= 1
        }
        #expect(try bob.stop(SIGINT) == 0)
        #expect(bob.log.contains("cause=SIGINT"))
        try alice.until("waiting for bob") { $0.links == 0 }
        #expect(try flock[0].peers().named("bob").state == "left")
        // The first one, made as soon as the node is no longer young, and that of the leave.
        #expect(try flock[1].checkpoints().count == 2)
        let again = try Daemon(flock[1])
        try again.until("going on") { $0.round >= seen.round && $0.links == 1 }
        try alice.until("link") { $0.links == 1 }
        for daemon in [alice, again] { #expect(try daemon.stop() == 0) }
    }
}
