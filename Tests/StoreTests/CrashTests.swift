// Room:  StoreTests.
// Task:  whenever a process is killed or the power goes, the newest finished save is found again.

import Glibc
import Testing

@testable import Store

struct CrashTests {
    /// A store with two checkpoints, 1 and 2, in memory.
    static func prepared() throws -> (FaultyFileSystem, CheckpointStore) {
        let memory = FaultyFileSystem()
        let store = CheckpointStore(directory: "/state", fileSystem: memory)
        try store.save(sample(1))
        try store.save(sample(2))
        memory.arm(.none)
        return (memory, store)
    }

    /// How many calls a save makes when nothing fails.
    static func callsOfASave() throws -> Int {
        let (memory, store) = try prepared()
        try store.save(sample(3))
        return memory.calls
    }

    @Test("kill -9 at any call of a save leaves the old checkpoint or the new one, whole")
    func killed() throws {
        let calls = try Self.callsOfASave()
        #expect(calls > 15)
        var found: Set<UInt64> = []
        for call in 1...calls + 1 {
            let (memory, store) = try Self.prepared()
            memory.arm(.dies(atCall: call))
            let finished = (try? store.save(sample(3))) != nil
            let survivor = memory.afterKill()
            let next = CheckpointStore(directory: "/state", fileSystem: survivor)
            let loaded = try #require(try next.load(), "died at call \(call)")
            #expect(loaded.skipped.isEmpty, "died at call \(call)")
            #expect(
                loaded.checkpoint == sample(Int(loaded.generation)), "died at call \(call)")
            if finished { #expect(loaded.generation == 3, "died at call \(call)") }
            found.insert(loaded.generation)
            #expect(!survivor.files().keys.contains { $0.hasSuffix(".tmp") }, "call \(call)")
            // And life goes on.
            try next.save(sample(4))
            #expect(try next.load()?.checkpoint == sample(4), "died at call \(call)")
            #expect(survivor.files().count == 2, "died at call \(call)")
        }
        #expect(found == [2, 3])
    }

    @Test("A loss of power at any call of a save loses no finished save", arguments: 1...40)
    func powerLoss(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let calls = try Self.callsOfASave()
        for call in 1...calls + 1 {
            let (memory, store) = try Self.prepared()
            memory.arm(.dies(atCall: call))
            let finished = (try? store.save(sample(3))) != nil
            let survivor = memory.afterPowerLoss { Int(random.next() % UInt64($0 + 1)) }
            let next = CheckpointStore(directory: "/state", fileSystem: survivor)
            let loaded = try #require(try next.load(), "seed \(seed), call \(call)")
            #expect(loaded.checkpoint == sample(Int(loaded.generation)), "seed \(seed) \(call)")
            #expect(loaded.generation >= (finished ? 3 : 2), "seed \(seed), call \(call)")
        }
    }

    @Test(
        "Any call of a save that is refused leaves both old checkpoints and nothing of the new",
        arguments: [ENOSPC, EROFS, EACCES, EIO])
    func refused(number: Int32) throws {
        for call in 1...(try Self.callsOfASave()) {
            let (memory, store) = try Self.prepared()
            memory.arm(.refuses(call: call, number: number))
            let before = memory.files()
            do throws(StoreError) {
                try store.save(sample(3))
                // Looking at the old ones and removing the third oldest may fail unseen.
                let step = memory.log[call - 1]
                #expect(
                    step.hasSuffix(memoryPath(1)) || step.hasSuffix(memoryPath(2)),
                    "call \(call): \(step)")
                #expect(try store.load()?.checkpoint == sample(3), "call \(call): \(step)")
            } catch {
                let files = memory.files()
                for (path, bytes) in before {
                    #expect(files[path] == bytes, "call \(call): \(memory.log[call - 1])")
                }
                #expect(
                    !files.keys.contains { $0.hasSuffix(".tmp") },
                    "call \(call): \(memory.log[call - 1])")
                switch number {
                case ENOSPC: #expect(error.code == "store.disk-full")
                case EROFS: #expect(error.code == "store.read-only")
                case EACCES: #expect(error.code == "store.not-permitted")
                default: #expect(error.code == "store.system")
                }
            }
            memory.arm(.none)
            try store.save(sample(9))
            #expect(try store.load()?.checkpoint == sample(9), "after call \(call)")
        }
    }

    @Test("While the disk is full every save fails alike, and the first one with space succeeds")
    func staysFull() throws {
        let (memory, store) = try Self.prepared()
        memory.arm(.full(fromCall: 1))
        for _ in 0..<3 {
            let error = #expect(throws: StoreError.self) { try store.save(sample(3)) }
            #expect(error?.code == "store.disk-full")
            #expect(try store.load()?.checkpoint == sample(2))
        }
        memory.arm(.none)
        try store.save(sample(3))
        #expect(try store.load()?.checkpoint == sample(3))
    }

    @Test("A save syncs the file before its name, and the name before it removes an old one")
    func order() throws {
        let (memory, store) = try Self.prepared()
        try store.save(sample(3))
        let new = memoryPath(3) + ".tmp"
        let steps = memory.log.filter { !$0.hasPrefix("write") && !$0.hasPrefix("read") }
        let tail = steps.drop { $0 != "open \(new)" }
        #expect(
            Array(tail) == [
                "open \(new)", "sync \(new)", "close \(new)", "rename \(new)",
                "syncdir \(memoryFolder)", "remove \(memoryPath(1))",
            ])
    }
}

/// SplitMix64, for the choices of a lost disk.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
