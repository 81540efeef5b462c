// Room:  PeerTests.
// Task:  several cores with keys and books of their own, joined without delay; no gossip is worked.
// May:   Peer, Gossip, Membership, Identity, Wire.
// Proof: itself

import Gossip
import Identity
import Membership
import Wire

@testable import Peer

/// Members 0 ..< founders, and newcomers after them. What a core sends is put into bytes and read
/// again at once; who is dialled answers, where both take the other for a member.
struct Crowd {
    private struct Parcel {
        let to: Int
        let event: PeerEvent
    }

    private(set) var cores: [Peer] = []
    let keys: [KeyPair]
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// Kept by the daemon, in order.
    private(set) var kept: [[Endorsement]]
    private(set) var notes: [[PeerNote]]
    /// Bytes of frames that each has sent, heads included.
    private(set) var sent: [Int]
    /// Those that speak a made-up next version too: another field in every message, and messages of
    /// a kind that this version does not know.
    var isNextVersion: Set<Int> = []
    /// Those that nobody reaches.
    var isDown: Set<Int> = []

    private var wakes: [Instant?]
    private var ends: [ConnectionID: (Int, Int)] = [:]
    private var nextConnection: UInt64 = 1
    private var parcels: [Parcel] = []

    /// - holdOwnWord: as after a start with a whole roster.log.
    init(
        founders: Int, newcomers: Int = 0, quorum: Double = 0.5, holdOwnWord: Bool = true
    ) throws {
        let count = founders + newcomers
        keys = (0..<count).map { KeyPair(seed: [UInt8](repeating: UInt8($0 + 1), count: 32)) }
        let members = keys.enumerated().map {
            Member(id: $1.nodeID, name: "n\($0)", addresses: ["n\($0).example:7447"])
        }
        let roster = try Roster(founders: Array(members[..<founders]))
        kept = Array(repeating: [], count: count)
        notes = Array(repeating: [], count: count)
        sent = Array(repeating: 0, count: count)
        wakes = Array(repeating: nil, count: count)
        for (place, key) in keys.enumerated() {
            let book = try RosterBook(
                founders: roster, federation: federation, quorum: quorum, own: key.nodeID)
            let directory = Directory(
                own: RecordSigner(key), federation: federation, incarnation: 1, members: count)
            var settings = PeerSettings(
                own: key.nodeID, federationID: federation, software: "test 1", parameters: 50,
                gossip: GossipSettings(rounds: 9, steps: 5, rate: 0.1),
                membership: MembershipSettings())
            settings.membership.redrawEvery = .zero
            cores.append(
                Peer(
                    settings: settings,
                    roster: roster.contains(key.nodeID)
                        ? roster : roster.including([members[place]]),
                    freshDigest: genesisDigest, seed: UInt64(place + 1), now: now,
                    books: PeerBooks(
                        roster: book, directory: directory,
                        addresses: ["n\(place).example:7447"], holdsOwnWord: holdOwnWord)))
        }
    }

    func id(_ place: Int) -> NodeID { keys[place].nodeID }
    func links(_ place: Int) -> Int { cores[place].membership.links.count }
    func members(_ place: Int) -> Int { cores[place].membership.roster.count }
    func book(_ place: Int) -> RosterBook? { cores[place].books?.roster }
    func directory(_ place: Int) -> Directory? { cores[place].books?.directory }

    mutating func start(_ places: [Int]) {
        for place in places { drive(place, .start) }
        deliver()
    }

    /// Lets time pass from wake to wake.
    mutating func run(for seconds: Double) {
        let end = now + .nanoseconds(Int64(seconds * 1e9))
        while let next = wakes.compactMap({ $0 }).min(), next <= end {
            now = max(now, next)
            for place in cores.indices where wakes[place].map({ $0 <= now }) == true {
                wakes[place] = nil
                drive(place, .tick)
            }
            deliver()
        }
        now = end
    }

