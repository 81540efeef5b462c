// Room:  Daemon (floor 5).
// Task:  the endorsements that this node holds, on the disk before anybody hears of them.
// May:   Membership, Store.
// Proof: Tests/DaemonTests/RosterLogTests.swift

import Membership
import Store

/// `roster.log`. A record is one byte for its kind, then an endorsement, or a pin: the generation
/// (8 bytes, big-endian) and the hash (32), or that from here on nothing that this node ever endorsed
/// is missing, or that something may be.
struct RosterLog {
    private enum Kind: UInt8 {
        case endorsement = 1
        case pin = 2
        case whole = 3
        case lacking = 4
    }

    /// What was found.
    struct Saved {
        /// In the order in which they were taken.
        var endorsements: [Endorsement] = []
        /// The last one.
        var pin: RosterPin?
        /// To be told to a person.
        var warnings: [String] = []
    }

    private var log: AppendLog
    /// Nothing that this node ever endorsed is missing; not so where there was no log.
    private(set) var isWhole = false

    /// Opens the log, or makes one. A torn tail is cut away; damage in the middle cuts the log there
    /// and keeps the damaged file beside it: peers bring back what is lost.
    static func open(_ path: String) throws(StoreError) -> (log: RosterLog, saved: Saved) {
        var saved = Saved()
        var opened: AppendLog.Opened
        var isDamaged = false
        do {
            opened = try AppendLog.open(path)
            if opened.tornBytes > 0 {
                saved.warnings.append(
                    "roster.log ended in \(opened.tornBytes) bytes of a record that was never "
                        + "finished; they were cut away")
            }
        } catch .damaged(_, let reason) {
            opened = try AppendLog.recover(path)
            try opened.log.append([Kind.lacking.rawValue])
            isDamaged = true
            saved.warnings.append(
                "roster.log is damaged (\(reason)): its \(opened.records.count) sound records were "
                    + "kept, the peers bring the rest; the old file is \(path).damaged")
        }
        var isWhole = false
        for record in opened.records {
            let body = Array(record.dropFirst())
            switch record.first.flatMap(Kind.init) {
            case .endorsement?: Endorsement(bytes: body).map { saved.endorsements.append($0) }
            case .pin?: saved.pin = pin(body) ?? saved.pin
            case .whole?: isWhole = true
            case .lacking?: isWhole = false
            case nil: break  // A later version's.
            }
        }
        return (RosterLog(log: opened.log, isWhole: isWhole && !isDamaged), saved)
    }

    mutating func append(_ endorsements: [Endorsement]) throws(StoreError) {
        for endorsement in endorsements {
            try log.append([Kind.endorsement.rawValue] + endorsement.bytes)
        }
    }

    mutating func append(_ pin: RosterPin) throws(StoreError) {
        let generation = (0..<8).map { UInt8(truncatingIfNeeded: pin.generation >> (56 - 8 * $0)) }
        try log.append([Kind.pin.rawValue] + generation + pin.hash.bytes)
    }

    /// From here on the log holds every word of this node.
    mutating func appendWhole() throws(StoreError) {
        guard !isWhole else { return }
        try log.append([Kind.whole.rawValue])
        isWhole = true
    }

    private static func pin(_ body: [UInt8]) -> RosterPin? {
        guard body.count == 40, let hash = RosterHash(bytes: Array(body[8...])) else { return nil }
        return RosterPin(
            generation: body[..<8].reduce(0) { $0 << 8 | UInt64($1) }, hash: hash)
    }
}
