// Room:  starling (floor 6).
// Task:  what the operators do in a storm, over the nodes' local sockets, on a thread of its own.
// May:   Daemon (what it serves), EventLoop, HTTP, Synchronization.
// Proof: Tests/EndToEndTests/StormTests.swift

import Daemon
import EventLoop
import HTTP
import Synchronization

/// Proposes, endorses, invites, cuts the network. Answers are laid down, and taken by `answers`.
///
/// A node that is killed, or stands still, while it is asked does not answer; who asks tries again.
final class StormHands: Sendable {
    struct Member: Sendable {
        let node: Int
        let name: String
        let socket: String
    }

    struct Change: Sendable, Equatable {
        /// `admit` or `expel`.
        let kind: String
        let id: String
        let name: String
        let address: String
    }

    enum Answer: Sendable {
        /// Whether a member holds the change for decided, and when that was known.
        case voted(decided: Bool, at: MonotonicTime)
        /// Nil where nobody gave one.
        case invited(InvitationStatus?)
        /// Whether the node has taken the list.
        case divided(node: Int, pid: Int32, refused: [String], isDone: Bool)
    }

    private let tray = Mutex<[Answer]>([])
    private let queue: EventLoop
    private let thread: LoopThread

    init() throws {
        queue = try EventLoop()
        thread = queue.start(name: "storm-hands")
    }

    /// Waits for what is under way. Nothing may be asked for afterwards.
    func end() {
        queue.stop()
        thread.join()
    }

    /// What has been answered since the last call.
    func answers() -> [Answer] {
        tray.withLock { tray in
            defer { tray = [] }
            return tray
        }
    }

    /// One step towards a change of the roster: somebody proposes it, or those who have seen it
    /// endorse it. Asked again until it is decided.
    func vote(_ change: Change, _ members: [Member]) {
        queue.execute {
            let seen = members.compactMap { member in
                self.actions(member.socket).map { (member: member, actions: $0) }
            }
            let isDecided = seen.contains { $0.actions.decided.contains(where: change.isMeant) }
            let isDone = isDecided || self.promote(change, seen)
            self.lay(.voted(decided: isDone, at: .current))
        }
    }

    /// An invitation by the first that gives one.
    func invite(_ members: [Member]) {
        queue.execute {
            for member in members {
                guard let body = Self.ask("GET", "/v1/invitation", member.socket),
                    let invitation = try? JSONOutput.decode(InvitationStatus.self, from: body)
                else { continue }
                return self.lay(.invited(invitation))
            }
            self.lay(.invited(nil))
        }
    }

    /// Has a node refuse these; none heals.
    func divide(_ member: Member, pid: Int32, from ids: [String]) {
        queue.execute {
            let target = "/v1/test/partition?refuse=\(ids.joined(separator: ","))"
            let isDone = Self.ask("POST", target, member.socket) != nil
            self.lay(.divided(node: member.node, pid: pid, refused: ids, isDone: isDone))
        }
    }

    private func lay(_ answer: Answer) { tray.withLock { $0.append(answer) } }

    // MARK: On the thread

    /// Only with members that know the newest generation: the others would propose beside it.
    private func promote(
        _ change: Change, _ seen: [(member: Member, actions: ActionsStatus)]
    ) -> Bool {
        let newest = seen.map(\.actions.generation).max() ?? 0
        let voters = seen.filter { $0.actions.generation == newest }
        var isProposed = false
        for (member, actions) in voters {
            guard let action = actions.open.first(where: change.isMeant) else { continue }
            isProposed = true
            guard !action.endorsers.contains(member.name) else { continue }
            if decides("/v1/roster/endorse?action=\(action.hash)", member.socket) { return true }
        }
        guard !isProposed, let first = voters.first else { return false }
        return decides(change.proposal, first.member.socket)
    }

    private func decides(_ target: String, _ socket: String) -> Bool {
        let reply = Self.ask("POST", target, socket)
            .flatMap { try? JSONOutput.decode(RosterReply.self, from: $0) }
        return reply?.action.effective == true
    }

    private func actions(_ socket: String) -> ActionsStatus? {
        Self.ask("GET", "/v1/actions", socket)
            .flatMap { try? JSONOutput.decode(ActionsStatus.self, from: $0) }
    }

    private static func ask(_ method: String, _ target: String, _ socket: String) -> [UInt8]? {
        let reply = try? LocalClient.request(
            socket: socket, method: method, path: target, timeout: .seconds(1))
        return reply.flatMap { $0.status == 200 ? $0.body : nil }
    }
}

extension StormHands.Change {
    func isMeant(_ action: RosterActionStatus) -> Bool { action.kind == kind && action.id == id }

    /// IDs, names of sites and addresses on loopback need no escaping.
    var proposal: String {
        kind == "admit"
            ? "/v1/roster/admit?id=\(id)&name=\(name)&address=\(address)"
            : "/v1/roster/expel?member=\(id)"
    }
}
