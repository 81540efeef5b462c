// Room:  Daemon (floor 5).
// Task:  roster and directory as they were left, or as an invitation gives them.
// May:   Federation, Identity, Membership, Peer, Store.
// Proof: Tests/DaemonTests/OpenedBooksTests.swift

import Federation
import Glibc
import Identity
import Membership
import Model
import Peer
import Store

/// What a node knows of its federation at its start.
struct OpenedBooks {
    var books: PeerBooks
    /// With this node in it, and, until a newcomer knows better, those whom it was told to dial.
    var roster: Roster
    var log: RosterLog
    var warnings: [String]

    /// - Throws: a `Fault`: `StoreError`, or `BooksError` where this node cannot take part.
    init(_ preparation: Preparation) throws {
        let configuration = preparation.configuration
        let federation = preparation.federation
        let own = preparation.identity.nodeID
        var (log, saved) = try RosterLog.open(Configuration.rosterLog(inState: configuration.state))
        var pin = saved.pin
        if pin == nil, let invitation = configuration.invitation {
            pin = invitation
            try log.append(invitation)
        }
        let founders = try Roster(federation)
        var book: RosterBook
        do {
            book = try RosterBook(
                founders: founders, federation: federation.id.bytes, quorum: federation.quorum,
                pin: pin, own: own)
        } catch {
            throw BooksError.invitation(error)
        }
        // Twice: a book that waits for its pin takes the actions first, then their endorsements.
        for _ in 0..<2 {
            for endorsement in saved.endorsements { _ = book.add(endorsement) }
        }
        if case .expelled(let generation) = book.standing(of: own) {
            throw BooksError.expelled(own, generation: generation)
        }
        roster = book.roster
        if !roster.contains(own) {
            let contacts = configuration.contacts.map {
                Member(id: $0.id, name: $0.id.short, addresses: [$0.address])
            }
            let addresses = configuration.addresses ?? []
            roster = roster.including(
                [Member(id: own, name: "newcomer", addresses: addresses)] + contacts)
        }
        let started = UInt64(max(0, time(nil)))
        var directory = Directory(
            own: RecordSigner(preparation.identity.key), federation: federation.id.bytes,
            incarnation: started, members: roster.count)
        let known = roster
        let file = Configuration.directory(inState: configuration.state)
        if let bytes = try? Files.read(file, limit: 1 << 26) {
            directory.restore(
                bytes, isMember: { known.contains($0) },
                at: Instant(nanoseconds: 0))
        }
        let usual = roster[own]?.addresses ?? []
        let addresses = configuration.addresses ?? (configuration.listen.isEmpty ? [] : usual)
        books = PeerBooks(
            roster: book, directory: directory, addresses: addresses,
            sharesMetrics: federation.sharesMetrics, holdsOwnWord: log.isWhole)
        self.log = log
        warnings = saved.warnings
    }
}

/// Why a node cannot take part as its books stand.
enum BooksError: Fault, Equatable {
    case invitation(RosterRefusal)
    case expelled(NodeID, generation: UInt64)

    var code: String {
        switch self {
        case .invitation(let refusal): refusal.code
        case .expelled: "roster.expelled"
        }
    }
    var what: String {
        switch self {
        case .invitation(let refusal): refusal.what
        case .expelled(let id, let generation):
            "node \(id.short) was expelled by the members, in generation \(generation)"
        }
    }
    var hint: String? {
        switch self {
        case .invitation(let refusal): refusal.hint
        case .expelled: "a member can propose to admit it again, with `starling admit`"
        }
    }
    var exitStatus: Int32 {
        switch self {
        case .invitation(let refusal): refusal.exitStatus
        case .expelled: 77
        }
    }
}
