// Room:  SimulationTests.
// Task:  a simulated node finds on its disk what it saved, or the one before, or is told.
// May:   Simulation, Store, Gossip, Membership, Model.
// Proof: itself

import Gossip
import Membership
import Model
import Store
import Testing

@testable import Simulation

/// A trainer that only remembers when it was saved.
private struct MarkedTrainer: SimulatedTrainer {
    var mark: UInt64

    func train(
        round: UInt64, steps: Int, parameters: [Float], correction: [Float]
    ) -> TrainingOutcome {
        TrainingOutcome(
            delta: parameters, steps: steps, samples: 0, loss: 0, gradientNorm: 0, rate: 0)
    }
}

/// An instant of node 0 of four, told from all others by its mark in every part of it.
private struct Sample: Equatable {
    var gossip: SavedGossip
    var vectors: ParameterSnapshot
    var mark: UInt64

    init(_ mark: UInt64) {
        self.mark = mark
        let number = Float(mark)
        let delta = LinkDelta(
            epoch: 2, exchange: mark, payload: Array(repeating: UInt8(mark % 256), count: 9),
            terms: Terms(
                before: 2, after: 1, stepsBetween: 5, overlap: 0.5, rate: 0.1, weight: 3,
                cap: 0.25, near: 1),
            digest: mark &* 99)
        gossip = SavedGossip(
            round: mark, samples: 32 * mark, loss: 0.5, travelled: 1.5, rate: 0.1,
            stepsBetween: 1.25, stepsSince: 5, overlap: 0.1, gradient: nil, stride: 2,
            generator: [mark, 2, 3, 4],
            links: [
                SavedLink(
                    id: LinkID(1), epoch: 2, exchange: mark, digest: mark &* 99,
                    previousDigest: 98, ledgerFrom: 0, own: delta, previous: nil,
                    exchanges: 12),
                SavedLink(
                    id: LinkID(3), epoch: 0, exchange: 0, digest: 5, previousDigest: 0,
                    ledgerFrom: nil, own: nil, previous: nil, exchanges: 0),
            ])
        vectors = ParameterSnapshot(
            parameters: [number, -0.0, .leastNonzeroMagnitude],
            links: [
                .init(
                    id: LinkID(1), reference: [number, 4, 5], digest: mark &* 99,
                    ledger: [5, 6, number]),
                .init(id: LinkID(3), reference: nil, digest: 5, ledger: nil),
            ])
    }
}

extension VirtualDisk {
    fileprivate mutating func save(_ mark: UInt64) {
        let sample = Sample(mark)
        save(gossip: sample.gossip, vectors: sample.vectors, trainer: MarkedTrainer(mark: mark))
    }
}

extension VirtualDisk.Loaded {
    /// The mark, where every part of the instant carries it.
    fileprivate var mark: UInt64? {
        guard case .loaded(let instant) = self,
            let mark = (instant.trainer as? MarkedTrainer)?.mark
        else { return nil }
        let sample = Sample(mark)
        return instant.gossip == sample.gossip && instant.vectors == sample.vectors ? mark : nil
    }

    fileprivate var isEmpty: Bool { if case .empty = self { true } else { false } }
    fileprivate var isDamaged: Bool { if case .damaged = self { true } else { false } }
    fileprivate var generation: UInt64? {
        if case .loaded(let instant) = self { instant.generation } else { nil }
    }
    fileprivate var passedOver: Int? {
        if case .loaded(let instant) = self { instant.passedOver } else { nil }
    }
}

@Suite struct VirtualDiskTests {
    private func disk(_ marks: UInt64...) throws -> VirtualDisk {
        let ids = try (0..<4).map { (number: UInt8) in
            try #require(NodeID(bytes: Array(repeating: number, count: 32)))
        }
        var disk = VirtualDisk(
            roster: try Roster(
                founders: ids.map { Member(id: $0, name: $0.short, addresses: []) }))
        for mark in marks { disk.save(mark) }
        return disk
    }

    // MARK: Steps

