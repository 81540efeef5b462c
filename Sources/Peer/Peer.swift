// Room:  Peer (pure core).
// Task:  the protocol core of one node: joins gossip and membership to messages.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests, Tests/SimulationTests

import Gossip
import Membership
import Wire

/// One node's protocol core. The daemon and the simulator drive this same type.
///
/// Order of use: `handle(.start)`, then every event as it comes; effects are to be carried out in
/// order. Handles an event in microseconds; work over vectors goes out as `work` and comes back as
/// `workDone`, in the same order.
public struct Peer: Sendable {
    /// A connection that TLS has opened.
    struct Connection: Sendable {
        let peer: NodeID
        /// Of our dial; nil: the peer opened it.
        let attempt: UInt64?
        let openedAt: Instant
        var greeted = false
        /// Who starts from nothing should take the peer's parameters, as its Hello says.
        var isGrown = false
        /// What the peer's farewell said.
        var refusal: Refusal?

        var outgoing: Bool { attempt != nil }
    }

    /// The link to one peer: one connection, and how far its resumption has come.
    struct ActiveLink: Sendable {
        let connection: ConnectionID
        var ownSent = false
        var peerStanding: LinkStanding?
        var isUp = false
        /// Of the books: what was said on this connection, and what the peer last said.
        var told = BookDigests()
        var heard = BookDigests()
        /// The progress that was last said on this connection.
        var toldProgress: WireProgress?
        /// What the peer takes of this node's parameters.
        var serving = Serving()
    }

    /// What a node says of its rounds.
    struct Told: Equatable {
        var phase: WireProgress.Phase
        /// In overtime: links to the nearest node in its rounds; 0: none known.
        var hops: UInt32
    }

    public let settings: PeerSettings
    public internal(set) var membership: Membership
    public internal(set) var gossip: GossipControl
    /// What each peer last said of itself.
    public internal(set) var progress: [NodeID: WireProgress] = [:]
    /// How far a peer's wall clock was ahead when it was last greeted, to a round trip. For people.
    public internal(set) var clockDifferences: [NodeID: Duration] = [:]
    public internal(set) var accuracy: Double?
    public internal(set) var heldOutLoss: Double?
    /// Nil: the roster is what it was at the start, and there is no directory.
    public internal(set) var books: PeerBooks?
    /// Endorsements that counted for nothing.
    public internal(set) var rosterDrops: UInt64 = 0
    var keeping = BookKeeping()

    var connections: [ConnectionID: Connection] = [:]
    var links: [NodeID: ActiveLink] = [:]
    /// Of this process, as its resumes say it: not 0.
    let life: UInt64
    var resumesSent: UInt64 = 0
    /// The latest resume that each peer has sent; only looked up in.
    var latestResume: [NodeID: (life: UInt64, number: UInt64)] = [:]
    /// Connections without a Hello.
    var greetings = 0
    var membershipWake: Instant?
    var armed: Instant?
    /// What the peers were last told of this node's rounds.
    var told = Told(phase: .training, hops: 0)
    var hasLeft = false

    /// - freshDigest: of genesis, as the data half knows it.
    /// - seed: decides every draw of this core.
    /// - roster: this node is in it; a newcomer, until its own admission is known here, adds itself.
    /// - saved: from a checkpoint, of the same instant as the data half's snapshot.
    /// - books: as they were saved; roster and directory are kept in step with the peers' then.
    public init(
        settings: PeerSettings, roster: Roster, freshDigest: UInt64, seed: UInt64, now: Instant,
        saved: SavedGossip? = nil, books: PeerBooks? = nil
    ) {
        self.settings = settings
        self.books = books
        keeping.rosterDigest = books?.roster.digest ?? 0
        keeping.hasBeenMember = books?.roster.roster.contains(settings.own) ?? true
        life = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        membership = Membership(
            own: settings.own, roster: roster, settings: settings.membership, now: now,
            generator: seed)
        let own = settings.own
        gossip = GossipControl(
            settings: settings.gossip, freshDigest: freshDigest, seed: seed, saved: saved,
            ownIsLower: { own < roster.members[Int($0.rawValue)].id })
    }

