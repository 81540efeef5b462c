// Room:  Membership (floor 3, pure).
// Task:  one member's signed statement about itself: its bytes, its signature, its place in time.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryRecordTests.swift

import Identity

/// Signs records of one owner.
public struct RecordSigner: Sendable {
    /// Raw, 32 bytes; the node ID is its hash.
    public let publicKey: [UInt8]
    /// Gives 64 bytes for any message, always the same for the same.
    public let sign: @Sendable ([UInt8]) -> [UInt8]

    public init(publicKey: [UInt8], sign: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        precondition(publicKey.count == 32, "an Ed25519 public key has 32 bytes")
        self.publicKey = publicKey
        self.sign = sign
    }

    public init(_ key: KeyPair) {
        self.init(publicKey: key.publicKey, sign: { key.sign($0) })
    }
}

/// Whether `signature` over `message` is that of the owner of `publicKey`.
public typealias RecordVerifier =
    @Sendable (_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) -> Bool

/// A record as it travels: kept and passed on byte for byte, so that fields of later versions
/// survive nodes that do not know them.
///
/// Bytes: version 1 | public key, 32 | incarnation | sequence | flags | refresh | count of
/// addresses, each with its length | software with its length | round | rounds | samples | phase,
/// 1 | disagreement, 4 | loss, 4, if flagged | accuracy, 4, if flagged | any more bytes: fields of
/// a later version | signature, 64. Whole numbers LEB128, floats big-endian. Flags: 1 left,
/// 2 listening, 4 loss, 8 accuracy; the others are free.
public struct DirectoryRecord: Sendable, Equatable {
    /// The hash of the key in the record.
    public let id: NodeID
    public let publicKey: [UInt8]
    /// Rises with each start of the owner.
    public let incarnation: UInt64
    /// Rises with each record of an incarnation.
    public let sequence: UInt64
    public let facts: DirectoryFacts
    /// Seconds after which the owner makes the next record at the latest.
    public let refresh: UInt64
    /// Everything above and the signature; at most 1,024.
    public let bytes: [UInt8]

    /// What incarnation and sequence may be at most.
    public static let highest: UInt64 = 1 << 62
    static let signatureLength = 64
    private static let version: UInt8 = 1
    private static let domain = Array("starling directory record".utf8)

    /// Signs a new record of the signer's own.
    ///
    /// - federation: the federation's ID, 32 bytes; it is signed and not sent.
    /// - extension: fields of a later version, for tests of mixed versions.
    init(
        signer: RecordSigner, federation: [UInt8], incarnation: UInt64, sequence: UInt64,
        facts: DirectoryFacts, refresh: UInt64, extension more: [UInt8] = []
    ) {
        var out = DirectoryWriter()
        out.byte(Self.version)
        out.raw(signer.publicKey)
        out.number(incarnation)
        out.number(sequence)
        out.byte(
            (facts.state == .left ? 1 : 0) | (facts.listening ? 2 : 0)
                | (facts.progress.loss == nil ? 0 : 4) | (facts.progress.accuracy == nil ? 0 : 8))
        out.number(refresh)
        out.number(UInt64(facts.addresses.count))
        for address in facts.addresses { out.text(address) }
        out.text(facts.software)
        let progress = facts.progress
        for number in [progress.round, progress.rounds, progress.samples] { out.number(number) }
        out.byte(progress.phase)
        out.float(progress.disagreement)
        if let loss = progress.loss { out.float(loss) }
        if let accuracy = progress.accuracy { out.float(accuracy) }
        out.raw(more)
        let signature = signer.sign(Self.message(federation: federation, body: out.bytes[...]))
        precondition(signature.count == Self.signatureLength, "a signature has 64 bytes")
        out.raw(signature)
        precondition(out.bytes.count <= DirectoryLimits.record, "the facts were checked")

        id = NodeID(publicKey: signer.publicKey)
        publicKey = signer.publicKey
        self.incarnation = incarnation
        self.sequence = sequence
        self.facts = facts
        self.refresh = refresh
        bytes = out.bytes
    }

    /// Nil where the bytes are no record; the signature is not looked at.
    public init?(bytes: [UInt8]) { try? self.init(reading: bytes) }

    /// - Throws: why these bytes are no record.
    init(reading bytes: [UInt8]) throws(DirectoryDrop) {
        guard bytes.count <= DirectoryLimits.record else { throw .tooLong }
        guard let first = bytes.first, bytes.count > Self.signatureLength else { throw .malformed }
        guard first == Self.version else { throw .version }
        var reader = DirectoryReader(bytes[1..<(bytes.count - Self.signatureLength)])
        publicKey = Array(try reader.raw(32))
        incarnation = try reader.number()
        sequence = try reader.number()
        guard max(incarnation, sequence) <= Self.highest else { throw .future }
        let flags = try reader.byte()
        refresh = try reader.number()
        guard DirectoryLimits.refreshRange.contains(refresh) else { throw .malformed }
        facts = try Self.facts(from: &reader, flags: flags)
        id = NodeID(publicKey: publicKey)
        self.bytes = bytes
    }

    private static func facts(
        from reader: inout DirectoryReader, flags: UInt8
    ) throws(DirectoryDrop) -> DirectoryFacts {
        let count = try reader.number()
        guard count <= UInt64(Member.mostAddresses) else { throw .malformed }
        var addresses: [String] = []
        for _ in 0..<count { addresses.append(try reader.text(most: Member.longestAddress)) }
        let software = try reader.text(most: DirectoryLimits.software)
        var progress = DirectoryProgress()
        progress.round = try reader.number()
        progress.rounds = try reader.number()
        progress.samples = try reader.number()
        progress.phase = try reader.byte()
        progress.disagreement = try reader.float()
        if flags & 4 != 0 { progress.loss = try reader.float() }
        if flags & 8 != 0 { progress.accuracy = try reader.float() }
        // Only after all else: a newer program may know other forms, and is no offender.
        guard addresses.allSatisfy(Member.isAddress) else { throw .address }
        return DirectoryFacts(
            read: flags & 1 != 0 ? .left : .present, listening: flags & 2 != 0,
            addresses: addresses, software: software, progress: progress)
    }

    /// Whether the owner signed these bytes for this federation.
    public func isSigned(federation: [UInt8], verify: RecordVerifier) -> Bool {
        let end = bytes.count - Self.signatureLength
        return verify(
            Array(bytes[end...]), Self.message(federation: federation, body: bytes[..<end]),
            publicKey)
    }

    private static func message(federation: [UInt8], body: ArraySlice<UInt8>) -> [UInt8] {
        domain + [0] + federation + body
    }

    /// Where it stands among the owner's records.
    var version: DirectoryVersion {
        DirectoryVersion(
            incarnation: incarnation, sequence: sequence,
            tag: bytes.suffix(Self.signatureLength).reduce(0, ^))
    }
}

/// The order of an owner's records.
struct DirectoryVersion: Sendable, Hashable, Comparable {
    var incarnation: UInt64
    var sequence: UInt64
    /// A byte of the signature. Two different records of one (incarnation, sequence) come about
    /// where a node was restored from a backup; with the tag all nodes keep the same one of them,
    /// and the owner gets to see the other.
    var tag: UInt8

    static func < (a: DirectoryVersion, b: DirectoryVersion) -> Bool {
        if a.incarnation != b.incarnation { return a.incarnation < b.incarnation }
        if a.sequence != b.sequence { return a.sequence < b.sequence }
        return a.tag < b.tag
    }
}
