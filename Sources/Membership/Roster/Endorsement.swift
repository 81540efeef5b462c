// Room:  Membership (floor 3, pure).
// Task:  one member's signed word for one action at one ballot.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterActionTests.swift

import Identity

/// One member's word for an action at a ballot. Carries the whole action: no reference dangles,
/// and an action exists by its endorsements.
///
/// The statement is (action, ballot, endorser); a key can make many signatures of one statement,
/// so signatures name nothing.
public struct Endorsement: Sendable {
    public let action: RosterAction
    /// 0 to `highestBallot`.
    public let ballot: UInt8
    /// Raw, 32 bytes.
    public let publicKey: [UInt8]
    /// 64 bytes, over a tag, the federation's ID, the action and the ballot.
    public let signature: [UInt8]
    public let endorser: NodeID
    /// A short name of the statement, the same for every signature of it: for telling a peer what
    /// is known. Eight bytes of a hash; two statements that share it are no danger but a delay.
    public let id: UInt64

    /// The federation for which the signature is known to be right: it was made or checked here.
    private var provenFor: [UInt8]?

    public static let highestBallot: UInt8 = 63
    /// Of the encoding.
    public static let mostBytes = 2048

    private init(
        action: RosterAction, ballot: UInt8, publicKey: [UInt8], signature: [UInt8],
        provenFor: [UInt8]?
    ) {
        self.action = action
        self.ballot = ballot
        self.publicKey = publicKey
        self.signature = signature
        self.provenFor = provenFor
        endorser = NodeID(publicKey: publicKey)
        var hash = SHA256()
        hash.update(action.hash.bytes)
        hash.update([ballot])
        hash.update(endorser.bytes)
        id = hash.finish().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Signs. Keeps no lock: that is `RosterBook.endorse`'s to do.
    ///
    /// - federation: its ID, 32 bytes.
    init(_ action: RosterAction, ballot: UInt8, by key: KeyPair, federation: [UInt8]) {
        precondition(ballot <= Self.highestBallot, "a ballot beyond the last")
        self.init(
            action: action, ballot: ballot, publicKey: key.publicKey,
            signature: key.sign(Self.message(action, ballot, federation)), provenFor: federation)
    }

    /// Reads the encoding (see `RosterCoding`); the signature is not checked yet.
    ///
    /// - Returns: nil for anything but the one encoding of a well-formed endorsement.
    public init?(bytes: [UInt8]) {
        guard bytes.count <= Self.mostBytes else { return nil }
        var reader = RosterReader(bytes)
        guard reader.byte() == RosterCoding.version,
            let length = reader.take(2).map({ Int($0[0]) << 8 | Int($0[1]) }),
            let action = reader.take(length).flatMap(RosterCoding.action),
            let ballot = reader.byte(), ballot <= Self.highestBallot,
            let publicKey = reader.take(32), let signature = reader.take(64), reader.isAtEnd
        else { return nil }
        self.init(
            action: action, ballot: ballot, publicKey: publicKey, signature: signature,
            provenFor: nil)
    }

    /// At most `mostBytes`.
    public var bytes: [UInt8] {
        let length = action.canonical.count
        return [RosterCoding.version, UInt8(length >> 8), UInt8(length & 255)] + action.canonical
            + [ballot] + publicKey + signature
    }

    /// This endorsement with its signature known to be right; nil where it is not.
    ///
    /// - Complexity: about 0.2 ms, nothing where it was made or checked in this process.
    func proven(for federation: [UInt8]) -> Endorsement? {
        if provenFor == federation { return self }
        let message = Self.message(action, ballot, federation)
        guard KeyPair.verify(signature: signature, message: message, publicKey: publicKey) else {
            return nil
        }
        var proven = self
        proven.provenFor = federation
        return proven
    }

    private static func message(
        _ action: RosterAction, _ ballot: UInt8, _ federation: [UInt8]
    ) -> [UInt8] {
        Array("starling endorsement 1".utf8) + federation + action.canonical + [ballot]
    }

    /// By generation, then action, ballot, endorser: an order that every node shares.
    static func inOrder(_ left: Endorsement, _ right: Endorsement) -> Bool {
        if left.action.generation != right.action.generation {
            return left.action.generation < right.action.generation
        }
        if left.action.hash != right.action.hash { return left.action.hash < right.action.hash }
        if left.ballot != right.ballot { return left.ballot < right.ballot }
        return left.endorser < right.endorser
    }

    /// Whether both say the same, however they are signed.
    func saysSame(as other: Endorsement) -> Bool {
        endorser == other.endorser && ballot == other.ballot && action.hash == other.action.hash
    }
}

extension Endorsement: Equatable {
    /// To the letter, the signature too; `saysSame` compares what is said.
    public static func == (a: Endorsement, b: Endorsement) -> Bool {
        a.id == b.id && a.bytes == b.bytes
    }
}
