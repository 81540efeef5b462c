// Room:  Store (floor 2, does I/O).
// Task:  records that are added one by one and never changed, each on the disk when `append` ends.
// May:   Glibc through FileSystem.   May not: cut away a record that is followed by a sound one.
// Proof: Tests/StoreTests/AppendLogTests.swift

/// A file of records with a checksum each.
///
/// A value: it keeps the path and the length, and opens the file for each append, since records
/// are rare and each costs a sync anyway. One process at a time: hold the `StateLock`.
public struct AppendLog: Sendable {
    static let magic: [UInt8] = family + Array("1".utf8)
    private static let family: [UInt8] = Array("STARLOG".utf8)
    static let headLength = 16
    /// Bounds, our guess: a roster of thousands of actions is a few megabytes.
    public static let recordLimit = 1 << 24
    public static let fileLimit = 1 << 28

    public let path: String
    /// Bytes of the file, as we left it.
    public private(set) var length: Int
    private let fileSystem: any FileSystem

    /// What a log held when it was opened.
    public struct Opened: Sendable {
        public var log: AppendLog
        public let records: [[UInt8]]
        /// Bytes of a last record that was never finished; they have been cut away.
        public let tornBytes: Int
    }

    /// Opens a log, or makes an empty one.
    ///
    /// - Throws: `damaged` when a broken record is followed by a sound one: then it is not the
    ///   trace of an interrupted append, and nothing is cut.
    public static func open(_ path: String) throws(StoreError) -> Opened {
        try open(path, on: PosixFileSystem())
    }

    static func open(_ path: String, on fileSystem: any FileSystem) throws(StoreError) -> Opened {
        var bytes: [UInt8]
        do throws(StoreError) {
            bytes = try Files.read(path, limit: fileLimit, on: fileSystem)
        } catch .missing {
            bytes = []
        }
        if bytes.count < magic.count {
            guard magic.starts(with: bytes) else {
                throw .damaged(path: path, reason: "not a log")
            }
            try Files.writeAtomically(path, magic, mode: 0o600, on: fileSystem)
            let log = AppendLog(path: path, length: magic.count, fileSystem: fileSystem)
            return Opened(log: log, records: [], tornBytes: 0)
        }
        try checkMagic(bytes, path)

        var records: [[UInt8]] = []
        var offset = magic.count
        while let record = record(in: bytes, at: offset) {
            records.append(Array(bytes[record]))
            offset = record.upperBound
        }
        let torn = bytes.count - offset
        if torn > 0 {
            for later in (offset + 1)..<bytes.count where record(in: bytes, at: later) != nil {
                throw .damaged(
                    path: path, reason: "record \(records.count + 1) at byte \(offset) is broken")
            }
            try cut(path, from: bytes.count, to: offset, on: fileSystem)
        }
        let log = AppendLog(path: path, length: offset, fileSystem: fileSystem)
        return Opened(log: log, records: records, tornBytes: torn)
    }

    /// - Throws: `newerFormat` of a later digit, unless what follows is a record of ours: then a bit
    ///   has flipped. A newer log may be sound, and is not to be cut.
    private static func checkMagic(_ bytes: [UInt8], _ path: String) throws(StoreError) {
        guard !bytes.starts(with: magic) else { return }
        let digit = bytes[family.count]
        guard bytes.starts(with: family), (UInt8(ascii: "2")...UInt8(ascii: "9")).contains(digit),
            record(in: bytes, at: magic.count) == nil
        else { throw .damaged(path: path, reason: "not a log") }
        throw .newerFormat(path: path, found: UInt32(digit - UInt8(ascii: "0")), known: 1)
    }

    /// Keeps the sound records at the beginning of a log that is damaged in the middle, and the
    /// damaged file as `PATH.damaged`.
    ///
    /// - Throws: where the file cannot be read or written; nothing is lost then.
    public static func recover(_ path: String) throws(StoreError) -> Opened {
        try recover(path, on: PosixFileSystem())
    }

