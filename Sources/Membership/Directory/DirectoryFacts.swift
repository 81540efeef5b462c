// Room:  Membership (floor 3, pure).
// Task:  what a member says of itself, and what may be said at all.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/DirectoryRecordTests.swift

/// How far a member is.
public struct DirectoryProgress: Sendable, Hashable {
    public var round: UInt64
    public var rounds: UInt64
    public var samples: UInt64
    /// As in the heartbeat's `Progress.Phase`; this room does not read it.
    public var phase: UInt8
    /// Relative, as DESIGN §1 defines it.
    public var disagreement: Float
    /// Nil where the federation's policy keeps them at home, or there are none.
    public var loss: Float?
    public var accuracy: Float?

    /// Numbers that are not finite are not shared: a disagreement becomes 0, the others nil.
    public init(
        round: UInt64 = 0, rounds: UInt64 = 0, samples: UInt64 = 0, phase: UInt8 = 0,
        disagreement: Float = 0, loss: Float? = nil, accuracy: Float? = nil
    ) {
        self.round = round
        self.rounds = rounds
        self.samples = samples
        self.phase = phase
        self.disagreement = disagreement.isFinite ? disagreement : 0
        self.loss = loss.flatMap { $0.isFinite ? $0 : nil }
        self.accuracy = accuracy.flatMap { $0.isFinite ? $0 : nil }
    }
}

/// What a member says of itself in its record.
public struct DirectoryFacts: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case present
        /// Said good-bye.
        case left
    }

    public var state: State
    /// False: it can only dial out.
    public let listening: Bool
    /// `host:port` or `[IPv6]:port`, lower case, tried in this order; at most 8.
    public let addresses: [String]
    /// Name and version, at most 64 printable ASCII characters.
    public let software: String
    public var progress: DirectoryProgress

    /// - Throws: `DirectoryError` where a record cannot say it.
    public init(
        state: State = .present, listening: Bool = true, addresses: [String], software: String,
        progress: DirectoryProgress = DirectoryProgress()
    ) throws(DirectoryError) {
        guard addresses.count <= Member.mostAddresses else {
            throw .addresses(addresses.count)
        }
        for address in addresses where !Member.isAddress(address) { throw .address(address) }
        // Public key, signature and numbers at their longest take 165 bytes at most.
        let length = addresses.reduce(software.utf8.count) { $0 + $1.utf8.count + 2 }
        guard length <= DirectoryLimits.record - 165 else { throw .length(length) }
        guard software.utf8.count <= DirectoryLimits.software,
            software.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw .software(software) }
        self.init(
            read: state, listening: listening, addresses: addresses, software: software,
            progress: progress)
    }

    /// For a record whose every field has been judged.
    init(
        read state: State, listening: Bool, addresses: [String], software: String,
        progress: DirectoryProgress
    ) {
        self.state = state
        self.listening = listening
        self.addresses = addresses
        self.software = software
        self.progress = progress
    }

    /// Whether others must know at once. Progress can wait.
    public func isUrgent(after old: DirectoryFacts) -> Bool {
        state != old.state || isElsewhere(than: old) || software != old.software
            || progress.phase != old.progress.phase
    }

    /// Whether it is dialled in another way.
    func isElsewhere(than old: DirectoryFacts) -> Bool {
        listening != old.listening || addresses != old.addresses
    }
}

/// Why facts cannot stand in a record. Has the four properties of `Fault`, which lives in a room
/// that this one may not import.
public enum DirectoryError: Error, Sendable, Equatable, CustomStringConvertible {
    case address(String)
    case addresses(Int)
    case software(String)
    case length(Int)

    public var code: String {
        switch self {
        case .address: "membership.address"
        case .addresses: "membership.addresses"
        case .software: "membership.software"
        case .length: "membership.record-length"
        }
    }
    public var what: String {
        switch self {
        case .address(let text): "'\(text)' is no address that others could dial"
        case .addresses(let count):
            "\(count) addresses, a node announces at most \(Member.mostAddresses)"
        case .software: "the software's name is not up to 64 printable ASCII characters"
        case .length(let count): "the addresses take \(count) bytes, more than a record can hold"
        }
    }
    public var hint: String? {
        switch self {
        case .address: "write host:port, or [IPv6]:port, in lower case"
        case .addresses, .length: "name the few addresses by which others reach this node"
        case .software: nil
        }
    }
    public var exitStatus: Int32 { 78 }
    public var description: String { "\(what) (\(code))" }
}
