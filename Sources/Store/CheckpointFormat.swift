// Room:  Store (floor 2, does I/O).
// Task:  a checkpoint to the bytes of its file and back (the page is Sources/Store/README.md).
// May:   Glibc through FileSystem.   May not: take memory for a length that it has not checked.
// Proof: Tests/StoreTests/DamageTests.swift

import Glibc

/// Why a file is not a checkpoint that we can take.
enum CheckpointDefect: Error, Equatable {
    case damaged(String)
    case newer(UInt32)
    case system(SystemFailure)
}

enum CheckpointFormat {
    static let magic: [UInt8] = Array("STARCKPT".utf8)
    static let version: UInt32 = 1
    /// Magic, version and their check: the same in every version to come.
    static let stampLength = 16
    static let preambleLength = 48
    static let checksumLength = 8

    // MARK: Writing

    /// Holds a checkpoint against the bounds.
    ///
    /// - Returns: the length of its file.
    static func check(_ checkpoint: Checkpoint) throws(StoreError) -> Int {
        guard checkpoint.header.count <= CheckpointBounds.header else {
            throw .unfit(reason: "a header of \(checkpoint.header.count) bytes")
        }
        guard checkpoint.vectors.count <= CheckpointBounds.vectors else {
            throw .unfit(reason: "\(checkpoint.vectors.count) vectors")
        }
        var names: Set<String> = []
        var length = preambleLength + checkpoint.header.count + checksumLength
        for vector in checkpoint.vectors {
            let bytes = vector.name.utf8.count
            guard (1...CheckpointBounds.name).contains(bytes) else {
                throw .unfit(reason: "a vector's name of \(bytes) bytes")
            }
            guard names.insert(vector.name).inserted else {
                throw .unfit(reason: "two vectors named \(vector.name)")
            }
            length += entryLength(nameLength: bytes) + 4 * vector.values.count
        }
        guard length <= CheckpointBounds.file else { throw .unfit(reason: "\(length) bytes") }
        return length
    }

    /// Streams it: no copy of a vector is made.
    static func write(
        _ checkpoint: Checkpoint, generation: UInt64, length: Int, to writer: inout FileWriter
    ) throws(SystemFailure) {
        var table: [UInt8] = []
        for vector in checkpoint.vectors {
            let name = Array(vector.name.utf8)
            table.append(littleEndian: UInt16(name.count))
            table.append(littleEndian: UInt64(vector.values.count))
            table.append(contentsOf: name)
        }
        var preamble = stamp(version: version)
        preamble.append(littleEndian: generation)
        preamble.append(littleEndian: UInt64(length))
        preamble.append(littleEndian: UInt32(checkpoint.header.count))
        preamble.append(littleEndian: UInt32(checkpoint.vectors.count))
        preamble.append(littleEndian: UInt32(table.count))
        preamble.append(littleEndian: UInt32(0))
        precondition(preamble.count == preambleLength)

        try writer.write(preamble)
        try writer.write(checkpoint.header)
        try writer.write(table)
        for vector in checkpoint.vectors { try writer.write(vector.values) }
        var checksum: [UInt8] = []
        checksum.append(littleEndian: writer.hash.value)
        try writer.write(checksum)
    }

