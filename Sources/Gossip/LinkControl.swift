// Room:  Gossip (pure core).
// Task:  one link's control half: its exchange in flight, and the deltas kept until they are safe.
// May:   Codec, Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/LinkControlTests.swift

/// What a link asks of its node.
enum LinkAction: Equatable {
    case work(WorkItem)
    case send(LinkDelta)
    case sendReference(LinkReference)
    /// The exchange is over at this end.
    case ended(started: Bool, offeredAt: Duration?, moved: Double)
    case fault(GossipFault)
}

/// The state machine of one end of a link. Holds no vector.
///
/// Exactly once: the own delta of `n` is kept until both are applied, and the one of `n - 1` until
/// the next exchange ends, so whatever a broken connection swallowed can be said again.
struct LinkControl: Sendable {
    enum Phase: Equatable, Sendable {
        /// No connection, or its two ends have not compared their standings yet.
        case parted
        /// A new epoch: the lower end makes the reference, the higher one waits for it.
        case opening(epoch: UInt64)
        /// Nothing of ours is out.
        case idle
        /// The own delta is out.
        case offered
    }

    enum Work: Equatable, Sendable {
        case making(started: Bool)
        case applying
        case referring
    }

    let id: LinkID
    let ownIsLower: Bool

    private(set) var phase: Phase = .parted
    /// The work item that is under way; at most one a link.
    private(set) var work: Work?
    private(set) var epoch: UInt64 = 0
    private(set) var exchange: UInt64 = 0
    private(set) var digest: UInt64
    private(set) var previousDigest: UInt64 = 0
    private(set) var ledgerFrom: UInt64?

    /// The own delta of `exchange`.
    private(set) var own: LinkDelta?
    /// The own delta of `exchange - 1`.
    private(set) var previous: LinkDelta?
    /// The peer's delta of `exchange`, and of `exchange + 1` when it is quicker than we are.
    private var theirs: LinkDelta?
    private var ahead: LinkDelta?
    /// `clearLedger` items under way: until they are done the data half still holds the ledger.
    private var clearing = 0

    /// The standing has been told over a new connection. Until both ends have compared, or the
    /// connection is gone, it stays as it is: each end decides by what the other was told.
    private(set) var isTold = false

    /// Which of the node's partings was this link's last: the order in which they are forgotten.
    /// nil: it has not parted in this run of the daemon, nor had it in the run before.
    private(set) var parting: UInt64?

    /// The exchange in flight was started here, and when.
    private(set) var started = false
    private(set) var offeredAt: Duration?

    /// `|x - s|^2` when the last own delta was made, and what was left of it after.
    private(set) var before: Double?
    private(set) var after: Double?
    private(set) var exchanges: UInt64 = 0

    init(id: LinkID, ownIsLower: Bool, digest: UInt64) {
        self.id = id
        self.ownIsLower = ownIsLower
        self.digest = digest
    }

    var isOpen: Bool { phase == .idle || phase == .offered }
    var canStart: Bool { phase == .idle && work == nil && theirs == nil }
    /// An exchange of ours is out or in the making.
    var isInFlight: Bool { phase == .offered || work != nil }
    /// The standing may be told only while no work is under way: it would be out of date at once.
    var isSteady: Bool { work == nil }

    var standing: LinkStanding {
        LinkStanding(
            epoch: epoch, exchange: exchange, digest: digest, previousDigest: previousDigest,
            pending: own != nil, holdsPrevious: previous != nil, ledgerFrom: ledgerFrom)
    }

    /// The node has taken others' parameters, which are far from genesis: a link that has not
    /// exchanged yet gets a new reference, instead of saying the way from genesis in deltas. No
    /// two ends have this standing alike, so `LinkResume` opens an epoch.
    mutating func startAnew() {
        guard isAtRest, exchange == 0 else { return }
        leaveEpoch()
    }

    /// Parted, with nothing under way and nothing told: it may be changed without the peer.
    private var isAtRest: Bool { phase == .parted && isSteady && !isTold }

    /// To a number that the link has never had, and that the other end would not come to.
    private mutating func leaveEpoch() { epoch += ownIsLower ? 1 : 2 }

    // MARK: Connection

    /// To be sent over the new connection. To be called while `isSteady`.
    mutating func tellStanding() -> LinkStanding {
        precondition(isSteady, "a standing is told only while no work is under way")
        isTold = true
        return standing
    }

