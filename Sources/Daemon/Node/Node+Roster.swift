// Room:  Daemon (floor 5).
// Task:  what this node's operator says of the roster, and who may come through the door.
// May:   Membership, Peer, Transport, Identity.
// Proof: Tests/EndToEndTests/RosterTests.swift

import EventLoop
import Identity
import Logging
import Membership
import Peer
import Store
import Transport

extension Node {
    /// Asked in each handshake.
    func judge(_ id: NodeID) -> Admission {
        if isCutOff(id) { return .refused(.stranger) }
        let roster = core.membership.roster
        if roster.contains(id) { return .admitted }
        return .refused(roster.expelled[id] == nil ? .stranger : .expelled)
    }

    /// Endorsements go to the disk before anybody hears of them. Where the disk does not take them,
    /// the node goes on, and says so: the peers have them too.
    func keep(_ endorsements: [Endorsement]) {
        do throws(StoreError) {
            try rosterLog.append(endorsements)
            if let pin = core.books?.roster.pin, pin.generation > pinnedGeneration {
                try rosterLog.append(pin)
                pinnedGeneration = pin.generation
            }
            if core.books?.holdsOwnWord == true { try rosterLog.appendWhole() }
        } catch {
            warn("roster.log could not be written: \(error)")
        }
    }

    /// The members' records, for the addresses of those that have moved; nil where nothing is new
    /// since they were last saved.
    func directoryToSave() -> [UInt8]? {
        guard !isLeaving, let directory = core.books?.directory,
            directory.digest != saving.directory
        else { return nil }
        saving.directory = directory.digest
        return directory.saved
    }

    func directoryNotSaved(_ error: StoreError) {
        saving.directory = nil
        log.warning("directory-not-saved", metadata: ["error": "\(error)"])
    }

    func admit(
        _ id: NodeID, name: String, addresses: [String]
    ) throws(RosterRefusal) -> RosterReply {
        try propose(.admit(Member(id: id, name: name, addresses: addresses)))
    }

    func expel(_ member: NodeID) throws(RosterRefusal) -> RosterReply {
        try propose(.expel(member))
    }

    func endorse(_ prefix: String, ballot: UInt8?) throws(RosterRefusal) -> RosterReply {
        let key = preparation.identity.key
        return try sign { (book: inout RosterBook) throws(RosterRefusal) in
            try book.endorse(prefix, ballot: ballot, with: key)
        }
    }

    private func propose(_ change: RosterChange) throws(RosterRefusal) -> RosterReply {
        let key = preparation.identity.key
        return try sign { (book: inout RosterBook) throws(RosterRefusal) in
            try book.propose(change, with: key)
        }
    }

    private func sign(
        _ body: (inout RosterBook) throws(RosterRefusal) -> Endorsement
    ) throws(RosterRefusal) -> RosterReply {
        var effects: [PeerEffect] = []
        let vote = try core.sign(body, at: now, into: &effects)
        for effect in effects { carryOut(effect) }
        log.notice(
            "endorsed",
            metadata: [
                "action": "\(vote.action.hash.short)", "generation": "\(vote.action.generation)",
                "ballot": "\(vote.ballot)",
            ])
        return RosterReply(
            action: action(vote.action.hash) ?? described(vote.action),
            generation: core.books?.roster.generation ?? 0)
    }

    // MARK: For people

    /// - text: a member's name, or an ID.
    func member(_ text: String) -> Result<NodeID, NodeIDError> {
        if let member = roster.current.first(where: { $0.name == text }) {
            return .success(member.id)
        }
        return Result { () throws(NodeIDError) in try NodeID(text: text) }
    }

    func action(_ hash: RosterHash) -> RosterActionStatus? {
        guard let book = core.books?.roster else { return nil }
        if let decision = book.history.first(where: { $0.action.hash == hash }) {
            return described(decision)
        }
        return book.proposals.first { $0.action.hash == hash }.map(described)
    }

    var actions: ActionsStatus {
        guard let book = core.books?.roster else {
            return ActionsStatus(generation: 0, hash: "", open: [], decided: [], evidence: [])
        }
        return ActionsStatus(
            generation: book.generation, hash: "\(book.hash)",
            open: book.proposals.filter(\.isOpen).map(described),
            decided: book.history.map(described),
            evidence: book.evidence.map {
                "\(name(of: $0.endorser)) (\($0.endorser.short)) has endorsed both "
                    + "\($0.first.action.hash.short) and \($0.second.action.hash.short) "
                    + "at ballot \($0.first.ballot)"
            })
    }

