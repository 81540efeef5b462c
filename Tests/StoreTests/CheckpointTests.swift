// Room:  StoreTests.
// Task:  checkpoints on a real disk: what was saved is loaded, two are kept.

import Foundation
import Testing

@testable import Store

struct CheckpointTests {
    @Test("A folder in which nothing was saved gives nothing")
    func nothing() throws {
        let folder = try TemporaryFolder()
        #expect(try CheckpointStore(directory: folder.path).load() == nil)
    }

    @Test("What was saved is loaded to the bit, with its generation")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(directory: folder.path)
        var checkpoint = sample(1)
        checkpoint.vectors.append(
            NamedVector(name: "nan", values: [Float(bitPattern: 0x7FC0_1234)]))
        try store.save(checkpoint)
        let loaded = try #require(try store.load())
        #expect(loaded.generation == 1)
        #expect(loaded.skipped.isEmpty)
        #expect(loaded.checkpoint.header == checkpoint.header)
        #expect(loaded.checkpoint.vectors.map(\.name) == checkpoint.vectors.map(\.name))
        for (found, expected) in zip(loaded.checkpoint.vectors, checkpoint.vectors) {
            #expect(found.values.map(\.bitPattern) == expected.values.map(\.bitPattern))
        }
        #expect(loaded.checkpoint["x"]?.count == 37)
        #expect(loaded.checkpoint["absent"] == nil)
    }

    @Test("A checkpoint without header and vectors is one too")
    func empty() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(directory: folder.path)
        let checkpoint = Checkpoint(header: [], vectors: [])
        try store.save(checkpoint)
        #expect(try store.load()?.checkpoint == checkpoint)
    }

    @Test("Vectors larger than one piece come back whole")
    func large() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(directory: folder.path)
        let checkpoint = sample(3, values: FileWriter.piece / 4 + 4097)
        try store.save(checkpoint)
        #expect(try store.load()?.checkpoint == checkpoint)
    }

    @Test("The last two are kept under names of twelve digits, readable by the owner alone")
    func keepsTwo() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(directory: folder.path)
        for tag in 1...12 { try store.save(sample(tag)) }
        #expect(try folder.names("checkpoint") == ["000000000011.ckpt", "000000000012.ckpt"])
        #expect(try folder.permissions("checkpoint/000000000012.ckpt") == 0o600)
        #expect(try folder.permissions("checkpoint") == 0o700)
        #expect(try store.load()?.checkpoint == sample(12))
    }

    @Test("Leftovers of an interrupted save go when the store is opened, foreign files stay")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(directory: folder.path)
        try store.save(sample(1))
        try folder.put("checkpoint/000000000002.ckpt.tmp", [1, 2, 3])
        try folder.put("checkpoint/notes.txt", [4])
        try folder.put("checkpoint/7.ckpt", [5])
        #expect(try store.load(tidying: false)?.generation == 1)
        #expect(try folder.names("checkpoint").count == 4)
        #expect(try store.load()?.generation == 1)
        #expect(
            try folder.names("checkpoint") == ["000000000001.ckpt", "7.ckpt", "notes.txt"])
    }

    @Test("A checkpoint that breaks the format's rules is refused before anything is written")
    func unfit() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(directory: folder.path)
        let cases = [
            [NamedVector(name: "", values: [])],
            [NamedVector(name: String(repeating: "n", count: 256), values: [])],
            [NamedVector(name: "x", values: []), NamedVector(name: "x", values: [1])],
        ]
        for vectors in cases {
            let error = #expect(throws: StoreError.self) {
                try store.save(Checkpoint(header: [], vectors: vectors))
            }
            #expect(error?.code == "store.unfit")
        }
        #expect(try folder.names().isEmpty)
    }

    @Test("The bytes of format 1 stay what they are")
    func golden() throws {
        let memory = FaultyFileSystem()
        let store = CheckpointStore(directory: "/state", fileSystem: memory)
        try store.save(
            Checkpoint(header: [9], vectors: [NamedVector(name: "x", values: [1, -2])]))
        let bytes = try #require(memory.files()[memoryPath(1)])
        let expected: [UInt8] =
            Array("STARCKPT".utf8) + [1, 0, 0, 0] + [0x19, 0xE2, 0xEB, 0x23]
            + [1, 0, 0, 0, 0, 0, 0, 0] + [76, 0, 0, 0, 0, 0, 0, 0]
            + [1, 0, 0, 0] + [1, 0, 0, 0] + [11, 0, 0, 0] + [0, 0, 0, 0]
            + [9] + [1, 0] + [2, 0, 0, 0, 0, 0, 0, 0] + Array("x".utf8)
            + [0, 0, 0x80, 0x3F] + [0, 0, 0, 0xC0]
        #expect(Array(bytes.dropLast(8)) == expected)
        #expect(Array(bytes.suffix(8)) == [0xE1, 0x09, 0x3B, 0x81, 0xC7, 0xF1, 0xAC, 0x84])
    }
}
