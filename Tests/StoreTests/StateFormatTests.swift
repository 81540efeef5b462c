// Room:  StoreTests.
// Task:  a newer state is refused untouched; an older one is migrated, whenever the process dies, and kept.

import Glibc
import Testing

@testable import Store

struct StateFormatTests {
    /// Two steps: the first puts a letter before each note, the second doubles the note.
    private static func steps(_ memory: FaultyFileSystem) -> [StateFormat.Step] {
        func change(
            _ how: @escaping @Sendable ([UInt8]) -> [UInt8]
        )
            -> @Sendable (String) throws(StoreError) -> Void
        {
            { state throws(StoreError) in
                for path in [state + "/note", state + "/checkpoint/1.ckpt"] {
                    let bytes = try Files.read(path, limit: 99, on: memory)
                    try Files.writeAtomically(path, how(bytes), mode: 0o600, on: memory)
                }
            }
        }
        return [
            StateFormat.Step(from: 1, migrate: change { [65] + $0 }),
            StateFormat.Step(from: 2, migrate: change { $0 + $0 }),
        ]
    }

    private static func old() -> FaultyFileSystem {
        let memory = FaultyFileSystem()
        _ = try? memory.makeDirectory("/state/checkpoint", mode: 0o700)
        memory.put("/state/note", [1])
        memory.put("/state/checkpoint/1.ckpt", [2])
        memory.put("/state/lock", [9])
        return memory
    }

    private static let migrated: [String: [UInt8]] = [
        "/state/note": [65, 1, 65, 1], "/state/checkpoint/1.ckpt": [65, 2, 65, 2],
        "/state/lock": [9], "/state/format": Array("3\n".utf8),
        "/state/format-1/note": [1], "/state/format-1/checkpoint/1.ckpt": [2],
        "/state/format-1/format": Array("1\n".utf8),
    ]

    @Test("A folder without a number is of format 1, and gets one")
    func first() throws {
        let memory = Self.old()
        let format = StateFormat(steps: [], on: memory)
        try format.check("/state")
        #expect(memory.files()["/state/format"] == nil)
        #expect(try format.bringUp("/state") == nil)
        #expect(memory.files()["/state/format"] == Array("1\n".utf8))
        #expect(try format.bringUp("/state") == nil)
        #expect(memory.files().count == 4)
    }

    @Test("A newer format is refused with a hint, and nothing is touched")
    func newer() throws {
        let memory = Self.old()
        memory.put("/state/format", Array("2\n".utf8))
        let before = memory.files()
        let format = StateFormat(steps: [], on: memory)
        let expected = StoreError.newerFormat(path: "/state", found: 2, known: 1)
        #expect(throws: expected) { try format.check("/state") }
        #expect(throws: expected) { _ = try format.bringUp("/state") }
        #expect(memory.files() == before)
    }

    @Test("A number that is none is damage", arguments: ["", "x", "0\n", "-1", "\u{ff}"])
    func damaged(text: String) throws {
        let memory = Self.old()
        memory.put("/state/format", Array(text.utf8))
        #expect(throws: StoreError.self) { try StateFormat(steps: [], on: memory).check("/state") }
    }

    @Test("An older state goes through all steps, and is kept as it was")
    func older() throws {
        let memory = Self.old()
        let format = StateFormat(steps: Self.steps(memory), on: memory)
        try format.check("/state")
        #expect(try format.bringUp("/state") == "/state/format-1")
        #expect(memory.files() == Self.migrated)
        #expect(try format.bringUp("/state") == nil)
        #expect(memory.files() == Self.migrated)
    }

    @Test("From the middle only the later steps are done")
    func middle() throws {
        let memory = Self.old()
        memory.put("/state/format", Array("2\n".utf8))
        let format = StateFormat(steps: Self.steps(memory), on: memory)
        #expect(try format.bringUp("/state") == "/state/format-2")
        #expect(memory.files()["/state/note"] == [1, 1])
        #expect(memory.files()["/state/format-2/note"] == [1])
    }

    @Test("kill -9 at any call: the next start migrates, once")
    func killed() throws {
        let whole = Self.old()
        whole.arm(.none)
        _ = try StateFormat(steps: Self.steps(whole), on: whole).bringUp("/state")
        let calls = whole.calls
        #expect(calls > 40)
        for call in 1...calls {
            let memory = Self.old()
            memory.arm(.dies(atCall: call))
            _ = try? StateFormat(steps: Self.steps(memory), on: memory).bringUp("/state")
            let survivor = memory.afterKill()
            _ = try StateFormat(steps: Self.steps(survivor), on: survivor).bringUp("/state")
            let files = survivor.files().filter { !$0.key.hasSuffix(".tmp") }
            #expect(files == Self.migrated, "died at call \(call)")
        }
    }

    @Test("A disk that is full stops a migration with everything as it was")
    func full() throws {
        let memory = Self.old()
        memory.arm(.full(fromCall: 1))
        let format = StateFormat(steps: Self.steps(memory), on: memory)
        #expect(throws: StoreError.self) { _ = try format.bringUp("/state") }
        let files = memory.files()
        #expect(files["/state/note"] == [1] && files["/state/format"] == nil)
        memory.arm(.none)
        #expect(try format.bringUp("/state") == "/state/format-1")
        #expect(memory.files() == Self.migrated)
    }

    @Test("A log of a newer format is refused and not cut")
    func newerLog() throws {
        let memory = FaultyFileSystem()
        memory.put("/state/roster.log", Array("STARLOG2 and what comes".utf8))
        let before = memory.files()
        #expect(throws: StoreError.newerFormat(path: "/state/roster.log", found: 2, known: 1)) {
            _ = try AppendLog.open("/state/roster.log", on: memory)
        }
        #expect(memory.files() == before)
    }
}
