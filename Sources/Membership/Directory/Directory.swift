// Room:  Membership (floor 3, pure).
// Task:  the directory of one node: its own record, everybody's rows, and who is told what.
// May:   Identity.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/DirectoryTests.swift

import Identity

/// What a node knows of each member now, from records that their owners signed.
///
/// Order of use: `restore` what was saved, then `announce` the own facts, again whenever they
/// change and when `nextAnnouncement` is due. `digest` rides on every heartbeat, answers included;
/// a peer's goes into `hear`. What `hear` and `receive` give back is sent to that peer. `parted`
/// when a link goes, `retain` when the roster changes.
///
/// - Source: van Renesse, Dumitriu, Gough, Thomas 2008, "Efficient Reconciliation and Flow Control
///   for Anti-Entropy Protocols" (Scuttlebutt); Das, Gupta, Motivala 2002, "SWIM", §4.2 (claims and
///   their refutation). Our deviation: news are asked for by the one who lacks them, against a
///   cursor into the other's changes, so that a summary names only what changed since two nodes
///   last spoke.
public struct Directory: Sendable {
    public let id: NodeID
    let federation: [UInt8]
    let verify: RecordVerifier

    var table = DirectoryTable()
    var own: OwnRecord
    /// Members of the roster, for the paces.
    var members: Int
    /// Only looked up in. At most one a member, gone with `parted`.
    var peers: [NodeID: DirectoryPeer] = [:]
    /// The one peer that is being asked, or that owes what was wanted of it, and since when.
    var open: OpenSync?
    public internal(set) var drops = DirectoryDrops()

    struct OpenSync: Sendable {
        let peer: NodeID
        let since: Instant
    }

    /// - federation: the federation's ID, 32 bytes; records of another one are forged here.
    /// - incarnation: higher at each start: seconds since 1970, or a counter on disk. Where it is
    ///   not, since a backup was restored, the directory rises above what others hold.
    /// - members: of the roster, this node included.
    /// - verify: the simulator may plug in a cheaper scheme than Ed25519.
    public init(
        own signer: RecordSigner, federation: [UInt8], incarnation: UInt64, members: Int,
        verify: @escaping RecordVerifier = {
            KeyPair.verify(signature: $0, message: $1, publicKey: $2)
        }
    ) {
        precondition(federation.count == 32, "a federation ID has 32 bytes")
        precondition(incarnation <= DirectoryRecord.highest, "an incarnation from the future")
        precondition(members > 0, "this node is a member")
        id = NodeID(publicKey: signer.publicKey)
        self.federation = federation
        self.members = members
        self.verify = verify
        own = OwnRecord(signer: signer, incarnation: incarnation)
    }

    /// Of all rows: equal at two nodes that have nothing to tell each other; 0 without rows. O(1).
    public var digest: UInt64 { table.digest }

    /// Members with a record.
    public var count: Int { table.rows.count }

    /// The link to a peer is gone: what it was told is forgotten.
    public mutating func parted(_ peer: NodeID) {
        peers[peer] = nil
        if open?.peer == peer { open = nil }
    }

    /// The roster has changed: rows of others go, and all peers are compared with anew, since
    /// records that came too early were dropped.
    ///
    /// - Complexity: O(n).
    public mutating func retain(members: Int, _ isMember: (NodeID) -> Bool) {
        precondition(members > 0, "a roster has a member")
        self.members = members
        _ = table.retain { $0 == id || isMember($0) }
        peers = [:]
        open = nil
    }

    /// Stops the process where the directory contradicts itself. O(n).
    public func checkInvariants() {
        table.checkInvariants()
        if let told = own.told {
            let row = table.place(of: id).map { table.rows[$0] }
            precondition(row?.bytes == told.bytes && row?.isDown == false, "own row lost")
        }
        for peer in peers.values { precondition(peer.shown <= table.serial, "shown the future") }
    }
}

/// What is known of one peer's directory, and how it behaved. Correctness hangs on `told` alone.
struct DirectoryPeer: Sendable {
    /// Everything that changed there up to this serial of the peer's is known here.
    var told: UInt64 = 0
    /// The peer was shown all changes here up to this serial. May be wrong where a message was
    /// lost; that costs a record sent twice.
    var shown: UInt64 = 0
    /// Syncs in a row that brought nothing here.
    var fruitless = 0
    /// No summary to the peer before this.
    private(set) var rests = Instant(nanoseconds: 0)
    var allowance = Allowance()

    /// Waits longer after each sync in vain: rosters that differ, programs that judge differently,
    /// and a peer that lies about its digest must not make summaries go back and forth for ever.
    mutating func failed(at now: Instant) {
        fruitless = min(fruitless + 1, 6)
        rest(until: now + min(DirectoryLimits.longestPause, .seconds(1 << fruitless)))
    }

    mutating func rest(until instant: Instant) { rests = max(rests, instant) }
}
