// Room:  StoreTests.
// Task:  records that were appended are there; an unfinished one goes; nothing else is cut.

import Glibc
import Testing

@testable import Store

struct AppendLogTests {
    static let records: [[UInt8]] = [[1], [], Array(0..<50), [UInt8](repeating: 0, count: 40)]

    /// A log in memory with the records above.
    static func written() throws -> (FaultyFileSystem, [UInt8]) {
        let memory = FaultyFileSystem()
        var opened = try AppendLog.open("/state/log", on: memory)
        #expect(opened.records.isEmpty)
        for record in records { try opened.log.append(record) }
        return (memory, try #require(memory.files()["/state/log"]))
    }

    @Test("Records come back in order, on a real disk, and appending goes on")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/roster.log"
        for count in 0..<Self.records.count {
            var opened = try AppendLog.open(path)
            #expect(opened.records == Array(Self.records.prefix(count)))
            #expect(opened.tornBytes == 0)
            try opened.log.append(Self.records[count])
        }
        #expect(try AppendLog.open(path).records == Self.records)
        #expect(try folder.permissions("roster.log") == 0o600)
    }

    @Test("A log cut at any byte keeps every whole record and says how much was torn")
    func torn() throws {
        let (_, whole) = try Self.written()
        var ends = [8]
        for record in Self.records { ends.append((ends.last ?? 0) + 16 + record.count) }
        for length in 8..<whole.count {
            let memory = FaultyFileSystem()
            memory.put("/state/log", Array(whole.prefix(length)))
            var opened = try AppendLog.open("/state/log", on: memory)
            let sound = ends.filter { $0 <= length }.count - 1
            #expect(opened.records == Array(Self.records.prefix(sound)), "cut to \(length)")
            #expect(opened.tornBytes == length - ends[sound], "cut to \(length)")
            try opened.log.append([9, 9])
            let again = try AppendLog.open("/state/log", on: memory)
            #expect(again.records.last == [9, 9], "cut to \(length)")
            #expect(again.records.count == sound + 1, "cut to \(length)")
        }
    }

    @Test("A bit flipped before the last record is damage, told and not cut")
    func damagedInside() throws {
        let (_, whole) = try Self.written()
        let lastRecord = whole.count - 56
        for bit in 0..<(lastRecord * 8) {
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let memory = FaultyFileSystem()
            memory.put("/state/log", bytes)
            let error = #expect(throws: StoreError.self, "bit \(bit)") {
                try AppendLog.open("/state/log", on: memory)
            }
            #expect(error?.code == "store.damaged", "bit \(bit)")
            #expect(memory.files()["/state/log"] == bytes, "bit \(bit)")
        }
    }

    @Test("kill -9 or a loss of power at any call of an append loses no finished record")
    func crashes() throws {
        var random = SplitMix(state: 11)
        for call in 1...12 {
            for lost in [false, true] {
                let (memory, _) = try Self.written()
                var opened = try AppendLog.open("/state/log", on: memory)
                memory.arm(.dies(atCall: call))
                let finished = (try? opened.log.append([4, 5, 6])) != nil
                let survivor =
                    lost
                    ? memory.afterPowerLoss { Int(random.next() % UInt64($0 + 1)) }
                    : memory.afterKill()
                let found = try AppendLog.open("/state/log", on: survivor).records
                #expect(Array(found.prefix(4)) == Self.records, "call \(call) \(lost)")
                let more = Array(found.dropFirst(4))
                #expect(more == [[4, 5, 6]] || (more == [] && !finished), "call \(call) \(lost)")
            }
        }
    }

    @Test("An append that is refused leaves the log as it was")
    func refused() throws {
        for call in 1...4 {
            let (memory, whole) = try Self.written()
            var opened = try AppendLog.open("/state/log", on: memory)
            memory.arm(.refuses(call: call, number: ENOSPC))
            #expect(throws: StoreError.diskFull(path: "/state/log"), "call \(call)") {
                try opened.log.append([1, 2, 3, 4])
            }
            #expect(memory.files()["/state/log"] == whole, "call \(call)")
            try opened.log.append([1, 2, 3, 4])
            #expect(try AppendLog.open("/state/log", on: memory).records.count == 5)
        }
    }

    @Test("A log that somebody else has changed is not written")
    func changed() throws {
        let (memory, _) = try Self.written()
        var one = try AppendLog.open("/state/log", on: memory).log
        var two = one
        try one.append([1])
        #expect(throws: StoreError.changedByAnother(path: "/state/log")) { try two.append([2]) }
    }

    @Test("What is not a log, and what is too large, is refused")
    func refusals() throws {
        let memory = FaultyFileSystem()
        memory.put("/state/log", Array("not a log at all".utf8))
        #expect(throws: StoreError.damaged(path: "/state/log", reason: "not a log")) {
            try AppendLog.open("/state/log", on: memory)
        }
        var log = try AppendLog.open("/state/other", on: memory).log
        let error = #expect(throws: StoreError.self) {
            try log.append([UInt8](repeating: 0, count: AppendLog.recordLimit + 1))
        }
        #expect(error?.code == "store.unfit")
    }
}
