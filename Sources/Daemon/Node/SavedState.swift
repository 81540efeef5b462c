// Room:  Daemon (floor 5).
// Task:  a node's instant as a checkpoint, and back: header and vectors.
// May:   Gossip, Membership, Store, Wire, Identity, Federation, Model.
// Proof: Tests/DaemonTests/SavedStateTests.swift

import FoundationEssentials
import Gossip
import Identity
import Membership
import Model
import Peer
import Store
import Wire

/// Everything that a node needs to go on where it stopped.
struct SavedState: Equatable {
    var gossip: SavedGossip
    var vectors: ParameterSnapshot
    var trainer: [UInt8]
    var heldOutLoss: Double?
    var accuracy: Double?
}

/// A checkpoint is intact, but not of this node or not of this federation.
enum SavedStateError: Fault, Equatable {
    case unreadable
    case otherFederation
    case otherNode
    case doesNotFit(String)

    var code: String { "daemon.checkpoint" }
    var what: String {
        switch self {
        case .unreadable: "the checkpoint's header does not parse"
        case .otherFederation: "the checkpoint belongs to another federation"
        case .otherNode: "the checkpoint belongs to another node"
        case .doesNotFit(let what): "the checkpoint does not fit the model: \(what)"
        }
    }
    var hint: String? {
        switch self {
        case .otherFederation:
            "a new federation needs a state folder of its own; move the folder 'checkpoint' away"
        case .otherNode: "the key was exchanged: put the old one back, or move 'checkpoint' away"
        case .unreadable, .doesNotFit:
            "restore the state folder from a backup, or move 'checkpoint' away"
        }
    }
    var exitStatus: Int32 { 78 }
}

extension SavedState {
    /// - federation, node: 32 bytes each, kept so that a folder cannot be mistaken for another.
    func checkpoint(federation: [UInt8], node: NodeID, roster: Roster) -> Checkpoint {
        var header = WireSavedNode()
        header.federationID = Data(federation)
        header.nodeID = Data(node.bytes)
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
        header.trainer = Data(trainer)
        if let heldOutLoss { header.heldOutLoss = heldOutLoss }
        if let accuracy { header.accuracy = accuracy }
        header.links = gossip.links.map { link in
            WireSavedLink(link, peer: roster.members[Int(link.id.rawValue)].id)
        }
        var named = [NamedVector(name: "x", values: vectors.parameters)]
        for link in vectors.links {
            let peer = roster.members[Int(link.id.rawValue)].id
            if let reference = link.reference {
                named.append(NamedVector(name: "s.\(peer)", values: reference))
            }
            if let ledger = link.ledger {
                named.append(NamedVector(name: "b.\(peer)", values: ledger))
            }
        }
        let bytes: [UInt8]
        do {
            bytes = try header.serializedBytes()
        } catch {
            preconditionFailure("a header without required fields serialises: \(error)")
        }
        return Checkpoint(header: bytes, vectors: named)
    }

    /// - Throws: `SavedStateError`; links to peers that are no longer in the roster are left out.
    init(
        _ checkpoint: Checkpoint, federation: [UInt8], node: NodeID, roster: Roster
    ) throws(SavedStateError) {
        let header: WireSavedNode
        do {
            header = try WireSavedNode(serializedBytes: checkpoint.header)
        } catch {
            throw .unreadable
        }
        guard [UInt8](header.federationID) == federation else { throw .otherFederation }
        guard [UInt8](header.nodeID) == node.bytes else { throw .otherNode }
        guard let parameters = checkpoint["x"] else { throw .doesNotFit("no parameters in it") }
        var places: [NodeID: UInt32] = [:]
        for (place, member) in roster.members.enumerated() { places[member.id] = UInt32(place) }
        var links: [SavedLink] = []
        var snapshots: [ParameterSnapshot.Link] = []
        for saved in header.links {
            guard let peer = NodeID(bytes: [UInt8](saved.peer)), let place = places[peer] else {
                continue
            }
            let link = saved.savedLink(id: LinkID(place))
            links.append(link)
            snapshots.append(
                ParameterSnapshot.Link(
                    id: link.id, reference: checkpoint["s.\(peer)"], digest: link.digest,
                    ledger: checkpoint["b.\(peer)"]))
        }
        gossip = SavedGossip(
            round: header.round, samples: header.samples,
            loss: header.hasLoss ? header.loss : nil, travelled: header.travelled,
            rate: header.rate, stepsBetween: header.stepsBetween, stepsSince: header.stepsSince,
            overlap: header.overlap, gradient: header.hasGradient ? header.gradient : nil,
            stride: header.hasStride ? header.stride : nil, generator: header.generator,
            links: links)
        vectors = ParameterSnapshot(parameters: parameters, links: snapshots)
        trainer = [UInt8](header.trainer)
        heldOutLoss = header.hasHeldOutLoss ? header.heldOutLoss : nil
        accuracy = header.hasAccuracy ? header.accuracy : nil
    }
}

extension WireSavedLink {
    fileprivate init(_ link: SavedLink, peer: NodeID) {
        self.init()
        self.peer = Data(peer.bytes)
        standing.epoch = link.epoch
        standing.exchange = link.exchange
        standing.digest = link.digest
        standing.previousDigest = link.previousDigest
        standing.ledgerOpen = link.ledgerFrom != nil
        standing.ledgerFrom = link.ledgerFrom ?? 0
        if let own = link.own { self.own = WireDelta(own) }
        if let previous = link.previous { self.previous = WireDelta(previous) }
        exchanges = link.exchanges
    }

    fileprivate func savedLink(id: LinkID) -> SavedLink {
        SavedLink(
            id: id, epoch: standing.epoch, exchange: standing.exchange, digest: standing.digest,
            previousDigest: standing.previousDigest,
            ledgerFrom: standing.ledgerOpen ? standing.ledgerFrom : nil,
            own: hasOwn ? own.linkDelta : nil, previous: hasPrevious ? previous.linkDelta : nil,
            exchanges: exchanges)
    }
}