    mutating func sign(
        _ place: Int, _ body: (inout RosterBook, KeyPair) throws(RosterRefusal) -> Endorsement
    ) throws -> Endorsement {
        var effects: [PeerEffect] = []
        let key = keys[place]
        let vote = try cores[place].sign(
            { (book: inout RosterBook) throws(RosterRefusal) in try body(&book, key) }, at: now,
            into: &effects)
        for effect in effects { carryOut(effect, at: place) }
        deliver()
        return vote
    }

    mutating func leave(_ place: Int) {
        drive(place, .leave(forLong: true))
        deliver()
        isDown.insert(place)
    }

    /// A message as if a peer had sent it over its link.
    mutating func inject(_ message: Message, to place: Int, from peer: Int) {
        guard let connection = cores[place].membership.connection(to: id(peer)) else { return }
        drive(place, .received(connection, message))
        deliver()
    }

    /// The connection breaks at both ends.
    mutating func cut(_ place: Int) {
        for connection in ends.keys.sorted() {
            guard let (a, b) = ends[connection], a == place || b == place else { continue }
            ends[connection] = nil
            drive(a, .closed(connection))
            drive(b, .closed(connection))
        }
        deliver()
    }

    private mutating func deliver() {
        while !parcels.isEmpty {
            let parcel = parcels.removeFirst()
            drive(parcel.to, parcel.event)
        }
    }

    private mutating func drive(_ place: Int, _ event: PeerEvent) {
        if isDown.contains(place) { return }
        var effects: [PeerEffect] = []
        cores[place].handle(event, at: now, into: &effects)
        for effect in effects { carryOut(effect, at: place) }
    }

    private mutating func carryOut(_ effect: PeerEffect, at place: Int) {
        switch effect {
        case .dial(let peer, _, let attempt):
            guard let other = keys.firstIndex(where: { $0.nodeID == peer }),
                !isDown.contains(other),
                cores[other].membership.roster.contains(id(place))
            else {
                return parcels.append(
                    Parcel(to: place, event: .dialFailed(peer, attempt: attempt)))
            }
            let connection = ConnectionID(raw: nextConnection)
            nextConnection += 1
            ends[connection] = (place, other)
            parcels.append(
                Parcel(to: place, event: .connected(connection, peer, attempt: attempt)))
            parcels.append(
                Parcel(to: other, event: .connected(connection, id(place), attempt: nil)))
        case .send(let connection, let message): send(message, over: connection, from: place)
        case .close(let connection, let farewell):
            if let farewell { send(.farewell(farewell), over: connection, from: place) }
            guard let (a, b) = ends.removeValue(forKey: connection) else { return }
            parcels.append(Parcel(to: a == place ? b : a, event: .closed(connection)))
        case .keep(let endorsements): kept[place] += endorsements
        case .wake(let time): wakes[place] = time
        case .note(let note): notes[place].append(note)
        case .accept, .work, .train, .trainingRefused: break
        }
    }

    /// A message of the next version's own kind, as whoever gets it reads it: not at all.
    private func passOver(_ body: [UInt8]) {
        do {
            guard let kind = FrameKind(rawValue: 99) else { return }
            let read = try Message.decode(kind: kind, body: body)
            precondition(read == nil, "a kind of the next version was read as \(kind)")
        } catch {
            preconditionFailure("a kind of the next version is no fault: \(error)")
        }
    }

    private mutating func send(_ message: Message, over connection: ConnectionID, from place: Int) {
        guard let (a, b) = ends[connection] else { return }
        var message = message
        if case .hello(var hello) = message, isNextVersion.contains(place) {
            hello.versionMax += 1
            message = .hello(hello)
        }
        var body = message.encodedBody()
        if isNextVersion.contains(place) {
            body += [0x9A, 0x06, 3, 1, 2, 3]  // Field 99, three bytes.
            passOver(body)
        }
        sent[place] += body.count + 5
        guard let read = try? Message.decode(kind: message.kind, body: body) else {
            preconditionFailure("a core sent what no core reads: \(message)")
        }
        parcels.append(Parcel(to: a == place ? b : a, event: .received(connection, read)))
    }
}
