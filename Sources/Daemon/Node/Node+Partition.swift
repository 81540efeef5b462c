// Room:  Daemon (floor 5).
// Task:  a network that is cut, as the demo's storm has it: peers that this node does not reach.
// May:   EventLoop, HTTP, Identity, Membership, Peer.
// Proof: Tests/EndToEndTests/StormTests.swift

import EventLoop
import HTTP
import Identity
import Membership

/// Only in a `starling demo-node`: `POST /v1/test/partition?refuse=ID,ID,…`.
extension Node {
    /// Takes the list of those that are out of reach; an empty one heals. 404 in an ordinary run.
    func divide(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard switches.hasPartitions else {
            return refuse(responder, 404, "nothing is at \(request.path)")
        }
        var peers: [NodeID] = []
        for text in (request.parameter("refuse") ?? "").split(separator: ",") {
            do {
                peers.append(try NodeID(text: String(text)))
            } catch {
                return refuse(responder, 400, error.what, hint: error.hint)
            }
        }
        cutOff = Set(peers)
        for (id, link) in connections.sorted(by: { $0.key < $1.key }) where isCutOff(link.peer) {
            sever(id)
        }
        log.notice("partition", metadata: ["refused": "\(peers.count)"])
        reply(responder, .object([("refused", .integer(Int64(cutOff.count)))]))
    }

    func isCutOff(_ peer: NodeID) -> Bool { cutOff.contains(peer) }

    /// As a cable that is pulled: no farewell.
    private func sever(_ id: ConnectionID) {
        guard let link = forget(id) else { return }
        link.connection.abort()
        drive(.closed(id))
    }

    /// `body`, but not before the round has lasted as long as a test wants it to.
    func atRoundsPace(_ body: @escaping () -> Void) {
        guard let least = switches.round, let began = roundBegan else { return body() }
        let left = least - (now - began)
        guard left > .zero else { return body() }
        let timer = roundTimer ?? LoopTimer(loop: loop)
        timer.start(after: left) { body() }
        roundTimer = timer
    }
}
