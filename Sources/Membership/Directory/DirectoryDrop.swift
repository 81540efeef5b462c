// Room:  Membership (floor 3, pure).
// Task:  why something that came for the directory was let fall, and how often.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/DirectoryFuzzTests.swift

/// Why a record, a claim or a message changed nothing.
public enum DirectoryDrop: String, Error, Sendable, CaseIterable {
    /// The signature is not the owner's over these bytes in this federation.
    case forged
    /// Of a node that is not in the roster, as far as this node knows it.
    case stranger
    /// Known already, or older than what is known.
    case stale
    case malformed
    case tooLong
    /// Incarnation or sequence beyond `DirectoryRecord.highest`: nothing could rise above it.
    case future
    /// An address that is not `host:port`.
    case address
    /// A record of a version that this program cannot read.
    case version
    /// More messages from one peer than `DirectoryLimits` allow.
    case flood

    /// Whether no honest peer sends it: each judges before it relays. The others come about by
    /// messages that cross, rosters that differ for a while, and newer programs.
    public var isOffence: Bool {
        switch self {
        case .forged, .malformed, .tooLong, .future: true
        case .stranger, .stale, .address, .version, .flood: false
        }
    }
}

/// Counters, one a reason.
public struct DirectoryDrops: Sendable, Equatable {
    private var counts = [UInt64](repeating: 0, count: DirectoryDrop.allCases.count)

    public subscript(reason: DirectoryDrop) -> UInt64 { counts[Self.place(reason)] }

    /// For whatever reason.
    public var all: UInt64 { counts.reduce(0, &+) }

    mutating func count(_ reason: DirectoryDrop) { counts[Self.place(reason)] += 1 }

    private static func place(_ reason: DirectoryDrop) -> Int {
        switch reason {
        case .forged: 0
        case .stranger: 1
        case .stale: 2
        case .malformed: 3
        case .tooLong: 4
        case .future: 5
        case .address: 6
        case .version: 7
        case .flood: 8
        }
    }
}