    @Test func what_is_saved_is_what_comes_back_to_the_bit() throws {
        var disk = try disk(7)
        guard case .loaded(let instant) = disk.load() else {
            Issue.record("nothing came back")
            return
        }
        let sample = Sample(7)
        #expect(instant.gossip == sample.gossip)
        #expect(instant.vectors == sample.vectors)
        #expect(
            instant.vectors.parameters.map(\.bitPattern)
                == sample.vectors.parameters.map(\.bitPattern))
        #expect((instant.trainer as? MarkedTrainer)?.mark == 7)
        #expect(instant.generation == 1)
        #expect(instant.passedOver == 0)
    }

    @Test func a_new_disk_is_empty_and_the_newest_of_many_comes_back() throws {
        var disk = try disk()
        #expect(disk.load().isEmpty)
        for mark in 1...5 as ClosedRange<UInt64> {
            disk.save(mark)
            #expect(disk.load().mark == mark)
            #expect(disk.load().generation == mark)
        }
    }

    @Test func a_torn_newest_falls_back_to_the_older_one() throws {
        var generator = SeededGenerator(seed: 1)
        var disk = try disk(1, 2, 3)
        disk.tear(&generator)
        #expect(disk.peek().mark == 2)
        let loaded = disk.load()
        #expect(loaded.mark == 2)
        #expect(loaded.passedOver == 1)
        #expect(disk.load().passedOver == 0, "it has been put aside")
    }

    @Test func flipped_bits_are_found() throws {
        for seed in 0..<50 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var disk = try disk(1, 2, 3)
            disk.flip(&generator)
            #expect(disk.load().mark == 2, "seed \(seed)")
        }
    }

    @Test func a_damaged_one_is_not_counted_among_the_two_that_are_kept() throws {
        var generator = SeededGenerator(seed: 2)
        var disk = try disk(1, 2)
        for mark in 3...6 as ClosedRange<UInt64> {
            disk.tear(&generator)
            #expect(disk.load().mark == 1)
            disk.save(mark)
            #expect(disk.peek().mark == mark)
        }
    }

    @Test func that_all_are_damaged_is_said_and_the_caller_decides() throws {
        for seed in 0..<20 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var disk = try disk(1, 2, 3)
            disk.damageAll(&generator)
            #expect(disk.peek().isDamaged, "seed \(seed)")
            #expect(disk.load().isDamaged, "seed \(seed)")
            #expect(disk.load().isDamaged, "nothing was changed, seed \(seed)")
            disk.wipe()
            #expect(disk.load().isEmpty, "seed \(seed)")
            disk.save(4)
            #expect(disk.load().mark == 4, "seed \(seed)")
            #expect(disk.load().generation == 1, "seed \(seed)")
        }
    }

    @Test func a_wiped_disk_is_empty_and_damage_to_nothing_is_none() throws {
        var generator = SeededGenerator(seed: 3)
        var disk = try disk(1, 2)
        disk.wipe()
        disk.tear(&generator)
        disk.flip(&generator)
        disk.damageAll(&generator)
        #expect(disk.load().isEmpty)
    }

    @Test func a_copy_is_another_disk() throws {
        var disk = try disk(1)
        var copy = disk
        copy.save(2)
        #expect(disk.load().mark == 1)
        disk.wipe()
        #expect(copy.load().mark == 2)
    }

    @Test func every_save_asks_for_its_file_and_its_folder_to_last() throws {
        var disk = try disk(1)
        let before = disk.syncs
        disk.save(2)
        #expect(disk.syncs == before + 2)
    }

    // MARK: Law

    /// Holds the disk against a plain list of what must be there.
    @Test func no_damage_gives_back_an_instant_that_was_not_saved_or_not_the_newest_intact_one()
        throws
    {
        var fallbacks = 0
        var refusals = 0
        for seed in 0..<50 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var disk = try disk()
            var files: [(generation: UInt64, mark: UInt64, isIntact: Bool)] = []
            var generations: UInt64 = 0
            for step in 1...60 as ClosedRange<UInt64> {
                let newest = files.indices.last
                switch generator.below(12) {
                case 0...4:
                    generations += 1
                    disk.save(step)
                    files.append((generations, step, true))
                    files = Array(files.suffix(2))
                case 5, 6:
                    disk.tear(&generator)
                    if let newest { files[newest].isIntact = false }
                case 7,
                    8 where newest.map { files[$0].isIntact } ?? true:
                    // Only of an intact one: flipped twice it might be mended.
                    disk.flip(&generator)
                    if let newest { files[newest].isIntact = false }
                case 9 where files.allSatisfy(\.isIntact):
                    disk.damageAll(&generator)
                    for place in files.indices { files[place].isIntact = false }
                case 10 where generator.below(4) == 0:
                    disk.wipe()
                    files = []
                    generations = 0
                default:
                    break
                }
                let expected = files.last(where: \.isIntact)
                var looks = [disk.peek()]
                if generator.below(2) == 0 {
                    looks.append(disk.load())
                    if let expected {
                        let passed = files.filter { $0.generation > expected.generation }
                        #expect(looks[1].passedOver == passed.count, "seed \(seed), step \(step)")
                        files.removeAll { $0.generation > expected.generation }
                        fallbacks += passed.count
                    }
                }
                for look in looks {
                    #expect(look.mark == expected?.mark, "seed \(seed), step \(step)")
                    #expect(look.generation == expected?.generation, "seed \(seed), step \(step)")
                    #expect(look.isEmpty == files.isEmpty, "seed \(seed), step \(step)")
                    if look.isDamaged { refusals += 1 }
                }
            }
        }
        #expect(fallbacks > 50, "the law was put to the test")
        #expect(refusals > 50)
    }
}

