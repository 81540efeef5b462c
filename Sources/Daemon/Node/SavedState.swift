// Room:  Daemon (floor 5).
// Task:  a node's instant as a checkpoint, and back: header and vectors.
// May:   Gossip, Membership, Peer, Store, Identity, Model.
// Proof: Tests/DaemonTests/SavedStateTests.swift

import Gossip
import Identity
import Membership
import Model
import Peer
import Store

/// Everything that a node needs to go on where it stopped.
struct SavedState: Equatable {
    var gossip: SavedGossip
    var vectors: ParameterSnapshot
    var trainer: [UInt8]
    /// The node's own tensors, where a built-in kind has some.
    var own: [Float] = []
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
        let header = SavedHeader(
            federation: federation, node: node.bytes, gossip: gossip, trainer: trainer,
            heldOutLoss: heldOutLoss, accuracy: accuracy)
        var named = vectors.named(with: gossip.links, roster: roster).map {
            NamedVector(name: $0.name, values: $0.values)
        }
        if !own.isEmpty { named.append(NamedVector(name: Self.ownName, values: own)) }
        return Checkpoint(header: header.bytes(roster: roster), vectors: named)
    }

    /// Of the vector of the node's own tensors.
    static let ownName = "own"

    /// - Throws: `SavedStateError`; links to peers that are no longer in the roster are left out.
    init(
        _ checkpoint: Checkpoint, federation: [UInt8], node: NodeID, roster: Roster
    ) throws(SavedStateError) {
        guard let header = SavedHeader(bytes: checkpoint.header, roster: roster) else {
            throw .unreadable
        }
        guard header.federation == federation else { throw .otherFederation }
        guard header.node == node.bytes else { throw .otherNode }
        let snapshot = ParameterSnapshot(links: header.gossip.links, roster: roster) {
            checkpoint[$0]
        }
        guard let snapshot else { throw .doesNotFit("no parameters in it") }
        gossip = header.gossip
        vectors = snapshot
        trainer = header.trainer
        own = checkpoint[Self.ownName] ?? []
        heldOutLoss = header.heldOutLoss
        accuracy = header.accuracy
    }
}