    /// A connection is up and both standings are known. To be called while `isSteady`.
    mutating func connected(
        peer: LinkStanding, peerIsYoung: Bool, into out: inout [LinkAction]
    ) {
        precondition(isSteady, "standings are compared only while no work is under way")
        isTold = false
        theirs = nil
        ahead = nil
        switch LinkResume.decide(own: standing, peer: peer) {
        case .goOn(let freshLedger):
            if let from = freshLedger {
                ledgerFrom = from
                clearing += 1
                out.append(.work(.clearLedger(id)))
            }
            phase = own == nil ? .idle : .offered
            if let own { out.append(.send(own)) }
        case .newEpoch(let number):
            own = nil
            previous = nil
            started = false
            phase = .opening(epoch: number)
            guard ownIsLower else { return }
            work = .referring
            out.append(.work(.makeReference(id, epoch: number, genesis: peerIsYoung)))
        }
    }

    /// Parted for long, so that what is kept of it can be done without.
    var mayBeForgotten: Bool { isAtRest && ledgerFrom == nil }

    /// The reference is genesis again. No two ends have this standing alike, so `LinkResume` opens
    /// an epoch when they meet.
    mutating func forget(freshDigest: UInt64) {
        precondition(mayBeForgotten, "a link that is in use is not forgotten")
        leaveEpoch()
        exchange = 0
        digest = freshDigest
        previousDigest = 0
        own = nil
        previous = nil
        before = nil
        after = nil
    }

    /// The connection is gone; everything else stays for the next one.
    mutating func disconnected(parting: UInt64) {
        phase = .parted
        self.parting = parting
        isTold = false
        theirs = nil
        ahead = nil
        offeredAt = nil
    }

    /// The peer is gone for long: what the link added to the correction is taken back.
    mutating func closeLedger(into out: inout [LinkAction]) {
        guard ledgerFrom != nil, !isTold else { return }
        ledgerFrom = nil
        clearing += 1
        out.append(.work(.clearLedger(id)))
    }

    mutating func ledgerCleared() { clearing = max(0, clearing - 1) }

    // MARK: Exchanges

    /// Starts an exchange. The delta is made by a work item; nothing is sent if it comes out empty.
    mutating func start(into out: inout [LinkAction]) {
        precondition(canStart, "a link has one exchange in flight")
        make(started: true, into: &out)
    }

    private mutating func make(started: Bool, into out: inout [LinkAction]) {
        work = .making(started: started)
        out.append(.work(.makeDelta(id, epoch: epoch, exchange: exchange)))
    }

    /// The delta asked for is there. `terms` says the node's numbers beside `before` and `after`.
    ///
    /// - threshold: a start is dropped in silence while `|x - s|^2` is not above it.
    mutating func made(
        payload: [UInt8], terms: Terms, digest: UInt64, threshold: Double, at now: Duration,
        into out: inout [LinkAction]
    ) {
        guard case .making(let wasStarted) = work else {
            preconditionFailure("a delta was made that nobody asked for")
        }
        work = nil
        before = terms.before
        guard isOpen else { return }  // Parted meanwhile: said to nobody, so it never was.
        let mustAnswer = theirs != nil
        if !mustAnswer, payload.isEmpty || terms.before <= threshold {
            return
        }
        after = terms.after
        let delta = LinkDelta(
            epoch: epoch, exchange: exchange, payload: payload, terms: terms, digest: digest)
        own = delta
        started = wasStarted
        offeredAt = now
        phase = .offered
        out.append(.send(delta))
        applyIfComplete(into: &out)
    }

    /// A delta came from the peer.
    mutating func received(_ delta: LinkDelta, into out: inout [LinkAction]) {
        switch phase {
        case .parted:
            return  // From a connection that is gone.
        case .opening(let number):
            // The lower end may speak in the new epoch as soon as its reference is out.
            guard !ownIsLower, delta.epoch == number, delta.exchange == 0 else { return }
            ahead = delta
        case .idle, .offered:
            guard delta.epoch == epoch else {
                // The rest of an epoch that ended with the connection before.
                if delta.epoch < epoch { return }
                out.append(
                    .fault(.outOfOrder(epoch: delta.epoch, exchange: delta.exchange)))
                return
            }
            take(delta, into: &out)
        }
    }

    private mutating func take(_ delta: LinkDelta, into out: inout [LinkAction]) {
        if delta.exchange == exchange {
            if theirs == nil, work != .applying {
                guard delta.digest == digest else {
                    out.append(.fault(.referencesDiffer(exchange: exchange)))
                    return
                }
                theirs = delta
                if own != nil {
                    applyIfComplete(into: &out)
                } else if work == nil {
                    make(started: false, into: &out)
                }
            }
        } else if delta.exchange &+ 1 == exchange {
            // The peer lacks our last one. An answer is never answered: two ends would send each
            // other old deltas for ever.
            if !delta.isAnswer, var last = previous {
                last.isAnswer = true
                out.append(.send(last))
            }
        } else if delta.exchange == exchange + 1, work == .applying || own != nil {
            // The peer has applied this exchange already and goes on; our turn comes.
            ahead = delta
        } else if delta.exchange > exchange {
            out.append(.fault(.outOfOrder(epoch: delta.epoch, exchange: delta.exchange)))
        }
    }

