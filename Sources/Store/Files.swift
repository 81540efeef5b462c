// Room:  Store (floor 2, does I/O).
// Task:  small files, read with a limit and written whole or not at all.
// May:   Glibc through FileSystem.   May not: follow lengths that others wrote.
// Proof: Tests/StoreTests/FilesTests.swift

import Glibc

/// Small whole files.
public enum Files {
    /// The content of a file.
    ///
    /// - Throws: `missing`, `notPermitted`, `tooLarge` when it has more than `limit` bytes.
    public static func read(_ path: String, limit: Int) throws(StoreError) -> [UInt8] {
        try read(path, limit: limit, on: PosixFileSystem())
    }

    /// Replaces a file, or makes it: a reader, or a restart after a crash, finds the old content
    /// or the new one. The folder must exist.
    ///
    /// - mode: permissions, whatever the umask; 0600 unless told otherwise.
    public static func writeAtomically(
        _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600
    ) throws(StoreError) {
        try writeAtomically(path, bytes, mode: mode, on: PosixFileSystem())
    }

    /// Makes a folder and those above it that are missing. One that exists is left as it is.
    public static func makeDirectory(
        _ path: String, mode: UInt32 = 0o700
    ) throws(StoreError) {
        try makeDirectory(path, mode: mode, on: PosixFileSystem())
    }

    static func read(
        _ path: String, limit: Int, on fileSystem: any FileSystem
    ) throws(StoreError) -> [UInt8] {
        let file = try StoreError.told { () throws(SystemFailure) in
            try fileSystem.open(path, for: .reading)
        }
        defer { try? fileSystem.close(file) }
        let size = try StoreError.told { () throws(SystemFailure) in
            try fileSystem.size(of: file)
        }
        guard size <= limit else { throw .tooLarge(path: path, size: size, limit: limit) }
        var reader = FileReader(file: file, fileSystem: fileSystem)
        var bytes: [UInt8] = []
        let complete = try StoreError.told { () throws(SystemFailure) in
            try reader.read(size, into: &bytes)
        }
        guard complete else { throw .changedByAnother(path: path) }
        return bytes
    }

    static func writeAtomically(
        _ path: String, _ bytes: [UInt8], mode: UInt32, on fileSystem: any FileSystem
    ) throws(StoreError) {
        try StoreError.told { () throws(SystemFailure) in
            try AtomicFile.write(path, mode: mode, on: fileSystem) {
                (writer: inout FileWriter) throws(SystemFailure) in
                try writer.write(bytes)
            }
        }
    }

    static func makeDirectory(
        _ path: String, mode: UInt32, on fileSystem: any FileSystem
    ) throws(StoreError) {
        var missing: [String] = []
        var next = path
        while true {
            do throws(SystemFailure) {
                if try fileSystem.makeDirectory(next, mode: mode) {
                    try fileSystem.synchroniseDirectory(AtomicFile.parent(of: next))
                }
                guard let below = missing.popLast() else { return }
                next = below
            } catch {
                let above = AtomicFile.parent(of: next)
                guard error.number == ENOENT, above != next, above != ".",
                    missing.last != next, !next.isEmpty
                else { throw StoreError(error) }
                missing.append(next)
                next = above
            }
        }
    }
}

extension StoreError {
    /// Runs a few calls to the file system and says their failure in the room's words.
    static func told<Result>(
        _ body: () throws(SystemFailure) -> Result
    ) throws(StoreError) -> Result {
        do throws(SystemFailure) {
            return try body()
        } catch {
            throw StoreError(error)
        }
    }
}