    private func described(_ decision: RosterDecision) -> RosterActionStatus {
        var status = described(decision.action)
        status.ballot = Int(decision.ballot ?? 0)
        status.endorsers = decision.endorsers.map { name(of: $0) }
        status.needed = decision.needed
        status.effective = true
        return status
    }

    private func described(_ proposal: RosterProposal) -> RosterActionStatus {
        var status = described(proposal.action)
        status.ballot = Int(proposal.ballot)
        status.endorsers = proposal.endorsers.map { name(of: $0) }
        status.needed = proposal.needed
        return status
    }

    private func described(_ action: RosterAction) -> RosterActionStatus {
        var status = RosterActionStatus(
            hash: "\(action.hash)", generation: action.generation, kind: "", id: "",
            name: nil, addresses: [], ballot: 0, endorsers: [], needed: 0, effective: false)
        switch action.change {
        case .admit(let member):
            status.kind = "admit"
            status.id = "\(member.id)"
            status.name = member.name
            status.addresses = member.addresses
        case .expel(let id):
            status.kind = "expel"
            status.id = "\(id)"
            status.name = roster.place(of: id).map { roster.members[$0].name }
        }
        return status
    }

    /// This node's own address first.
    var invitation: InvitationStatus {
        let own = preparation.identity.nodeID
        let pin = core.books?.roster.pin
        var addresses: [String] = []
        let known = core.membership.status.filter { $0.connection != nil && $0.listens }
        for address in core.books?.addresses ?? [] { addresses.append("\(own)@\(address)") }
        for row in known {
            guard addresses.count < 3, let address = row.addresses.first else { break }
            addresses.append("\(row.member.id)@\(address)")
        }
        return InvitationStatus(
            federation: "\(preparation.federation.id)", file: preparation.configuration.federation,
            generation: pin?.generation ?? 0, hash: pin.map { "\($0.hash)" } ?? "",
            addresses: addresses, invitation: pin.map { "\($0)" } ?? "")
    }

    var members: MembersStatus {
        let own = preparation.identity.nodeID
        let now = now
        var admitted: [NodeID: UInt64] = [:]
        for decision in core.books?.roster.history ?? [] {
            if case .admit(let member) = decision.action.change {
                admitted[member.id] = decision.action.generation
            }
        }
        var records: [NodeID: DirectoryStatus] = [:]
        for row in core.books?.directory.rows(at: now) ?? [] { records[row.record.id] = row }
        var rows: [NodeID: MemberStatus] = [:]
        for row in core.membership.status { rows[row.member.id] = row }
        let members = roster.current.map { member in
            let row = rows[member.id]
            let record = records[member.id]
            let facts = record?.record.facts
            let progress = facts?.progress
            return MembersStatus.Member(
                id: "\(member.id)", short: member.id.short, name: member.name,
                state: member.id == own ? "self" : state(row, record),
                since_seconds: row.map { (now - $0.since).inSeconds },
                linked: row?.connection != nil, addresses: facts?.addresses ?? member.addresses,
                software: facts?.software, round: progress?.round, rounds: progress?.rounds,
                finished: progress.map { $0.phase == 2 }, loss: progress?.loss.map(Double.init),
                accuracy: progress?.accuracy.map(Double.init),
                disagreement: progress.map { Double($0.disagreement) },
                record_age_seconds: record.map { $0.age.inSeconds },
                admitted_in: admitted[member.id] ?? 0)
        }
        return MembersStatus(
            generation: core.books?.roster.generation ?? 0,
            hash: core.books.map { "\($0.roster.hash)" } ?? "",
            needed: core.books?.roster.needed ?? 0, members: members)
    }

    /// A link knows best; without one, the member's own record, and what others say of it.
    private func state(_ row: MemberStatus?, _ record: DirectoryStatus?) -> String {
        if let row, row.connection != nil || row.liveness == .suspect {
            return row.liveness.rawValue
        }
        guard let record else { return row?.liveness.rawValue ?? "unknown" }
        if record.record.facts.state == .left { return "left" }
        if record.down != nil || row?.liveness == .down { return "down" }
        return "alive"
    }
}
