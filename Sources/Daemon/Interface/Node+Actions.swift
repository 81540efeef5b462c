// Room:  Daemon (floor 5).
// Task:  the local interface's requests that change something: roster and leaving.
// May:   HTTP, Identity, Membership.
// Proof: Tests/EndToEndTests/RosterTests.swift

import HTTP
import Identity
import Membership

extension Node {
    func act(on request: HTTPRequest, _ responder: HTTPResponder) {
        do throws(RosterRefusal) {
            switch request.path {
            case "/v1/roster/admit": try admit(request, responder)
            case "/v1/roster/expel": try expel(request, responder)
            case "/v1/roster/endorse": try endorse(request, responder)
            case "/v1/test/partition": divide(request, responder)
            case "/v1/leave":
                reply(responder, LeaveReply(links: core.membership.links.count).json)
                leave("asked to")
            default: refuse(responder, 404, "nothing is at \(request.path)")
            }
        } catch {
            refuse(responder, 409, error.what, hint: error.hint)
        }
    }

    private func admit(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(RosterRefusal) {
        guard let text = request.parameter("id"), let name = request.parameter("name") else {
            return refuse(responder, 400, "id and name are needed")
        }
        let id: NodeID
        do {
            id = try NodeID(text: text)
        } catch {
            return refuse(responder, 400, error.what, hint: error.hint)
        }
        let addresses = request.query.filter { $0.name == "address" }.map(\.value)
        reply(responder, try admit(id, name: name, addresses: addresses).json)
    }

    private func expel(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(RosterRefusal) {
        guard let text = request.parameter("member") else {
            return refuse(responder, 400, "member is needed")
        }
        switch member(text) {
        case .success(let id): reply(responder, try expel(id).json)
        case .failure(let error):
            refuse(
                responder, 400, "no member is called '\(text)', and as an ID: \(error.what)",
                hint: "see `starling members`")
        }
    }

    private func endorse(
        _ request: HTTPRequest, _ responder: HTTPResponder
    ) throws(RosterRefusal) {
        guard let prefix = request.parameter("action") else {
            return refuse(responder, 400, "action is needed")
        }
        var ballot: UInt8?
        if let text = request.parameter("ballot") {
            guard let number = UInt8(text) else {
                return refuse(responder, 400, "'\(text)' is no ballot: write 0 to 63")
            }
            ballot = number
        }
        reply(responder, try endorse(prefix, ballot: ballot).json)
    }
}
