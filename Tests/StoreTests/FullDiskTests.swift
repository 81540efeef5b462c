// Room:  StoreTests.
// Task:  disks that are really full, read-only or forbidden.

import Foundation
import Testing

@testable import Store

/// The real file system, except that what is made new goes to a device that is always full.
struct AlwaysFullFileSystem: FileSystem {
    let real = PosixFileSystem()

    func entries(of directory: String) throws(SystemFailure) -> [String] {
        try real.entries(of: directory)
    }
    func makeDirectory(_ path: String, mode: UInt32) throws(SystemFailure) -> Bool {
        try real.makeDirectory(path, mode: mode)
    }
    func open(_ path: String, for purpose: OpenPurpose) throws(SystemFailure) -> OpenFile {
        guard case .replacing = purpose else { return try real.open(path, for: purpose) }
        let made = try real.open(path, for: purpose)
        try real.close(made)
        let full = try real.open("/dev/full", for: .appending(mode: 0o600))
        return OpenFile(descriptor: full.descriptor, path: path)
    }
    func size(of file: OpenFile) throws(SystemFailure) -> Int { try real.size(of: file) }
    func read(
        _ file: OpenFile, into buffer: UnsafeMutableRawBufferPointer
    )
        throws(SystemFailure) -> Int
    { try real.read(file, into: buffer) }
    func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer) throws(SystemFailure) -> Int {
        try real.write(file, bytes)
    }
    func synchronise(_ file: OpenFile) throws(SystemFailure) { try real.synchronise(file) }
    func truncate(_ file: OpenFile, to size: Int) throws(SystemFailure) {
        try real.truncate(file, to: size)
    }
    func close(_ file: OpenFile) throws(SystemFailure) { try real.close(file) }
    func synchroniseDirectory(_ path: String) throws(SystemFailure) {
        try real.synchroniseDirectory(path)
    }
    func rename(_ old: String, to new: String) throws(SystemFailure) {
        try real.rename(old, to: new)
    }
    func remove(_ path: String) throws(SystemFailure) { try real.remove(path) }
}

/// A file system of one megabyte, mounted while the body runs. Needs the right to mount; tests
/// that use it are skipped without, and `device` below is the proof then.
enum SmallDisk {
    static let available: Bool = (try? run { _ in }) != nil

    struct NotPermitted: Error {}

    static func run(_ body: (String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=1m") == 0 else {
            throw NotPermitted()
        }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        try body(folder.path)
    }
}

struct FullDiskTests {
    @Test(
        "A disk that fills up between saves: typed error, both checkpoints intact, no rest",
        .enabled(if: SmallDisk.available))
    func smallDisk() throws {
        try SmallDisk.run { disk in
            let store = CheckpointStore(directory: disk)
            // 300 KB each: three fit into a megabyte, as the store needs.
            for tag in 1...3 { try store.save(sample(tag, values: 75_000)) }
            try Data(count: 300_000).write(to: URL(fileURLWithPath: disk + "/ballast"))
            for _ in 0..<2 {
                let error = #expect(throws: StoreError.self) {
                    try store.save(sample(4, values: 75_000))
                }
                #expect(error?.code == "store.disk-full")
                #expect(error?.hint?.contains("nothing was lost") == true)
                let names = try FileManager.default.contentsOfDirectory(
                    atPath: disk + "/checkpoint")
                #expect(names.sorted() == ["000000000002.ckpt", "000000000003.ckpt"])
            }
            #expect(try store.load()?.checkpoint == sample(3, values: 75_000))
            try FileManager.default.removeItem(atPath: disk + "/ballast")
            try store.save(sample(4, values: 75_000))
            #expect(try store.load()?.checkpoint == sample(4, values: 75_000))
        }
    }

    @Test("A device that is always full: typed error, both checkpoints intact, no rest")
    func device() throws {
        let folder = try TemporaryFolder()
        let store = CheckpointStore(directory: folder.path)
        try store.save(sample(1))
        try store.save(sample(2))
        let full = CheckpointStore(
            directory: folder.path, fileSystem: AlwaysFullFileSystem())
        let error = #expect(throws: StoreError.self) { try full.save(sample(3)) }
        #expect(error?.code == "store.disk-full")
        #expect(
            try folder.names("checkpoint") == ["000000000001.ckpt", "000000000002.ckpt"])
        #expect(try store.load()?.checkpoint == sample(2))
    }

    @Test(
        "A log on a disk that fills up is as it was before, and goes on when there is space",
        .enabled(if: SmallDisk.available))
    func log() throws {
        try SmallDisk.run { disk in
            var opened = try AppendLog.open(disk + "/roster.log")
            try opened.log.append([1, 2, 3])
            try Data(count: 1_000_000).write(to: URL(fileURLWithPath: disk + "/ballast"))
            let record = [UInt8](repeating: 7, count: 200_000)
            let error = #expect(throws: StoreError.self) { try opened.log.append(record) }
            #expect(error?.code == "store.disk-full")
            try FileManager.default.removeItem(atPath: disk + "/ballast")
            try opened.log.append(record)
            let again = try AppendLog.open(disk + "/roster.log")
            #expect(again.records == [[1, 2, 3], record])
            #expect(again.tornBytes == 0)
        }
    }

    @Test(
        "A read-only disk is named, and a node can still load from it",
        .enabled(if: SmallDisk.available))
    func readOnly() throws {
        try SmallDisk.run { disk in
            let store = CheckpointStore(directory: disk)
            try store.save(sample(1))
            try store.save(sample(2))
            try Data([1]).write(to: URL(fileURLWithPath: disk + "/checkpoint/000000000002.ckpt"))
            let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
            // Busy while a child that another test starts still has copies of our descriptors.
            var tries = 100_000
            while mount("tmpfs", disk, "tmpfs", flags, "size=1m") != 0 {
                try #require(errno == EBUSY && tries > 0, "remount: \(errno)")
                tries -= 1
                sched_yield()
            }
            let error = #expect(throws: StoreError.self) { try store.save(sample(3)) }
            #expect(error?.code == "store.read-only")
            #expect(try store.load()?.checkpoint == sample(1))
        }
    }

    @Test("A state folder below a file, or that is none, is a typed error")
    func notAFolder() throws {
        let folder = try TemporaryFolder()
        try folder.put("file", [1])
        let store = CheckpointStore(directory: folder.path + "/file")
        let error = #expect(throws: StoreError.self) { try store.save(sample(1)) }
        #expect(error?.code == "store.system")
        #expect(error?.what.contains("Not a directory") == true)
    }
}