    /// Magic and version have a check of their own, so that a flipped bit in the version is
    /// damage and not a newer release's file.
    static func stamp(version: UInt32) -> [UInt8] {
        var bytes = magic
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: XXH64.hash(bytes)))
        return bytes
    }

    private static func entryLength(nameLength: Int) -> Int { 2 + 8 + nameLength }

    // MARK: Reading

    /// Says what keeps the first bytes of a file from being this version's, or nil.
    static func defect(ofStamp bytes: [UInt8]) -> CheckpointDefect? {
        guard Array(bytes[..<magic.count]) == magic else { return .damaged("not a checkpoint") }
        let found = bytes.number(UInt32.self, at: magic.count)
        guard Array(bytes[..<stampLength]) == stamp(version: found) else {
            return .damaged("its version cannot be read")
        }
        if found > version { return .newer(found) }
        return found == version ? nil : .damaged("format \(found) was never released")
    }

    /// Reads and verifies a whole file.
    static func read(
        _ path: String, generation: UInt64, on fileSystem: any FileSystem
    ) throws(CheckpointDefect) -> Checkpoint {
        let file = try told { () throws(SystemFailure) in
            try fileSystem.open(path, for: .reading)
        }
        defer { try? fileSystem.close(file) }
        let size = try told { () throws(SystemFailure) in try fileSystem.size(of: file) }
        var reader = FileReader(file: file, fileSystem: fileSystem)

        var preamble: [UInt8] = []
        guard size >= stampLength else { throw .damaged("only \(size) bytes") }
        try take(min(size, preambleLength), from: &reader, into: &preamble)
        if let defect = defect(ofStamp: preamble) { throw defect }
        let sizes = try Sizes(preamble: preamble, generation: generation, fileSize: size)

        var header: [UInt8] = []
        try take(sizes.header, from: &reader, into: &header)
        var table: [UInt8] = []
        try take(sizes.table, from: &reader, into: &table)
        let entries = try parse(table, vectors: sizes.vectors, payload: sizes.payload)
        var vectors: [NamedVector] = []
        vectors.reserveCapacity(entries.count)
        for entry in entries {
            var values: [Float] = []
            try take(entry.count, from: &reader, into: &values)
            vectors.append(NamedVector(name: entry.name, values: values))
        }
        let expected = reader.hash.value
        var checksum: [UInt8] = []
        try take(checksumLength, from: &reader, into: &checksum)
        guard checksum.number(UInt64.self, at: 0) == expected else {
            throw .damaged("the checksum does not match")
        }
        return Checkpoint(header: header, vectors: vectors)
    }

    /// The lengths in a preamble, held against the file's size and the bounds.
    private struct Sizes {
        let header: Int
        let vectors: Int
        let table: Int
        /// Bytes of all vectors.
        let payload: Int

        init(
            preamble: [UInt8], generation: UInt64, fileSize: Int
        ) throws(CheckpointDefect) {
            let least = preambleLength + checksumLength
            guard fileSize >= least else { throw .damaged("only \(fileSize) bytes") }
            guard preamble.number(UInt64.self, at: 16) == generation else {
                throw .damaged("it is not the one that its name says")
            }
            let length = preamble.number(UInt64.self, at: 24)
            guard length == UInt64(fileSize) else {
                throw .damaged("\(fileSize) bytes where \(length) were written")
            }
            guard fileSize <= CheckpointBounds.file else { throw .damaged("too large") }
            header = Int(preamble.number(UInt32.self, at: 32))
            vectors = Int(preamble.number(UInt32.self, at: 36))
            table = Int(preamble.number(UInt32.self, at: 40))
            guard header <= CheckpointBounds.header, vectors <= CheckpointBounds.vectors,
                table <= vectors * entryLength(nameLength: CheckpointBounds.name),
                preamble.number(UInt32.self, at: 44) == 0
            else { throw .damaged("its lengths are out of bounds") }
            payload = fileSize - least - header - table
            guard payload >= 0 else { throw .damaged("its lengths do not fit its size") }
        }
    }

    private struct Entry {
        let name: String
        let count: Int
    }

    /// The table of vectors; together they fill the payload to the byte.
    private static func parse(
        _ table: [UInt8], vectors: Int, payload: Int
    ) throws(CheckpointDefect) -> [Entry] {
        var entries: [Entry] = []
        var offset = 0
        var left = payload
        for _ in 0..<vectors {
            guard table.count - offset >= entryLength(nameLength: 0) else {
                throw .damaged("its table of vectors ends too early")
            }
            let nameLength = Int(table.number(UInt16.self, at: offset))
            let count = table.number(UInt64.self, at: offset + 2)
            offset += entryLength(nameLength: 0)
            guard (1...CheckpointBounds.name).contains(nameLength),
                table.count - offset >= nameLength,
                let name = String(validating: table[offset..<offset + nameLength], as: UTF8.self)
            else { throw .damaged("a vector's name cannot be read") }
            offset += nameLength
            guard count <= UInt64(left / 4) else {
                throw .damaged("vector \(name) is longer than the file")
            }
            left -= 4 * Int(count)
            entries.append(Entry(name: name, count: Int(count)))
        }
        guard offset == table.count, left == 0, Set(entries.map(\.name)).count == vectors else {
            throw .damaged("its table of vectors does not fit its size")
        }
        return entries
    }

    private static func take<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ count: Int, from reader: inout FileReader, into elements: inout [Element]
    ) throws(CheckpointDefect) {
        let complete = try told { () throws(SystemFailure) in
            try reader.read(count, into: &elements)
        }
        guard complete else { throw .damaged("it ends too early") }
    }

    private static func told<Result>(
        _ body: () throws(SystemFailure) -> Result
    ) throws(CheckpointDefect) -> Result {
        do throws(SystemFailure) {
            return try body()
        } catch {
            // A bad sector is damage of this one file; anything else concerns the whole store.
            if error.number == EIO { throw .damaged("the disk cannot read it") }
            if error.number == EISDIR { throw .damaged("it is a folder") }
            throw .system(error)
        }
    }
}
