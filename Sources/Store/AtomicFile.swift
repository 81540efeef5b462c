// Room:  Store (floor 2, does I/O).
// Task:  a file that is either the old one or the new one, whenever the process dies.
// May:   Glibc through FileSystem.   May not: keep a second copy of what it writes.
// Proof: Tests/StoreTests/CrashTests.swift

/// Writes beside, syncs the file, renames, syncs the folder.
enum AtomicFile {
    static let temporarySuffix = ".tmp"

    /// After a failure before the rename the old file is intact and the temporary one is gone.
    /// A failure after it (the folder cannot be synced) leaves the new file in place, whole.
    static func write(
        _ path: String, mode: UInt32, on fileSystem: any FileSystem,
        _ body: (inout FileWriter) throws(SystemFailure) -> Void
    ) throws(SystemFailure) {
        let temporary = path + temporarySuffix
        do throws(SystemFailure) {
            let file = try fileSystem.open(temporary, for: .replacing(mode: mode))
            var writer = FileWriter(file: file, fileSystem: fileSystem)
            do throws(SystemFailure) {
                try body(&writer)
                try fileSystem.synchronise(file)
            } catch {
                try? fileSystem.close(file)
                throw error
            }
            try fileSystem.close(file)
            try fileSystem.rename(temporary, to: path)
        } catch {
            // What failed is said; that the clean-up failed too would only hide it. The next
            // save or load tries again.
            try? fileSystem.remove(temporary)
            throw error
        }
        try fileSystem.synchroniseDirectory(parent(of: path))
    }

    /// `a/b/c` gives `a/b`, `/c` gives `/`, `c` gives `.`.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Writes whole buffers in pieces and hashes them on the way.
struct FileWriter {
    /// One call's worth: small enough that a hash of it still finds it in the cache.
    static let piece = 1 << 18

    let file: OpenFile
    let fileSystem: any FileSystem
    private(set) var hash = XXH64()

    init(file: OpenFile, fileSystem: any FileSystem) {
        self.file = file
        self.fileSystem = fileSystem
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(SystemFailure) {
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + Self.piece, bytes.count)
            hash.update(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
            while offset < end {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
                offset += try fileSystem.write(file, rest)
            }
        }
    }

    mutating func write<Element: BitwiseCopyable>(
        _ elements: [Element]
    ) throws(SystemFailure) {
        var failure: SystemFailure?
        elements.withUnsafeBytes { bytes in
            do throws(SystemFailure) { try write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

/// Reads exact amounts and hashes them on the way.
struct FileReader {
    let file: OpenFile
    let fileSystem: any FileSystem
    private(set) var hash = XXH64()

    init(file: OpenFile, fileSystem: any FileSystem) {
        self.file = file
        self.fileSystem = fileSystem
    }

    /// - Returns: false when the file ends before `count` elements. The caller has held `count`
    ///   against the file's size: memory is taken for all of them.
    mutating func read<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ count: Int, into elements: inout [Element]
    ) throws(SystemFailure) -> Bool {
        elements = Array(repeating: 0, count: count)
        var failure: SystemFailure?
        var complete = false
        elements.withUnsafeMutableBytes { bytes in
            do throws(SystemFailure) { complete = try fill(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        return complete
    }

    private mutating func fill(
        _ buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemFailure) -> Bool {
        var offset = 0
        while offset < buffer.count {
            let end = min(offset + FileWriter.piece, buffer.count)
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<end])
            let count = try fileSystem.read(file, into: piece)
            if count == 0 { return false }
            let taken = UnsafeRawBufferPointer(rebasing: piece[..<count])
            hash.update(taken)
            offset += count
        }
        return true
    }
}