    private mutating func applyIfComplete(into out: inout [LinkAction]) {
        guard work == nil, let own, let theirs else { return }
        work = .applying
        let counts = ledgerFrom.map { exchange >= $0 } ?? false
        out.append(
            .work(
                .apply(
                    id, own: own, peer: theirs, ownIsLower: ownIsLower, countsInLedger: counts)))
    }

    mutating func applied(digest newDigest: UInt64, moved: Double, into out: inout [LinkAction]) {
        precondition(work == .applying, "an exchange was applied that nobody asked for")
        work = nil
        previousDigest = digest
        digest = newDigest
        previous = own
        own = nil
        theirs = nil
        exchange += 1
        exchanges += 1
        out.append(.ended(started: started, offeredAt: offeredAt, moved: moved))
        started = false
        offeredAt = nil
        guard isOpen else { return }
        phase = .idle
        if let next = ahead {
            ahead = nil
            take(next, into: &out)
        }
    }

    /// The peer's part of the exchange was at fault; the own delta stays, the link is closed.
    mutating func refused(_ fault: GossipFault, into out: inout [LinkAction]) {
        precondition(work == .applying || work == .referring, "a refusal comes from work")
        work = nil
        theirs = nil
        ahead = nil
        out.append(.fault(fault))
    }

    // MARK: References

    mutating func referenceMade(_ reference: LinkReference, into out: inout [LinkAction]) {
        precondition(work == .referring, "a reference was made that nobody asked for")
        work = nil
        begin(epoch: reference.epoch, digest: reference.digest)
        guard phase == .opening(epoch: reference.epoch) else { return }
        phase = .idle
        out.append(.sendReference(reference))
    }

    mutating func received(_ reference: LinkReference, into out: inout [LinkAction]) {
        guard phase == .opening(epoch: reference.epoch), !ownIsLower else {
            if phase != .parted {
                out.append(.fault(.unexpectedReference(epoch: reference.epoch)))
            }
            return
        }
        guard work == nil else { return }  // Said twice; the first one counts.
        work = .referring
        out.append(.work(.adoptReference(id, reference)))
    }

    mutating func referenceAdopted(epoch: UInt64, digest: UInt64, into out: inout [LinkAction]) {
        precondition(work == .referring, "a reference was adopted that nobody asked for")
        work = nil
        begin(epoch: epoch, digest: digest)
        guard phase == .opening(epoch: epoch) else { return }
        phase = .idle
        if let first = ahead {
            ahead = nil
            take(first, into: &out)
        }
    }

    private mutating func begin(epoch: UInt64, digest: UInt64) {
        self.epoch = epoch
        self.digest = digest
        previousDigest = 0
        exchange = 0
        own = nil
        previous = nil
        ledgerFrom = 0
        before = nil
        after = nil
    }

    // MARK: Instants

    /// What a checkpoint keeps of this half. A ledger that the snapshot of the same instant still
    /// holds, but that is being cleared, counts as closed: the next start clears it.
    var saved: SavedLink {
        SavedLink(
            id: id, epoch: epoch, exchange: exchange, digest: digest,
            previousDigest: previousDigest, ledgerFrom: clearing > 0 ? nil : ledgerFrom, own: own,
            previous: previous, exchanges: exchanges, parting: phase == .parted ? parting : nil)
    }

    init(saved: SavedLink, ownIsLower: Bool) {
        self.init(id: saved.id, ownIsLower: ownIsLower, digest: saved.digest)
        epoch = saved.epoch
        exchange = saved.exchange
        previousDigest = saved.previousDigest
        ledgerFrom = saved.ledgerFrom
        own = saved.own
        previous = saved.previous
        exchanges = saved.exchanges
        parting = saved.parting
    }
}

/// A link's numbers and its unfinished deltas, as a checkpoint keeps them.
public struct SavedLink: Equatable, Sendable {
    public var id: LinkID
    public var epoch: UInt64
    public var exchange: UInt64
    public var digest: UInt64
    public var previousDigest: UInt64
    public var ledgerFrom: UInt64?
    public var own: LinkDelta?
    public var previous: LinkDelta?
    public var exchanges: UInt64
    /// Of a link that was parted: which of the node's partings it was.
    public var parting: UInt64?

    public init(
        id: LinkID, epoch: UInt64, exchange: UInt64, digest: UInt64, previousDigest: UInt64,
        ledgerFrom: UInt64?, own: LinkDelta?, previous: LinkDelta?, exchanges: UInt64,
        parting: UInt64? = nil
    ) {
        self.id = id
        self.epoch = epoch
        self.exchange = exchange
        self.digest = digest
        self.previousDigest = previousDigest
        self.ledgerFrom = ledgerFrom
        self.own = own
        self.previous = previous
        self.exchanges = exchanges
        self.parting = parting
    }
}
