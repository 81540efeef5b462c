// Room:  PeerTests.
// Task:  one core among three members, driven by hand; each call gives the effects of that step.
// May:   Peer, Gossip, Membership, Wire.
// Proof: itself

import Gossip
import Membership
import Wire

@testable import Peer

/// A node ID whose order is that of the number.
func node(_ number: Int) -> NodeID {
    var bytes = [UInt8](repeating: 0, count: 32)
    bytes[31] = UInt8(number)
    guard let id = NodeID(bytes: bytes) else { fatalError("32 bytes make an ID") }
    return id
}

func connection(_ raw: UInt64) -> ConnectionID { ConnectionID(raw: raw) }

let federation = [UInt8](repeating: 9, count: 32)
let genesisDigest: UInt64 = 7

struct Bench {
    var core: Peer
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private var attempts: [NodeID: UInt64] = [:]

    /// Node `own` of the members 0, 1 and 2.
    init(own: Int = 1, rounds: UInt64 = 9, saved: SavedGossip? = nil) throws {
        let roster = try Roster(
            founders: (0..<3).map {
                Member(id: node($0), name: "n\($0)", addresses: ["n\($0).example:7447"])
            })
        let settings = PeerSettings(
            own: node(own), federationID: federation, software: "test 1", parameters: 50,
            gossip: GossipSettings(rounds: rounds, steps: 5, rate: 0.1),
            membership: MembershipSettings())
        core = Peer(
            settings: settings, roster: roster, freshDigest: genesisDigest, seed: 1, now: now,
            saved: saved)
    }

    mutating func handle(_ event: PeerEvent) -> [PeerEffect] {
        var out: [PeerEffect] = []
        core.handle(event, at: now, into: &out)
        for case .dial(let peer, _, let attempt) in out { attempts[peer] = attempt }
        return out
    }

    mutating func pass(_ seconds: Double) -> [PeerEffect] {
        now = now + .nanoseconds(Int64(seconds * 1e9))
        return handle(.tick)
    }

    mutating func receive(_ raw: UInt64, _ message: Message) -> [PeerEffect] {
        handle(.received(connection(raw), message))
    }

    /// A connection that the peer opened.
    mutating func accept(_ raw: UInt64, from peer: Int) -> [PeerEffect] {
        handle(.connected(connection(raw), node(peer), attempt: nil))
    }

    /// Lets time pass until this node dials the peer, and connects.
    mutating func dial(_ peer: Int, _ raw: UInt64) -> [PeerEffect] {
        if attempts.isEmpty { _ = handle(.start) }
        for _ in 0..<200 where attempts[node(peer)] == nil { _ = pass(0.05) }
        guard let attempt = attempts.removeValue(forKey: node(peer)) else { return [] }
        return handle(.connected(connection(raw), node(peer), attempt: attempt))
    }

    mutating func hello(_ raw: UInt64, from peer: Int) -> [PeerEffect] {
        receive(raw, .hello(Self.hello(from: peer)))
    }

    static func hello(from peer: Int) -> WireHello {
        var hello = WireHello()
        hello.versionMin = 1
        hello.versionMax = 1
        hello.federationBytes = federation
        hello.nodeBytes = node(peer).bytes
        hello.software = "test 1"
        hello.parameters = 50
        hello.listening = true
        return hello
    }

    static func standing(_ exchange: UInt64 = 0, digest: UInt64 = genesisDigest) -> LinkStanding {
        LinkStanding(
            epoch: 0, exchange: exchange, digest: digest, previousDigest: 0, pending: false,
            holdsPrevious: false, ledgerFrom: nil)
    }

    /// Accepts a connection, greets, resumes as a fresh peer does.
    mutating func raise(_ raw: UInt64, with peer: Int) -> [PeerEffect] {
        var out = accept(raw, from: peer)
        out += hello(raw, from: peer)
        out += receive(raw, .resume(WireResume(Self.standing())))
        return out
    }

    /// The delta that was asked for is there.
    mutating func made(_ peer: Int, exchange: UInt64 = 0) -> [PeerEffect] {
        handle(
            .workDone(
                .deltaMade(
                    LinkID(UInt32(peer)), epoch: 0, exchange: exchange, payload: [5], before: 1,
                    after: 0.5, digest: genesisDigest)))
    }

    mutating func applied(_ peer: Int, exchange: UInt64 = 0) -> [PeerEffect] {
        handle(
            .workDone(
                .applied(
                    LinkID(UInt32(peer)), epoch: 0, exchange: exchange, digest: 8, moved: 1,
                    travelled: 0.5)))
    }

    /// A round, from the fork to its added result.
    mutating func train() -> [PeerEffect] {
        var out = handle(.workDone(.forked(parameters: [1], correction: [0])))
        let outcome = TrainingOutcome(
            delta: [0.1], steps: 5, samples: 40, loss: 1, gradientNorm: 2, rate: 0.1)
        out += handle(.trained(outcome))
        out += handle(.workDone(.localAdded(moved: 0.1, size: 10, travelled: 0.5)))
        return out
    }
}

extension [PeerEffect] {
    func sent(_ raw: UInt64) -> [Message] {
        compactMap { effect in
            if case .send(connection(raw), let message) = effect { return message }
            return nil
        }
    }

    /// What a connection was closed with; nil: it was not closed, or without a word.
    func farewell(_ raw: UInt64) -> WireFarewell? {
        for case .close(connection(raw), let farewell) in self { return farewell }
        return nil
    }

    var notes: [PeerNote] {
        compactMap { if case .note(let note) = $0 { note } else { nil } }
    }

    func heartbeats(_ raw: UInt64) -> [WireHeartbeat] {
        sent(raw).compactMap { if case .heartbeat(let beat) = $0 { beat } else { nil } }
    }

    func deltas(_ raw: UInt64) -> [WireDelta] {
        sent(raw).compactMap { if case .delta(let delta) = $0 { delta } else { nil } }
    }

    var work: [WorkItem] { compactMap { if case .work(let item) = $0 { item } else { nil } } }

    var lastWake: Instant? {
        compactMap { if case .wake(let time) = $0 { time } else { nil } }.last
    }
}

func peerDelta(_ exchange: UInt64 = 0, digest: UInt64 = genesisDigest) -> Message {
    let terms = Terms(
        before: 1, after: 0.5, stepsBetween: 5, overlap: 0, rate: 0.1, weight: 1, cap: 0, near: 1)
    return .delta(
        WireDelta(
            LinkDelta(
                epoch: 0, exchange: exchange, payload: [6], terms: terms, digest: digest)))
}
