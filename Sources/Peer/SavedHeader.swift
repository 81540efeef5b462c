// Room:  Peer (pure core).
// Task:  what a checkpoint says of a node: its header's fields, and the names of its vectors.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/SavedHeaderTests.swift

import Gossip
import Membership
import Wire

/// All of a node's instant but its vectors.
///
/// A link is saved under its peer's ID, not its place in the roster, so that a roster that has
/// grown finds it again.
public struct SavedHeader: Equatable, Sendable {
    /// 32 bytes, kept so that a folder cannot be mistaken for another.
    public var federation: [UInt8]
    /// The node's ID, 32 bytes; for the same reason.
    public var node: [UInt8]
    public var gossip: SavedGossip
    /// The trainer's state, in a form that it knows.
    public var trainer: [UInt8]
    public var heldOutLoss: Double?
    public var accuracy: Double?

    public init(
        federation: [UInt8], node: [UInt8], gossip: SavedGossip, trainer: [UInt8],
        heldOutLoss: Double? = nil, accuracy: Double? = nil
    ) {
        self.federation = federation
        self.node = node
        self.gossip = gossip
        self.trainer = trainer
        self.heldOutLoss = heldOutLoss
        self.accuracy = accuracy
    }
}

extension SavedHeader {
    /// - roster: the one by which the links are named.
    /// - Complexity: O(bytes): up to two deltas a link are kept in it.
    public func bytes(roster: Roster) -> [UInt8] {
        var header = WireSavedNode()
        header.federationBytes = federation
        header.nodeBytes = node
        header.round = gossip.round
        header.samples = gossip.samples
        if let loss = gossip.loss { header.loss = loss }
        header.travelled = gossip.travelled
        header.rate = gossip.rate
        header.stepsBetween = gossip.stepsBetween
        header.stepsSince = gossip.stepsSince
        header.overlap = gossip.overlap
        if let gradient = gossip.gradient { header.gradient = gradient }
        if let stride = gossip.stride { header.stride = stride }
        header.generator = gossip.generator
        header.trainerBytes = trainer
        if let heldOutLoss { header.heldOutLoss = heldOutLoss }
        if let accuracy { header.accuracy = accuracy }
        header.links = gossip.links.map { WireSavedLink($0, peer: roster.peer(of: $0.id)) }
        return header.encoded()
    }

    /// Reads a header. Whose it is, is for the caller to judge by `federation` and `node`.
    ///
    /// - roster: may be another than it was written with; links to peers that are not in it are
    ///   left out.
    /// - Returns: nil when it does not parse.
    public init?(bytes: [UInt8], roster: Roster) {
        guard let header = WireSavedNode(encoded: bytes) else { return nil }
        var places: [NodeID: UInt32] = [:]
        for (place, member) in roster.members.enumerated() { places[member.id] = UInt32(place) }
        let links = header.links.compactMap { saved in
            NodeID(bytes: saved.peerBytes).flatMap { places[$0] }
                .map { saved.savedLink(id: LinkID($0)) }
        }
        self.init(
            federation: header.federationBytes, node: header.nodeBytes,
            gossip: SavedGossip(
                round: header.round, samples: header.samples,
                loss: header.hasLoss ? header.loss : nil, travelled: header.travelled,
                rate: header.rate, stepsBetween: header.stepsBetween,
                stepsSince: header.stepsSince, overlap: header.overlap,
                gradient: header.hasGradient ? header.gradient : nil,
                stride: header.hasStride ? header.stride : nil, generator: header.generator,
                links: links),
            trainer: header.trainerBytes,
            heldOutLoss: header.hasHeldOutLoss ? header.heldOutLoss : nil,
            accuracy: header.hasAccuracy ? header.accuracy : nil)
    }
}

extension ParameterSnapshot {
    /// The vectors under the names that a checkpoint gives them: `x`, and of each link `s.PEER`
    /// unless its reference is genesis, and `b.PEER` unless its ledger is zero.
    ///
    /// - saved: the control half's links of the same instant. One that it has forgotten while the
    ///   snapshot was made is left out, also where it has begun it anew since.
    public func named(
        with saved: [SavedLink], roster: Roster
    ) -> [(name: String, values: [Float])] {
        var named = [(name: "x", values: parameters)]
        var digests: [LinkID: UInt64] = [:]
        for link in saved { digests[link.id] = link.digest }
        for link in links where digests[link.id] == link.digest {
            let peer = roster.peer(of: link.id)
            if let reference = link.reference { named.append(("s.\(peer)", reference)) }
            if let ledger = link.ledger { named.append(("b.\(peer)", ledger)) }
        }
        return named
    }

    /// Puts the vectors back to the links of the header that was saved with them.
    ///
    /// - Returns: nil without parameters.
    public init?(links: [SavedLink], roster: Roster, vector: (String) -> [Float]?) {
        guard let parameters = vector("x") else { return nil }
        self.init(
            parameters: parameters,
            links: links.map { link in
                let peer = roster.peer(of: link.id)
                return Link(
                    id: link.id, reference: vector("s.\(peer)"), digest: link.digest,
                    ledger: vector("b.\(peer)"))
            })
    }
}

extension Roster {
    fileprivate func peer(of link: LinkID) -> NodeID { members[Int(link.rawValue)].id }
}

extension WireSavedLink {
    fileprivate init(_ link: SavedLink, peer: NodeID) {
        self.init()
        peerBytes = peer.bytes
        standing.epoch = link.epoch
        standing.exchange = link.exchange
        standing.digest = link.digest
        standing.previousDigest = link.previousDigest
        standing.ledgerOpen = link.ledgerFrom != nil
        standing.ledgerFrom = link.ledgerFrom ?? 0
        if let own = link.own { self.own = WireDelta(own) }
        if let previous = link.previous { self.previous = WireDelta(previous) }
        exchanges = link.exchanges
        if let parting = link.parting { self.parting = parting }
    }

    fileprivate func savedLink(id: LinkID) -> SavedLink {
        SavedLink(
            id: id, epoch: standing.epoch, exchange: standing.exchange, digest: standing.digest,
            previousDigest: standing.previousDigest,
            ledgerFrom: standing.ledgerOpen ? standing.ledgerFrom : nil,
            own: hasOwn ? own.linkDelta : nil, previous: hasPrevious ? previous.linkDelta : nil,
            exchanges: exchanges, parting: hasParting ? parting : nil)
    }
}