    static func recover(
        _ path: String, on fileSystem: any FileSystem
    ) throws(StoreError) -> Opened {
        let bytes = try Files.read(path, limit: fileLimit, on: fileSystem)
        var offset = magic.count
        if bytes.starts(with: magic) {
            while let record = record(in: bytes, at: offset) { offset = record.upperBound }
        }
        let sound = bytes.starts(with: magic) ? Array(bytes[..<offset]) : magic
        try Files.writeAtomically(path + ".damaged", bytes, mode: 0o600, on: fileSystem)
        try Files.writeAtomically(path, sound, mode: 0o600, on: fileSystem)
        return try open(path, on: fileSystem)
    }

    /// Adds a record; it is on the disk when this returns.
    ///
    /// - Throws: `diskFull` and others; the log is then as it was before.
    public mutating func append(_ record: [UInt8]) throws(StoreError) {
        guard record.count <= Self.recordLimit else {
            throw .unfit(reason: "a record of \(record.count) bytes")
        }
        let bytes = Self.head(of: record, at: length) + record
        guard length + bytes.count <= Self.fileLimit else {
            throw .tooLarge(path: path, size: length + bytes.count, limit: Self.fileLimit)
        }
        let file = try StoreError.told { () throws(SystemFailure) in
            try fileSystem.open(path, for: .appending(mode: 0o600))
        }
        defer { try? fileSystem.close(file) }
        let size = try StoreError.told { () throws(SystemFailure) in
            try fileSystem.size(of: file)
        }
        guard size == length else { throw .changedByAnother(path: path) }
        do throws(SystemFailure) {
            var writer = FileWriter(file: file, fileSystem: fileSystem)
            try writer.write(bytes)
            try fileSystem.synchronise(file)
        } catch {
            // If the cut fails too, the torn record is found by the next append or open.
            try? fileSystem.truncate(file, to: length)
            try? fileSystem.synchronise(file)
            throw StoreError(error)
        }
        length += bytes.count
    }

    private static func cut(
        _ path: String, from size: Int, to length: Int, on fileSystem: any FileSystem
    ) throws(StoreError) {
        try StoreError.told { () throws(SystemFailure) in
            let file = try fileSystem.open(path, for: .appending(mode: 0o600))
            defer { try? fileSystem.close(file) }
            try fileSystem.truncate(file, to: length)
            try fileSystem.synchronise(file)
        }
    }

    // MARK: A record: length (4) | check of it (4) | hash of the content (8) | content

    /// The checks are seeded by the place in the file, so that a record counts only where it
    /// was written, and stale bytes elsewhere never look like one.
    private static func head(of record: [UInt8], at offset: Int) -> [UInt8] {
        var head: [UInt8] = []
        head.append(littleEndian: UInt32(record.count))
        let check = XXH64.hash(head, seed: UInt64(offset))
        head.append(littleEndian: UInt32(truncatingIfNeeded: check))
        head.append(littleEndian: XXH64.hash(record, seed: UInt64(offset)))
        return head
    }

    /// Where the content of a sound record lies whose head is at `offset`.
    private static func record(in bytes: [UInt8], at offset: Int) -> Range<Int>? {
        guard bytes.count - offset >= headLength else { return nil }
        let start = offset + headLength
        let count = Int(bytes.number(UInt32.self, at: offset))
        guard count <= bytes.count - start else { return nil }
        let seed = UInt64(offset)
        let check = XXH64.hash(Array(bytes[offset..<offset + 4]), seed: seed)
        guard bytes.number(UInt32.self, at: offset + 4) == UInt32(truncatingIfNeeded: check)
        else { return nil }
        let content = start..<(start + count)
        var hash = XXH64(seed: seed)
        bytes.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[content])) }
        return bytes.number(UInt64.self, at: offset + 8) == hash.value ? content : nil
    }
}
