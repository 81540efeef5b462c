// Room:  Simulation (floor 5, pure).
// Task:  a node's disk: the daemon's checkpoints in memory, and what may happen to them.
// May:   Store, Peer, Gossip, Membership, Model.   May not: clock, real files, global randomness.
// Proof: Tests/SimulationTests/VirtualDiskTests.swift

import Gossip
import Membership
import Model
import Peer
import Store

/// What outlives a simulated node's crash. A value: a copy is another disk.
///
/// Checkpoints are the real ones: format, checksum, the last two kept, back to the older one when
/// the newer is damaged. Only the trainer's state is no bytes; it is kept beside the files by
/// generation and goes with them.
struct VirtualDisk {
    /// What a load brings back: both halves of one instant.
    struct Instant {
        var gossip: SavedGossip
        var vectors: ParameterSnapshot
        var trainer: any SimulatedTrainer
        /// Of its file: one higher at each save.
        var generation: UInt64
        /// Newer files that were damaged, and are aside now.
        var passedOver: Int
    }

    enum Loaded {
        case loaded(Instant)
        /// Nothing was ever saved, or the disk was wiped.
        case empty
        /// There are checkpoints and all are damaged. Nothing was changed: the daemon refuses to
        /// start, and what comes then is for its operator to decide.
        case damaged
    }

    private static let directory = "/state"
    private static let suffix = ".ckpt"

    private let roster: Roster
    private var content = VirtualFileSystem.Content(folders: [directory])
    /// Only of generations that still have a file under its own name, ascending.
    private var trainers: [(generation: UInt64, state: any SimulatedTrainer)] = []

    /// An empty disk.
    ///
    /// - roster: names the links, as for the core.
    init(roster: Roster) { self.roster = roster }

    /// How often a save asked for something to last.
    var syncs: Int { content.syncs }

    // MARK: As the daemon uses it

    /// Saves an instant as the newest.
    ///
    /// - Complexity: O(bytes), hashed and copied into the file.
    mutating func save(
        gossip: SavedGossip, vectors: ParameterSnapshot, trainer: any SimulatedTrainer
    ) {
        // Whose it is stays open: this disk has one owner.
        let header = SavedHeader(federation: [], node: [], gossip: gossip, trainer: [])
        let checkpoint = Checkpoint(
            header: header.bytes(roster: roster),
            vectors: vectors.named(with: gossip.links, roster: roster).map {
                NamedVector(name: $0.name, values: $0.values)
            })
        using { store in
            do throws(StoreError) {
                try store.save(checkpoint)
            } catch {
                preconditionFailure("a disk that refuses nothing cannot save: \(error)")
            }
        }
        let generations = checkpoints.map(\.generation)
        guard let newest = generations.last else { preconditionFailure("saved, and not there") }
        trainers.append((newest, trainer))
        trainers.removeAll { !generations.contains($0.generation) }
    }

    /// What a node finds when it starts. Damaged files are put aside, as the daemon does, so that
    /// the next save does not count them among the two.
    mutating func load() -> Loaded {
        let loaded = using { Self.load(from: $0, tidying: true) }
        let generations = checkpoints.map(\.generation)
        trainers.removeAll { !generations.contains($0.generation) }
        return told(loaded)
    }

    /// What `load` would give. Changes nothing.
    func peek() -> Loaded {
        var copy = self
        return told(copy.using { Self.load(from: $0, tidying: false) })
    }

    private static func load(
        from store: CheckpointStore, tidying: Bool
    ) -> Result<LoadedCheckpoint?, StoreError> {
        do throws(StoreError) {
            return .success(try store.load(tidying: tidying))
        } catch {
            return .failure(error)
        }
    }

    private func told(_ result: Result<LoadedCheckpoint?, StoreError>) -> Loaded {
        switch result {
        case .success(nil): return .empty
        case .failure(.noneIntact): return .damaged
        case .failure(let error):
            preconditionFailure("a disk that refuses nothing cannot load: \(error)")
        case .success(let found?):
            // The checksum has held: from here on anything amiss is a mistake of ours.
            guard let header = SavedHeader(bytes: found.checkpoint.header, roster: roster),
                let vectors = ParameterSnapshot(
                    links: header.gossip.links, roster: roster, vector: { found.checkpoint[$0] }),
                let trainer = trainers.first(where: { $0.generation == found.generation })
            else { preconditionFailure("checkpoint \(found.generation) is intact, and not whole") }
            return .loaded(
                Instant(
                    gossip: header.gossip, vectors: vectors, trainer: trainer.state,
                    generation: found.generation, passedOver: found.skipped.count))
        }
    }

    private mutating func using<Result>(_ body: (CheckpointStore) -> Result) -> Result {
        let fileSystem = VirtualFileSystem(content)
        let result = body(CheckpointStore(directory: Self.directory, fileSystem: fileSystem))
        precondition(fileSystem.isQuiet, "a descriptor was not given back")
        content = fileSystem.content
        return result
    }

    // MARK: What may happen to it

    /// A new disk, or a folder that was moved away.
    mutating func wipe() { self = VirtualDisk(roster: roster) }

    /// Cuts the newest checkpoint at any length shorter than it is: a power failure, on a disk
    /// that said it had written what it had not. Nothing where there is none.
    mutating func tear(_ generator: inout SeededGenerator) {
        damageNewest { bytes in Self.tear(&bytes, &generator) }
    }

    /// Flips one to three bits of the newest checkpoint. Nothing where there is none, or no byte
    /// is left of it.
    mutating func flip(_ generator: inout SeededGenerator) {
        damageNewest { bytes in Self.flip(&bytes, &generator) }
    }

    /// Tears or flips every checkpoint.
    mutating func damageAll(_ generator: inout SeededGenerator) {
        for file in checkpoints {
            let tears = generator.below(2) == 0
            damage(file.path) { bytes in
                if tears {
                    Self.tear(&bytes, &generator)
                } else {
                    Self.flip(&bytes, &generator)
                }
            }
        }
    }

    private mutating func damageNewest(_ change: (inout [UInt8]) -> Void) {
        if let newest = checkpoints.last { damage(newest.path, change) }
    }

    private mutating func damage(_ path: String, _ change: (inout [UInt8]) -> Void) {
        guard var bytes = content.files.removeValue(forKey: path) else { return }
        change(&bytes)
        content.files[path] = bytes
    }

    private static func tear(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        bytes.removeLast(bytes.count - generator.below(bytes.count))
    }

    private static func flip(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        var bits: [Int] = []
        let wanted = 1 + generator.below(3)
        while bits.count < wanted {
            // The same bit twice would mend it.
            let bit = generator.below(8 * bytes.count)
            if !bits.contains(bit) { bits.append(bit) }
        }
        for bit in bits { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
    }

    /// Those under their own names, oldest first; not what was put aside.
    private var checkpoints: [(path: String, generation: UInt64)] {
        content.files.keys.sorted().compactMap { path in
            guard path.hasSuffix(Self.suffix), let slash = path.lastIndex(of: "/"),
                let generation = UInt64(
                    path[path.index(after: slash)...].dropLast(Self.suffix.count))
            else { return nil }
            return (path, generation)
        }
    }
}
