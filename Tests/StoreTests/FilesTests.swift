// Room:  StoreTests.
// Task:  small files: limits, permissions, whole or not at all.

import Foundation
import Testing

@testable import Store

struct FilesTests {
    @Test("A file is written with the permissions asked for and read back")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/note"
        try Files.writeAtomically(path, [1, 2, 3])
        #expect(try Files.read(path, limit: 3) == [1, 2, 3])
        #expect(try folder.permissions("note") == 0o600)
        try Files.writeAtomically(path, [], mode: 0o644)
        #expect(try Files.read(path, limit: 0) == [])
        #expect(try folder.permissions("note") == 0o644)
        #expect(try folder.names() == ["note"])
    }

    @Test("A file larger than the limit is refused before it is read")
    func limit() throws {
        let folder = try TemporaryFolder()
        try folder.put("big", [UInt8](repeating: 1, count: 100))
        let path = folder.path + "/big"
        #expect(throws: StoreError.tooLarge(path: path, size: 100, limit: 99)) {
            try Files.read(path, limit: 99)
        }
    }

    @Test("What is missing, and what is no file, is named")
    func missing() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/absent"
        #expect(throws: StoreError.missing(path: path)) { try Files.read(path, limit: 9) }
        #expect(throws: StoreError.system(operation: "read", path: "/dev/null", number: EINVAL)) {
            try Files.read("/dev/null", limit: 9)
        }
        #expect(throws: StoreError.missing(path: path + "/x.tmp")) {
            try Files.writeAtomically(path + "/x", [1])
        }
    }

    @Test("Folders are made with those above them; existing ones stay as they are")
    func folders() throws {
        let folder = try TemporaryFolder()
        try Files.makeDirectory(folder.path + "/a/b/c")
        try Files.makeDirectory(folder.path + "/a/b")
        #expect(try folder.permissions("a/b/c") == 0o700)
        try Files.makeDirectory(folder.path + "/a/b/c", mode: 0o755)
        #expect(try folder.permissions("a/b/c") == 0o700)
        try folder.put("file", [])
        #expect(throws: StoreError.self) { try Files.makeDirectory(folder.path + "/file") }
    }

    @Test("kill -9 at any call of a write leaves the old content or the new one")
    func killed() throws {
        for call in 1...20 {
            let memory = FaultyFileSystem()
            memory.put("/state/file", [1, 1])
            memory.arm(.dies(atCall: call))
            let finished =
                (try? Files.writeAtomically(
                    "/state/file", [2, 2, 2], mode: 0o600, on: memory)) != nil
            let found = try Files.read("/state/file", limit: 9, on: memory.afterKill())
            #expect(found == [2, 2, 2] || (found == [1, 1] && !finished), "call \(call)")
        }
    }

    @Test("Every error says a stable code and, where one can help, a hint")
    func errors() {
        let errors: [StoreError] = [
            .diskFull(path: "p"), .readOnly(path: "p"), .notPermitted(path: "p"),
            .missing(path: "p"), .system(operation: "read", path: "p", number: 5),
            .damaged(path: "p", reason: "r"), .noneIntact(directory: "p", skipped: []),
            .newerFormat(path: "p", found: 2, known: 1), .tooLarge(path: "p", size: 2, limit: 1),
            .unfit(reason: "p"), .locked(path: "p", holder: 7), .changedByAnother(path: "p"),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors {
            #expect(error.code.hasPrefix("store."))
            #expect(error.what.contains("p"))
            #expect(!error.what.contains("\n"))
        }
    }
}
