// Room:  Store (floor 2, does I/O).
// Task:  the format of a state folder as a whole: a newer one is refused, an older one is migrated.
// May:   Glibc through FileSystem.   May not: change a file of a newer format.
// Proof: Tests/StoreTests/StateFormatTests.swift

import Glibc

/// The number in the file `format` of a state folder; a folder without that file has format 1.
///
/// Each file in the folder has a format of its own beside that. This one says whether all of them
/// together are something that a release can go on with.
public struct StateFormat: Sendable {
    /// From one format to the next, in the folder itself.
    struct Step: Sendable {
        let from: UInt32
        let migrate: @Sendable (_ state: String) throws(StoreError) -> Void
    }

    /// Format 1 is the first one, so there is nothing to migrate from.
    public static let released = StateFormat(steps: [], on: PosixFileSystem())

    private static let file = "format"
    private static let checkpoints = "/checkpoint"
    /// Of this moment and not of the node, or copied apart.
    private static let others: Set<String> = ["lock", "starling.sock", "checkpoint", file]

    private let steps: [Step]
    private let fileSystem: any FileSystem
    var current: UInt32 { 1 + UInt32(steps.count) }

    init(steps: [Step], on fileSystem: any FileSystem) {
        self.steps = steps
        self.fileSystem = fileSystem
    }

    /// Changes nothing.
    ///
    /// - Throws: `newerFormat`; `damaged` where the file says no number.
    public func check(_ state: String) throws(StoreError) { _ = try found(in: state) }

    /// Brings a folder to this release's format. Hold the `StateLock`.
    ///
    /// What was there is copied beside first, into `format-N`, and stays there; a migration that was
    /// cut off begins again from that copy. It needs free space for one more copy of the folder.
    ///
    /// - Returns: the folder with the old files; nil where nothing had to be done.
    /// - Throws: as `check`; what a copy or a step throws. The old files are whole then.
    public func bringUp(_ state: String) throws(StoreError) -> String? {
        let said = try found(in: state)
        let old = said ?? 1
        guard old < current else {
            if said == nil { try mark(state, old) }
            return nil
        }
        let kept = "\(state)/\(Self.file)-\(old)"
        if try found(in: kept) == old {
            try copy(kept, to: state)
        } else {
            try Files.makeDirectory(kept, mode: 0o700, on: fileSystem)
            try copy(state, to: kept)
            // Last: the copy is whole.
            try mark(kept, old)
        }
        for step in steps where step.from >= old { try step.migrate(state) }
        try mark(state, current)
        return kept
    }

    private func found(in folder: String) throws(StoreError) -> UInt32? {
        let path = "\(folder)/\(Self.file)"
        let bytes: [UInt8]
        do throws(StoreError) {
            bytes = try Files.read(path, limit: 64, on: fileSystem)
        } catch .missing {
            return nil
        }
        guard let line = String(validating: bytes, as: UTF8.self),
            let number = UInt32(line.prefix { $0 != "\n" }), number > 0
        else { throw .damaged(path: path, reason: "it should hold a number") }
        guard number <= current else {
            throw .newerFormat(path: folder, found: number, known: current)
        }
        return number
    }

    private func mark(_ folder: String, _ number: UInt32) throws(StoreError) {
        try Files.writeAtomically(
            "\(folder)/\(Self.file)", Array("\(number)\n".utf8), mode: 0o600, on: fileSystem)
    }

    private func copy(_ state: String, to other: String) throws(StoreError) {
        try copyFiles(of: state, to: other)
        try copyFiles(of: state + Self.checkpoints, to: other + Self.checkpoints)
    }

    private func copyFiles(of source: String, to target: String) throws(StoreError) {
        let names: [String]
        do throws(SystemFailure) {
            names = try fileSystem.entries(of: source)
        } catch {
            guard error.number == ENOENT else { throw StoreError(error) }
            return  // A node that has never saved has no checkpoints.
        }
        try Files.makeDirectory(target, mode: 0o700, on: fileSystem)
        for name in names
        where !Self.others.contains(name) && !name.hasPrefix("\(Self.file)-") {
            try copyFile("\(source)/\(name)", to: "\(target)/\(name)")
        }
    }

    /// A piece at a time: a checkpoint may be larger than memory.
    private func copyFile(_ source: String, to target: String) throws(StoreError) {
        try StoreError.told { () throws(SystemFailure) in
            let file = try fileSystem.open(source, for: .reading)
            defer { try? fileSystem.close(file) }
            var left = try fileSystem.size(of: file)
            var reader = FileReader(file: file, fileSystem: fileSystem)
            try AtomicFile.write(target, mode: 0o600, on: fileSystem) {
                (writer: inout FileWriter) throws(SystemFailure) in
                while left > 0 {
                    var piece: [UInt8] = []
                    let size = min(left, 1 << 20)
                    guard try reader.read(size, into: &piece) else {
                        throw SystemFailure(operation: "read", path: source, number: EIO)
                    }
                    try writer.write(piece)
                    left -= size
                }
            }
        }
    }
}
