// Room:  starling (floor 6).
// Task:  what `top` knows: the node's last answers, and how figures went before them.
// May:   Daemon (the answers as values).
// Proof: Tests/StarlingTests/TopScreenTests.swift

import Daemon

/// Grows by one set of answers a look.
struct TopFacts {
    /// Disagreements of one member, oldest first.
    static let kept = 32

    private(set) var status: NodeStatus?
    private(set) var members: [MembersStatus.Member] = []
    /// Those of members that this node has a link to, by ID.
    private(set) var links: [String: PeersStatus.Peer] = [:]
    private(set) var history: [String: [Double]] = [:]
    /// Bytes a second between the last two looks, out and in.
    private(set) var rates: (sent: Double, received: Double)?
    /// Why there was no answer, and for how many seconds; nil: there was one.
    private(set) var silence: (reason: String, seconds: Double)?
    private var lookedAt: Double?

    /// - now: in seconds, of any clock that only goes on.
    mutating func take(_ picture: NodePicture, at now: Double) {
        let status = picture.status
        if let last = self.status, let lookedAt, last.pid == status.pid, now > lookedAt {
            func rate(_ old: UInt64, _ new: UInt64) -> Double {
                Double(new >= old ? new - old : 0) / (now - lookedAt)
            }
            rates = (
                rate(last.bytes.sent, status.bytes.sent),
                rate(last.bytes.received, status.bytes.received)
            )
        } else {
            rates = nil
        }
        (self.status, lookedAt, silence) = (status, now, nil)
        // The own record is seconds old; the node knows better of itself.
        members = picture.members.map { member in
            guard member.state == "self" else { return member }
            var own = member
            own.round = status.round
            own.accuracy = status.held_out.accuracy
            own.disagreement = status.disagreement
            return own
        }
        links = [:]
        for peer in picture.peers where peer.linked { links[peer.id] = peer }
        var next: [String: [Double]] = [:]
        for member in members {
            next[member.id] =
                (history[member.id] ?? []).suffix(Self.kept - 1) + [member.disagreement ?? .nan]
        }
        history = next
    }

    mutating func missed(_ reason: String, at now: Double) {
        silence = (reason, now - (lookedAt ?? now))
    }
}

/// By what the members are sorted.
enum TopOrder: String, CaseIterable {
    case name, state, round, accuracy, apart

    var next: TopOrder {
        let all = Self.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }

    /// Best or farthest first; by name where they are alike.
    func sorted(_ members: [MembersStatus.Member]) -> [MembersStatus.Member] {
        func key(_ member: MembersStatus.Member) -> Double {
            switch self {
            case .name: 0
            case .state:
                Double(
                    ["self", "alive", "suspect", "unknown", "down", "left"]
                        .firstIndex(of: member.state) ?? 9)
            case .round: -Double(member.round ?? 0)
            case .accuracy: -(member.accuracy ?? -1)
            case .apart: -(member.disagreement ?? -1)
            }
        }
        return members.sorted { (key($0), $0.name) < (key($1), $1.name) }
    }
}