    public mutating func handle(
        _ event: PeerEvent, at now: Instant, into out: inout [PeerEffect]
    ) {
        guard !hasLeft else {
            // Only results of work that was under way matter any more: a last checkpoint.
            if case .workDone(let result) = event { finishWork(result, at: now) }
            return
        }
        switch event {
        case .start:
            onMembership(at: now, into: &out) { $0.start(at: now, into: &$1) }
            // Takes back ledgers that a checkpoint still holds though they were closed.
            onGossip(at: now, into: &out) { $0.tick(at: now.origin, into: &$1) }
            if books != nil { keeping.directoryWake = now }
            learnFromBooks(at: now, into: &out)
            tickDirectory(at: now, into: &out)
        case .tick: tick(at: now, into: &out)
        case .connected(let connection, let peer, let attempt):
            connected(connection, peer, attempt: attempt, at: now, into: &out)
        case .received(let connection, let message):
            received(message, on: connection, at: now, into: &out)
        case .closed(let connection): closed(connection, at: now, into: &out)
        case .dialFailed(let peer, let attempt):
            onMembership(at: now, into: &out) {
                $0.dialFailed(peer, attempt: attempt, at: now, into: &$1)
            }
        case .workDone(let result):
            onGossip(at: now, into: &out) { $0.workDone(result, at: now.origin, into: &$1) }
            answerRequest(with: result, into: &out)
            resumeWhereSteady(at: now, into: &out)
        case .trained(let outcome):
            onGossip(at: now, into: &out) { $0.trained(outcome, at: now.origin, into: &$1) }
        case .trainer(let isAway):
            onGossip(at: now, into: &out) {
                $0.trainer(isAway: isAway, at: now.origin, into: &$1)
            }
        case .stopTraining:
            onGossip(at: now, into: &out) { $0.stopTraining(at: now.origin, into: &$1) }
        case .evaluated(let loss, let accuracy):
            heldOutLoss = loss ?? heldOutLoss
            self.accuracy = accuracy ?? self.accuracy
        case .leave(let forLong): leave(forLong: forLong, at: now, into: &out)
        }
        tellProgressIfNew(into: &out)
        arm(into: &out)
    }

    private mutating func tick(at now: Instant, into out: inout [PeerEffect]) {
        if let armed, armed <= now { self.armed = nil }
        if let due = membershipWake, due <= now {
            membershipWake = nil
            onMembership(at: now, into: &out) { $0.tick(at: now, into: &$1) }
        }
        let wasJoining = gossip.isJoining
        onGossip(at: now, into: &out) { $0.tick(at: now.origin, into: &$1) }
        // It has given up, and begins as it is.
        if wasJoining { resumeWhereSteady(at: now, into: &out) }
        closeUngreeted(at: now, into: &out)
        tickDirectory(at: now, into: &out)
    }

    /// - forLong: peers are told that this node leaves. Else they take it for lost, and keep its
    ///   place for a while.
    private mutating func leave(
        forLong: Bool, at now: Instant, into out: inout [PeerEffect]
    ) {
        hasLeft = true
        guard forLong else {
            for connection in connections.keys.sorted() { out.append(.close(connection, nil)) }
            connections = [:]
            greetings = 0
            return
        }
        sayGoodBye(at: now, into: &out)
        onMembership(at: now, into: &out) { $0.leave(at: now, into: &$1) }
        for connection in connections.keys.sorted() {
            out.append(.close(connection, CloseCause.leaving.farewell))
        }
        connections = [:]
        greetings = 0
    }

    /// After `leave`, work that was under way still ends, so that both halves stand alike.
    private mutating func finishWork(_ result: WorkResult, at now: Instant) {
        var ignored: [GossipEffect] = []
        gossip.workDone(result, at: now.origin, into: &ignored)
    }

    /// Asks for one tick at the earliest of what membership, gossip and greetings wait for.
    mutating func arm(into out: inout [PeerEffect]) {
        var next = membershipWake
        if let gossip = gossip.nextWake.map(Instant.init(origin:)) {
            next = next.map { min($0, gossip) } ?? gossip
        }
        for wake in [keeping.directoryWake, keeping.beatAt] {
            guard let wake else { continue }
            next = next.map { min($0, wake) } ?? wake
        }
        if greetings > 0 {
            for connection in connections.values where !connection.greeted {
                let deadline = connection.openedAt + settings.helloTimeout
                next = next.map { min($0, deadline) } ?? deadline
            }
        }
        guard let next, next != armed else { return }
        armed = next
        out.append(.wake(at: next))
    }

    // MARK: Names

    /// A link is named by its peer's place in the roster.
    func link(to peer: NodeID) -> LinkID? {
        membership.roster.place(of: peer).map { LinkID(UInt32($0)) }
    }

    /// Of a connection that is the link of its pair.
    func linkedPeer(of connection: ConnectionID) -> NodeID? {
        guard let peer = connections[connection]?.peer, links[peer]?.connection == connection
        else { return nil }
        return peer
    }

    func peer(of link: LinkID) -> NodeID { membership.roster.members[Int(link.rawValue)].id }
}

extension Instant {
    /// The gossip core counts time from the same origin.
    var origin: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }

    /// Rounded up: a tick that comes a fraction of a nanosecond before its time finds nothing due,
    /// asks again, and a virtual clock never gets on.
    init(origin: Duration) {
        let (seconds, attoseconds) = origin.components
        self.init(
            nanoseconds: UInt64(max(0, seconds)) * 1_000_000_000
                + (UInt64(max(0, attoseconds)) + 999_999_999) / 1_000_000_000)
    }
}
