// Room:  DaemonTests.
// Task:  endorsements and pins through the log; a torn tail, damage, a record of a later version.
// May:   Daemon, Identity, Membership, Store.
// Proof: itself

import Foundation
import Identity
import Membership
import Store
import Testing

@testable import Daemon

@Suite struct RosterLogTests {
    private let folder = NSTemporaryDirectory() + "starling-log-\(UUID().uuidString)"
    private var path: String { folder + "/roster.log" }

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func votes() throws -> [Endorsement] {
        let keys = (1...3).map { KeyPair(seed: [UInt8](repeating: $0, count: 32)) }
        let founders = try Roster(
            founders: keys.prefix(2).map {
                Member(id: $0.nodeID, name: $0.nodeID.short, addresses: [])
            })
        let federation = [UInt8](repeating: 7, count: 32)
        var book = try RosterBook(
            founders: founders, federation: federation, quorum: 0.5, own: keys[0].nodeID)
        let newcomer = Member(id: keys[2].nodeID, name: "late", addresses: [])
        let first = try book.propose(.admit(newcomer), with: keys[0])
        var other = try RosterBook(
            founders: founders, federation: federation, quorum: 0.5, own: keys[1].nodeID)
        _ = other.add(first)
        return [first, try other.endorse("\(first.action.hash)", with: keys[1])]
    }

    @Test func what_was_appended_comes_back_in_its_order() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let votes = try votes()
        var (log, empty) = try RosterLog.open(path)
        #expect(empty.endorsements == [] && empty.pin == nil && empty.warnings == [])
        let pin = RosterPin(generation: 300, hash: votes[0].action.hash)
        try log.append(votes)
        try log.append(RosterPin(generation: 1, hash: votes[0].action.hash))
        try log.append(pin)
        let saved = try RosterLog.open(path).saved
        #expect(saved.endorsements == votes && saved.pin == pin && saved.warnings == [])
    }

    @Test func a_log_is_whole_once_it_says_so_and_until_it_is_damaged() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var log = try RosterLog.open(path).log
        #expect(!log.isWhole, "there may have been one before")
        try log.append(try votes())
        #expect(try !RosterLog.open(path).log.isWhole)
        try log.appendWhole()
        try log.append(try votes())
        #expect(try RosterLog.open(path).log.isWhole)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[40] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try !RosterLog.open(path).log.isWhole, "damaged")
        var (again, saved) = try RosterLog.open(path)
        #expect(!again.isWhole && saved.warnings == [], "and after the next start")
        try again.appendWhole()
        #expect(try RosterLog.open(path).log.isWhole)
    }

    @Test func a_torn_tail_is_cut_and_told() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let votes = try votes()
        var log = try RosterLog.open(path).log
        try log.append(votes)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.removeLast(3)
        try bytes.write(to: URL(fileURLWithPath: path))
        let saved = try RosterLog.open(path).saved
        #expect(saved.endorsements == [votes[0]])
        #expect(saved.warnings.count == 1 && saved.warnings[0].contains("cut away"))
        #expect(try RosterLog.open(path).saved.warnings == [], "it is told once")
    }

    @Test func damage_in_the_middle_keeps_what_is_sound_and_the_damaged_file() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let votes = try votes()
        var log = try RosterLog.open(path).log
        try log.append([votes[0]])
        let length = try Data(contentsOf: URL(fileURLWithPath: path)).count
        try log.append([votes[1], votes[0]])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[length + 20] ^= 4
        try bytes.write(to: URL(fileURLWithPath: path))
        var (mended, saved) = try RosterLog.open(path)
        #expect(saved.endorsements == [votes[0]])
        #expect(saved.warnings.count == 1 && saved.warnings[0].contains("damaged"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".damaged")) == bytes)
        try mended.append([votes[1]])
        #expect(try RosterLog.open(path).saved.endorsements == votes)
    }

    @Test func what_a_later_version_wrote_is_passed_over() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let votes = try votes()
        var raw = try AppendLog.open(path).log
        try raw.append([99, 1, 2, 3])
        try raw.append([])
        var log = try RosterLog.open(path).log
        try log.append(votes)
        #expect(try RosterLog.open(path).saved.endorsements == votes)
    }
}
