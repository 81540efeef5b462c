// Room:  Store (floor 2, does I/O).
// Task:  keeps the last two checkpoints of a node, whatever happens in between.
// May:   Glibc through FileSystem.   May not: destroy an older checkpoint before a newer one lasts.
// Proof: Tests/StoreTests/CrashTests.swift

/// The checkpoints under a state folder: `STATE/checkpoint/NNNNNNNNNNNN.ckpt`.
///
/// One process at a time may save and load: hold the `StateLock` first. `load(tidying: false)`
/// changes nothing and may be used by others beside a running node.
///
/// Needs room on the disk for three checkpoints, since a new one is written beside the old two.
public struct CheckpointStore: Sendable {
    static let suffix = ".ckpt"
    static let damagedSuffix = ".ckpt.damaged"
    static let kept = 2

    /// The folder of the files, inside the state folder.
    public let folder: String
    private let fileSystem: any FileSystem

    /// - directory: the state folder. Nothing is touched yet.
    public init(directory: String) {
        self.init(directory: directory, fileSystem: PosixFileSystem())
    }

    package init(directory: String, fileSystem: any FileSystem) {
        folder = directory + "/checkpoint"
        self.fileSystem = fileSystem
    }

    // MARK: Saving

    /// Saves a checkpoint as the newest. When it returns, the checkpoint outlasts a loss of power;
    /// only then is the third oldest removed.
    ///
    /// - Throws: `diskFull` and others; the older checkpoints are intact then, and nothing is
    ///   left of the new one. `newerFormat` when a newer release has used the folder.
    /// - Complexity: O(bytes) of writing and hashing; no copy of a vector is made.
    public func save(_ checkpoint: Checkpoint) throws(StoreError) {
        let length = try CheckpointFormat.check(checkpoint)
        try Files.makeDirectory(folder, mode: 0o700, on: fileSystem)
        let names = try list()
        let older = generations(in: names, suffix: Self.suffix)
        let damaged = generations(in: names, suffix: Self.damagedSuffix)
        for generation in older { try refuseNewerFormat(generation) }
        try told { () throws(SystemFailure) in try removeLeftovers(names) }

        let newest = max(older.first ?? 0, damaged.first ?? 0)
        guard newest < CheckpointBounds.generation else {
            throw .unfit(reason: "generation \(newest) is the last one")
        }
        let generation = newest + 1
        try told { () throws(SystemFailure) in
            try AtomicFile.write(path(generation), mode: 0o600, on: fileSystem) {
                (writer: inout FileWriter) throws(SystemFailure) in
                try CheckpointFormat.write(
                    checkpoint, generation: generation, length: length, to: &writer)
            }
        }
        // The new one lasts. What cannot be removed now is removed after the next save.
        for old in older.dropFirst(Self.kept - 1) { try? fileSystem.remove(path(old)) }
        for old in damaged.dropFirst() {
            try? fileSystem.remove(path(old, Self.damagedSuffix))
        }
    }

    // MARK: Loading

    /// The newest intact checkpoint; nil when none was ever saved here.
    ///
    /// Files that are damaged are passed over and told in `skipped`. When an older one is intact
    /// they are renamed to `….ckpt.damaged`, so that the next save does not count them as one
    /// of the two; the newest of those is kept to be looked at.
    ///
    /// - tidying: also removes what an interrupted save has left. False changes nothing on disk.
    /// - Throws: `noneIntact` when there are files and all are damaged, `newerFormat`,
    ///   `notPermitted`; nothing was changed then.
    public func load(tidying: Bool = true) throws(StoreError) -> LoadedCheckpoint? {
        let names: [String]
        do throws(StoreError) {
            names = try list()
        } catch .missing {
            return nil
        }
        var skipped: [SkippedCheckpoint] = []
        var passed: [UInt64] = []
        for generation in generations(in: names, suffix: Self.suffix) {
            do throws(CheckpointDefect) {
                let checkpoint = try CheckpointFormat.read(
                    path(generation), generation: generation, on: fileSystem)
                if tidying { tidy(names, damaged: passed) }
                return LoadedCheckpoint(
                    checkpoint: checkpoint, generation: generation, skipped: skipped)
            } catch {
                switch error {
                case .damaged(let reason):
                    passed.append(generation)
                    skipped.append(SkippedCheckpoint(file: name(generation), reason: reason))
                case .newer(let found):
                    throw .newerFormat(
                        path: path(generation), found: found, known: CheckpointFormat.version)
                case .system(let failure):
                    throw StoreError(failure)
                }
            }
        }
        guard skipped.isEmpty else { throw .noneIntact(directory: folder, skipped: skipped) }
        if tidying { tidy(names, damaged: []) }
        return nil
    }

    // MARK: Names

    func path(_ generation: UInt64, _ suffix: String = suffix) -> String {
        folder + "/" + name(generation, suffix)
    }

    private func name(_ generation: UInt64, _ suffix: String = suffix) -> String {
        let digits = String(generation)
        return String(repeating: "0", count: 12 - digits.count) + digits + suffix
    }

    /// Newest first. Anything that is not named by us is left alone.
    private func generations(in names: [String], suffix: String) -> [UInt64] {
        names.compactMap { (file: String) -> UInt64? in
            guard file.hasSuffix(suffix), file.utf8.count == 12 + suffix.utf8.count,
                let generation = UInt64(file.dropLast(suffix.count)),
                file == name(generation, suffix)
            else { return nil }
            return generation
        }
        .sorted(by: >)
    }

    private func list() throws(StoreError) -> [String] {
        try told { () throws(SystemFailure) in try fileSystem.entries(of: folder) }
    }

    private func told<Result>(
        _ body: () throws(SystemFailure) -> Result
    ) throws(StoreError) -> Result {
        try StoreError.told(body)
    }

    // MARK: Order in the folder

    private func removeLeftovers(_ names: [String]) throws(SystemFailure) {
        for leftover in names where leftover.hasSuffix(Self.suffix + AtomicFile.temporarySuffix) {
            try fileSystem.remove(folder + "/" + leftover)
        }
    }

    /// A node must start from a read-only disk too, if only to say so: failures here are told by
    /// the next save.
    private func tidy(_ names: [String], damaged: [UInt64]) {
        try? removeLeftovers(names)
        for generation in damaged {
            try? fileSystem.rename(path(generation), to: path(generation, Self.damagedSuffix))
        }
    }

    /// Saving would push a newer release's checkpoints out one by one.
    private func refuseNewerFormat(_ generation: UInt64) throws(StoreError) {
        if let found = newerFormat(generation) {
            throw .newerFormat(
                path: path(generation), found: found, known: CheckpointFormat.version)
        }
    }

    /// Nil also when it cannot be read: a bad sector in an old file must not keep a node from
    /// saving a new one.
    private func newerFormat(_ generation: UInt64) -> UInt32? {
        guard let file = try? fileSystem.open(path(generation), for: .reading) else {
            return nil
        }
        defer { try? fileSystem.close(file) }
        var reader = FileReader(file: file, fileSystem: fileSystem)
        var stamp: [UInt8] = []
        guard (try? reader.read(CheckpointFormat.stampLength, into: &stamp)) == true,
            case .newer(let found) = CheckpointFormat.defect(ofStamp: stamp)
        else { return nil }
        return found
    }
}
