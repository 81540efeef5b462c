// Room:  Gossip (pure core).
// Task:  what the control half asks of the data half, and what comes back.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/ParameterStateTests.swift

import Codec

/// One operation over the vectors, O(d) or O(k). Items of a node are done in order, one at a
/// time, off the event loop; results come back in the same order.
public enum WorkItem: Equatable, Sendable {
    /// Say how far `x` is from the link's reference.
    case makeDelta(LinkID, epoch: UInt64, exchange: UInt64)
    /// Apply an exchange: both deltas are held.
    case apply(LinkID, own: LinkDelta, peer: LinkDelta, ownIsLower: Bool, countsInLedger: Bool)
    /// Take genesis, or an 8-bit copy of `x`, as the link's new reference.
    case makeReference(LinkID, epoch: UInt64, genesis: Bool)
    /// Take the reference that the peer sent.
    case adoptReference(LinkID, LinkReference)
    /// Take back what the link has added to the correction, and start at 0.
    case clearLedger(LinkID)
    /// Add the sum of a round's local steps.
    case addLocal([Float])
    /// Hand out `x` and `c` for a round of training.
    case fork
    /// Hand out everything of this instant.
    case snapshot
    /// Hand out a run of `x` for a peer that joins late.
    case readChunk(LinkID, start: Int, count: Int)
    /// Keep the next run of a peer's `x`; with the last one they are the node's own.
    case takeChunk(LinkID, SnapshotChunk)
    /// Forget the runs that are here.
    case dropChunks
    /// Forget a parted link, whose ledger is closed: its reference is genesis again.
    case forget(LinkID)
}

public enum WorkResult: Equatable, Sendable {
    /// An empty payload: nothing is left to say.
    case deltaMade(
        LinkID, epoch: UInt64, exchange: UInt64, payload: [UInt8], before: Double, after: Double,
        digest: UInt64)
    /// - moved: `|m|^2`, what the exchange moved the parameters by.
    /// - travelled: `|x - genesis|` after it.
    case applied(
        LinkID, epoch: UInt64, exchange: UInt64, digest: UInt64, moved: Double, travelled: Double)
    case referenceMade(LinkID, LinkReference)
    case referenceAdopted(LinkID, epoch: UInt64, digest: UInt64)
    /// The peer's payload did not decode, or did not lead where the peer said. Nothing changed.
    case peerFault(LinkID, GossipFault)
    case ledgerCleared(LinkID)
    /// Norms after the addition: of the round's steps, of `x`, and of `x - genesis`.
    case localAdded(moved: Double, size: Double, travelled: Double)
    /// The steps, or the parameters with them, were not finite. Nothing changed.
    case localRefused
    case forked(parameters: [Float], correction: [Float])
    case snapshot(ParameterSnapshot)
    case chunkRead(LinkID, start: Int, count: Int, payload: [UInt8], digest: UInt64)
    /// - travelled: `|x - genesis|`, when this was the last run.
    case chunkTaken(LinkID, upTo: Int, travelled: Double?)
    /// The peer's run did not decode, or is not what its digest says. Nothing changed.
    case chunkRefused(LinkID, GossipFault)
    case chunksDropped
    case forgotten(LinkID)
}

/// What a peer did wrong on a link. The link is closed with the reason; no state has changed.
public enum GossipFault: Error, Equatable, Sendable {
    case badPayload(CodecError)
    /// The two ends' references differ: state was lost, or one of the ends is at fault.
    case referencesDiffer(exchange: UInt64)
    /// A delta for an exchange that cannot be: too far ahead, or of another epoch.
    case outOfOrder(epoch: UInt64, exchange: UInt64)
    case unexpectedReference(epoch: UInt64)
    /// A run of parameters that was not asked for.
    case unexpectedChunk(start: Int)
    /// A run of parameters that is not what its digest says.
    case badChunk(start: Int)

    public var reason: String {
        switch self {
        case .badPayload(let error): "a delta does not decode: \(error)"
        case .referencesDiffer(let exchange):
            "the two ends' references differ before exchange \(exchange)"
        case .outOfOrder(let epoch, let exchange):
            "a delta for exchange \(exchange) of epoch \(epoch) cannot be"
        case .unexpectedReference(let epoch): "a reference for epoch \(epoch) was not expected"
        case .unexpectedChunk(let start):
            "parameters from \(start) on were not asked for"
        case .badChunk(let start):
            "parameters from \(start) on do not have their digest"
        }
    }
}

/// Everything the data half holds at one instant. Vectors share storage with the live ones until
/// those change.
public struct ParameterSnapshot: Equatable, Sendable {
    public struct Link: Equatable, Sendable {
        public var id: LinkID
        /// nil: genesis.
        public var reference: [Float]?
        public var digest: UInt64
        /// nil: all zero.
        public var ledger: [Float]?

        public init(id: LinkID, reference: [Float]?, digest: UInt64, ledger: [Float]?) {
            self.id = id
            self.reference = reference
            self.digest = digest
            self.ledger = ledger
        }
    }

    public var parameters: [Float]
    /// In ascending order of their IDs.
    public var links: [Link]

    public init(parameters: [Float], links: [Link]) {
        self.parameters = parameters
        self.links = links
    }
}
