// Room:  StoreTests.
// Task:  no damaged byte is believed, and no length is trusted.

import Foundation
import Testing

@testable import Store

struct DamageTests {
    static func store(_ newest: [UInt8]?) throws -> (FaultyFileSystem, CheckpointStore) {
        let (memory, store) = try CrashTests.prepared()
        if let newest { memory.put(memoryPath(2), newest) }
        return (memory, store)
    }

    static func bytes() throws -> [UInt8] {
        let (memory, _) = try store(nil)
        return try #require(memory.files()[memoryPath(2)])
    }

    @Test("A file cut short at any byte is passed over for the older one, and named")
    func truncated() throws {
        let whole = try Self.bytes()
        for length in 0..<whole.count {
            let (memory, store) = try Self.store(Array(whole.prefix(length)))
            let loaded = try #require(try store.load(), "cut to \(length)")
            #expect(loaded.generation == 1, "cut to \(length)")
            #expect(loaded.checkpoint == sample(1), "cut to \(length)")
            #expect(loaded.skipped.map(\.file) == ["000000000002.ckpt"], "cut to \(length)")
            #expect(loaded.skipped.first?.reason.isEmpty == false)
            #expect(memory.files()[memoryPath(2, ".ckpt.damaged")]?.count == length)
        }
    }

    @Test("A file with any bit flipped is passed over for the older one")
    func flipped() throws {
        let whole = try Self.bytes()
        for bit in 0..<(whole.count * 8) {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let (_, store) = try Self.store(damaged)
            let loaded = try #require(try store.load(tidying: false), "bit \(bit)")
            #expect(loaded.generation == 1, "bit \(bit)")
            #expect(loaded.skipped.count == 1, "bit \(bit)")
        }
    }

    @Test("Bytes after the end are damage too")
    func longer() throws {
        let (_, store) = try Self.store(Self.bytes() + [0])
        #expect(try store.load()?.generation == 1)
    }

    @Test("A file under another's name is not believed")
    func renamed() throws {
        let (memory, store) = try CrashTests.prepared()
        memory.put(memoryPath(3), try Self.bytes())
        let loaded = try #require(try store.load())
        #expect(loaded.generation == 2)
        #expect(
            loaded.skipped == [
                SkippedCheckpoint(
                    file: "000000000003.ckpt", reason: "it is not the one that its name says")
            ])
    }

    @Test("Absurd lengths under a sound checksum take no memory")
    func absurd() throws {
        // The header's length, the number of vectors, the table's length, each at its highest;
        // then the count of the first vector.
        let whole = try Self.bytes()
        let header = whole.number(UInt32.self, at: 32)
        let count = 48 + Int(header) + 2
        for range in [32..<36, 36..<40, 40..<44, count..<count + 8, count + 2..<count + 6] {
            var forged = Array(whole.dropLast(8))
            for index in range { forged[index] = 0xFF }
            forged.append(littleEndian: XXH64.hash(forged))
            let (_, store) = try Self.store(forged)
            let loaded = try #require(try store.load(), "\(range)")
            #expect(loaded.generation == 1, "\(range)")
            #expect(loaded.skipped.first?.reason.contains("checksum") == false, "\(range)")
        }
    }

    @Test("When all are damaged, that is said and nothing is changed")
    func noneIntact() throws {
        let (memory, store) = try Self.store([1, 2, 3])
        memory.put(memoryPath(1), [])
        let before = memory.files()
        let error = #expect(throws: StoreError.self) { try store.load() }
        #expect(error?.code == "store.none-intact")
        #expect(error?.what.contains("000000000002.ckpt (only 3 bytes)") == true)
        #expect(error?.what.contains("000000000001.ckpt (only 0 bytes)") == true)
        #expect(error?.exitStatus == 65)
        #expect(memory.files() == before)
    }

    @Test("After damage the next two saves stand beside the intact one, not the damaged one")
    func damagedIsNotCounted() throws {
        let (memory, store) = try Self.store([1, 2, 3])
        _ = try store.load()
        try store.save(sample(5))
        #expect(
            memory.files().keys.sorted() == [
                memoryPath(1), memoryPath(2, ".ckpt.damaged"), memoryPath(3),
            ])
        memory.put(memoryPath(3), [])
        #expect(try store.load()?.checkpoint == sample(1))
        try store.save(sample(6))
        #expect(
            memory.files().keys.sorted() == [
                memoryPath(1), memoryPath(3, ".ckpt.damaged"), memoryPath(4),
            ])
    }

    @Test("A newer format is refused with a hint by load and save, and nothing is touched")
    func newer() throws {
        var future = CheckpointFormat.stamp(version: 2)
        future += [1, 2, 3]
        let (memory, store) = try Self.store(future)
        memory.put(memoryPath(3) + ".tmp", [7])
        let before = memory.files()
        let expected = StoreError.newerFormat(path: memoryPath(2), found: 2, known: 1)
        #expect(throws: expected) { try store.load() }
        #expect(throws: expected) { try store.save(sample(3)) }
        #expect(memory.files() == before)
        #expect(expected.hint?.contains("newer release") == true)
        #expect(expected.exitStatus == 78)
    }

    @Test("A file that may not be read is an error and not damage")
    func notPermitted() throws {
        let (memory, store) = try CrashTests.prepared()
        memory.arm(.refuses(call: 2, number: 13))
        #expect(throws: StoreError.notPermitted(path: memoryPath(2))) { try store.load() }
    }

    @Test("A bad sector is damage of one file")
    func badSector() throws {
        let (memory, store) = try CrashTests.prepared()
        memory.arm(.refuses(call: 4, number: 5))
        let loaded = try #require(try store.load())
        #expect(loaded.generation == 1)
        #expect(loaded.skipped.first?.reason == "the disk cannot read it")
    }
}
