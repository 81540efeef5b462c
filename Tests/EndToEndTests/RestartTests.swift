// Room:  EndToEndTests.
// Task:  what a node keeps when it is killed, when its disk lies, when its disk is full.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct RestartTests {
    /// Long enough to be killed in the middle of.
    private func longFlock(rounds: Int = 4000) throws -> Flock {
        try Flock(["alice", "bob"], rounds: rounds, steps: 20)
    }

    @Test("Killed in mid-training, a node goes on from its checkpoint, and both finish")
    func killed() throws {
        let flock = try longFlock()
        let alice = try Daemon(flock[0])
        var bob = try Daemon(flock[1])
        let seen = try bob.until("checkpoint in mid-training") {
            ($0.checkpoint.round ?? 0) > 100 && ($0.checkpoint.generation ?? 0) > 1
        }
        #expect(seen.phase == "training" && seen.round < 4000)
        try bob.die()
        bob = try Daemon(flock[1])
        let again = try bob.until("answer") { _ in true }
        #expect(again.round >= (seen.checkpoint.round ?? 0), "\(again)")
        #expect(again.warnings == [])
        for daemon in [alice, bob] {
            let status = try daemon.until("finish", within: 60) { $0.phase == "finished" }
            #expect(status.round >= 4000)
            try daemon.until("accuracy") { ($0.held_out.accuracy ?? 0) > 0.85 }
        }
        #expect(try flock[0].peers().named("bob").state == "alive")
    }

    @Test("From a damaged checkpoint a node falls back to the one before, and says so")
    func damaged() throws {
        let flock = try longFlock()
        let alice = try Daemon(flock[0])
        var bob = try Daemon(flock[1])
        try bob.until("second checkpoint") {
            ($0.checkpoint.generation ?? 0) > 2 && $0.round > 100
        }
        try bob.die()
        let newest = try #require(try flock[1].checkpoints().last)
        let file = URL(fileURLWithPath: flock[1].state + "/checkpoint/" + newest)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: file)
        bob = try Daemon(flock[1])
        let status = try bob.until("answer") { _ in true }
        #expect(status.warnings.contains { $0.contains(newest) && $0.contains("damaged") })
        #expect(status.round > 0)
        #expect(bob.log.contains("checkpoint \(newest) is damaged"))
        try bob.until("further checkpoint") {
            ($0.checkpoint.round ?? 0) > status.round && $0.checkpoint.error == nil
        }
        #expect(alice.isRunning)
    }

    @Test("With every checkpoint damaged a node does not start, and destroys nothing")
    func allDamaged() throws {
        let flock = try Flock(["alice"], rounds: 50)
        let alice = try Daemon(flock[0])
        try alice.until("finish") { $0.phase == "finished" }
        #expect(try alice.stop() == 0)
        let files = try flock[0].checkpoints()
        for name in files {
            let file = URL(fileURLWithPath: flock[0].state + "/checkpoint/" + name)
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 0x10
            try bytes.write(to: file)
        }
        let run = try flock[0].starling("run", "--config", flock[0].configuration)
        #expect(run.status != 0 && run.errors.contains("no intact checkpoint"), "\(run.errors)")
        #expect(try flock[0].checkpoints() == files)
    }

    @Test("The state of a newer release is refused with a hint, and nothing is touched")
    func newerState() throws {
        let flock = try Flock(["alice"], rounds: 50)
        let alice = try Daemon(flock[0])
        try alice.until("finish") { $0.phase == "finished" }
        #expect(try alice.stop() == 0)
        let format = URL(fileURLWithPath: flock[0].state + "/format")
        #expect(try Data(contentsOf: format) == Data("1\n".utf8))
        try Data("2\n".utf8).write(to: format)
        let before = try flock[0].contents()
        for arguments in [["--check"], []] {
            let words = ["run", "--config", flock[0].configuration] + arguments
            let run = try Run(words, in: flock[0].bench.folder)
            #expect(run.status == 78, "\(run.errors)")
            #expect(run.errors.contains("format 2, this release knows up to 1"), "\(run.errors)")
            #expect(run.errors.contains("hint: use the newer release again"), "\(run.errors)")
        }
        #expect(try flock[0].contents() == before)
    }

    @Test(
        "On a full disk training goes on, status says why nothing is saved, and saving comes back",
        .enabled(if: getuid() == 0, "only root can mount a small disk"))
    func fullDisk() throws {
        let bench = try Bench()
        let disk = try SmallDisk(at: bench.path("alice-state"))
        let flock = try Flock(["alice", "bob"], rounds: 100_000, on: bench)
        let alice = try Daemon(flock[0])
        let bob = try Daemon(flock[1])
        try alice.until("checkpoint") { ($0.checkpoint.generation ?? 0) > 1 }
        try disk.fill()
        let full = try alice.until("error") { $0.checkpoint.error != nil }
        #expect(full.phase == "training")
        #expect(alice.log.contains("checkpoint-failed"))
        let kept = try flock[0].checkpoints()
        #expect(!kept.isEmpty)
        try alice.until("training on a full disk") { $0.round > full.round + 50 }
        #expect(try flock[0].checkpoints() == kept)
        disk.free()
        try alice.until("saving again") {
            $0.checkpoint.error == nil
                && ($0.checkpoint.generation ?? 0) > (full.checkpoint.generation ?? 0)
        }
        try alice.untilLog("checkpoint-works-again")
        #expect(bob.isRunning)
        #expect(try alice.stop() == 0)
    }
}

/// A file system of one megabyte. Whoever forgets it unmounts it.
private final class SmallDisk {
    let folder: String
    private var filler: String { folder + "/filler" }

    init(at folder: String) throws {
        self.folder = folder
        mkdir(folder, 0o700)
        let options = ["-o", "size=1m,mode=0700"]
        let run = try Program.run(
            ["mount", "-t", "tmpfs"] + options + ["starling-test", folder], in: "/")
        guard run.status == 0 else { throw Overdue(description: run.errors) }
        Janitor.shared.note("unmount", folder)
    }

    deinit {
        unlink(filler)
        // Lazily: a daemon that is still being killed must not keep it.
        _ = try? Program.run(["umount", "-l", folder], in: "/")
    }

    /// Not a block is left.
    func fill() throws {
        let file = open(filler, O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        var size = 4096
        let zeros = [UInt8](repeating: 0, count: size)
        while size > 0 {
            if write(file, zeros, size) < size { size /= 2 }
        }
    }

    func free() { unlink(filler) }
}