@Suite struct VirtualFileSystemTests {
    private func fileSystem() -> VirtualFileSystem { VirtualFileSystem(.init(folders: ["/a"])) }

    private func write(
        _ bytes: [UInt8], to path: String, _ purpose: OpenPurpose, _ fileSystem: VirtualFileSystem
    ) throws {
        let file = try fileSystem.open(path, for: purpose)
        let count = try bytes.withUnsafeBytes { (bytes) throws(SystemFailure) in
            try fileSystem.write(file, bytes)
        }
        #expect(count == bytes.count)
        try fileSystem.close(file)
    }

    @Test func files_are_replaced_appended_cut_renamed_and_removed() throws {
        let files = fileSystem()
        try write([1, 2, 3], to: "/a/f", .replacing(mode: 0o600), files)
        try write([4], to: "/a/f", .appending(mode: 0o600), files)
        #expect(files.content.files == ["/a/f": [1, 2, 3, 4]])
        let file = try files.open("/a/f", for: .appending(mode: 0o600))
        try files.truncate(file, to: 2)
        #expect(try files.size(of: file) == 2)
        try files.truncate(file, to: 4)
        #expect(!files.isQuiet)
        try files.close(file)
        #expect(files.isQuiet)
        try files.rename("/a/f", to: "/a/g")
        #expect(files.content.files == ["/a/g": [1, 2, 0, 0]])
        try write([9], to: "/a/b", .replacing(mode: 0o600), files)
        #expect(try files.entries(of: "/a") == ["b", "g"])
        try write([8], to: "/a/g", .replacing(mode: 0o600), files)
        try files.remove("/a/b")
        #expect(files.content.files == ["/a/g": [8]])
    }

    @Test func a_file_is_read_piece_by_piece_to_its_end() throws {
        let files = fileSystem()
        try write([1, 2, 3], to: "/a/f", .replacing(mode: 0o600), files)
        let file = try files.open("/a/f", for: .reading)
        var pieces: [[UInt8]] = []
        for _ in 0..<3 {
            var piece: [UInt8] = [0, 0]
            let count = try piece.withUnsafeMutableBytes { (buffer) throws(SystemFailure) in
                try files.read(file, into: buffer)
            }
            pieces.append(Array(piece.prefix(count)))
        }
        #expect(pieces == [[1, 2], [3], []])
    }

    @Test func what_is_not_there_is_refused_with_the_system_s_number() throws {
        let files = fileSystem()
        func number(_ body: () throws(SystemFailure) -> Void) -> Int32? {
            do throws(SystemFailure) {
                try body()
                return nil
            } catch {
                return error.number
            }
        }
        #expect(number { () throws(SystemFailure) in _ = try files.entries(of: "/b") } == 2)
        #expect(
            number { () throws(SystemFailure) in _ = try files.open("/a/f", for: .reading) } == 2)
        #expect(number { () throws(SystemFailure) in try files.remove("/a/f") } == 2)
        #expect(number { () throws(SystemFailure) in try files.rename("/a/f", to: "/a/g") } == 2)
        #expect(
            number { () throws(SystemFailure) in
                _ = try files.makeDirectory("/b/c", mode: 0o700)
            } == 2)
        let file = OpenFile(descriptor: 77, path: "/a/f")
        #expect(number { () throws(SystemFailure) in _ = try files.size(of: file) } == 9)
        #expect(number { () throws(SystemFailure) in try files.close(file) } == 9)
        #expect(number { () throws(SystemFailure) in try files.synchronise(file) } == 9)
    }
}
