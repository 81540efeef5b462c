// Room:  Peer (pure core).
// Task:  joining late: a snapshot of the parameters asked for, given, and taken.
// May:   Gossip, Membership, Wire.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/PeerTests/SnapshotTests.swift

import Gossip
import Membership
import Wire

/// What one connection's peer takes of this node's parameters. A server keeps nothing else: each
/// run is of the parameters as they are when it is read.
struct Serving: Sendable {
    /// The run that is being read for the peer.
    var reading: Range<Int>?
    /// Parameters said so far, and what requests cost besides.
    var spent = 0

    /// A request costs no less than so many parameters.
    static let least = 1024

    /// The most that is spent on a connection: what a newcomer needs, four times over. A peer that
    /// asks without reading the answers has no more of them waiting here.
    static func budget(of parameters: Int) -> Int { 4 * (parameters + 65_536) }
}

/// How far this node is with fetching its first parameters, for people.
public struct JoiningStatus: Equatable, Sendable {
    /// Parameters that are here, of how many.
    public var done: Int
    public var all: Int
    /// Who is being asked, or gave the last ones.
    public var from: NodeID?
}

extension Peer {
    /// nil unless parameters have been fetched in this run of the daemon.
    public var joining: JoiningStatus? {
        gossip.joinProgress.map {
            JoiningStatus(done: $0.done, all: $0.all, from: $0.from.map(peer(of:)))
        }
    }

    // MARK: Taking

    mutating func meet(
        _ peer: NodeID, over connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let link = link(to: peer) else { return }
        let isGrown = connections[connection]?.isGrown ?? false
        onGossip(at: now, into: &out) { [parameters = settings.parameters] in
            $0.met(
                link, isGrown: isGrown, parameters: parameters, at: now.origin, into: &$1)
        }
    }

    func request(_ start: Int, _ count: Int, on link: LinkID, into out: inout [PeerEffect]) {
        var request = WireSnapshotRequest()
        request.start = UInt32(clamping: start)
        request.count = UInt32(clamping: count)
        send(.snapshotRequest(request), on: link, into: &out)
    }

    mutating func received(
        _ chunk: WireSnapshotChunk, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        // Over a connection that is the link no more: asked for again elsewhere.
        guard let peer = linkedPeer(of: connection), let link = link(to: peer) else { return }
        onGossip(at: now, into: &out) {
            $0.received(chunk.snapshotChunk, on: link, at: now.origin, into: &$1)
        }
    }

    // MARK: Giving

    mutating func requested(
        _ request: WireSnapshotRequest, on connection: ConnectionID, at now: Instant,
        into out: inout [PeerEffect]
    ) {
        guard let peer = linkedPeer(of: connection), let active = links[peer],
            let link = link(to: peer)
        else { return }
        let (start, count) = (Int(request.start), Int(request.count))
        guard start + count <= settings.parameters else {
            return fault(
                connection, "a request for parameters beyond the last", at: now, into: &out)
        }
        // An honest peer has one request out; a second is not answered.
        guard active.serving.reading == nil else { return }
        let hasSome = gossip.isGrown
        let cost = hasSome ? max(count, Serving.least) : Serving.least
        let spent = active.serving.spent + cost
        guard spent <= Serving.budget(of: settings.parameters) else {
            return fault(
                connection, "requests for more parameters than there are", at: now, into: &out)
        }
        links[peer]?.serving.spent = spent
        guard hasSome else {
            var answer = WireSnapshotChunk()
            answer.start = request.start
            answer.joining = true
            out.append(.send(connection, .snapshotChunk(answer)))
            return
        }
        links[peer]?.serving.reading = start..<(start + count)
        out.append(.work(.readChunk(link, start: start, count: count)))
    }

    /// Sends a run that has been read, if who asked is still there and waits for it.
    mutating func answerRequest(with result: WorkResult, into out: inout [PeerEffect]) {
        guard case .chunkRead(let link, let start, let count, let payload, let digest) = result
        else { return }
        let peer = peer(of: link)
        guard let active = links[peer], active.serving.reading == start..<(start + count) else {
            return
        }
        links[peer]?.serving.reading = nil
        let chunk = SnapshotChunk(
            start: start, count: count, payload: payload, digest: digest, round: gossip.round)
        out.append(.send(active.connection, .snapshotChunk(WireSnapshotChunk(chunk))))
    }
}

extension WireSnapshotChunk {
    init(_ chunk: SnapshotChunk) {
        self.init()
        start = UInt32(clamping: chunk.start)
        count = UInt32(clamping: chunk.count)
        payloadBytes = chunk.payload
        digest = chunk.digest
        round = chunk.round
    }

    /// nil: the sender has nothing to give.
    var snapshotChunk: SnapshotChunk? {
        guard !joining else { return nil }
        return SnapshotChunk(
            start: Int(start), count: Int(count), payload: payloadBytes, digest: digest,
            round: round)
    }
}
