// Room:  starling (floor 6).
// Task:  from facts to findings: what is well, what is not, why it matters, how to mend it.
// May:   Daemon (the answers as values).
// Proof: Tests/StarlingTests/DoctorTests.swift

import Daemon

extension DoctorFacts {
    /// Clocks farther apart than this are told of, in seconds (our guess).
    static let clockTolerance = 30.0

    var findings: [Finding] {
        [data, disk, memory, files] + hints + federation + door + clocks + versions
    }

    // MARK: The machine

    private var data: Finding {
        guard let rows = setUp.rows else {
            guard let running else {
                return .good("data", "a trainer outside has the rows and joins when the node runs")
            }
            if let trainer = running.status.trainer, trainer.present {
                return .good("trainer", "a trainer is there: \(trainer.name ?? "")")
            }
            return .warning(
                "no-trainer", "no trainer has joined",
                why: "the node only passes on what others learn",
                how: "start the training script; `starling.join` finds the socket")
        }
        guard rows.training >= 10 else {
            return .warning(
                "few-rows", "\(rows.training) rows to train on",
                why: "so few rows teach the others little and are learnt by heart",
                how: "look at [data] file, and at 'holdout'")
        }
        return .good(
            "data",
            "\(Figures.grouped(rows.training)) rows to train on, "
                + "\(Figures.grouped(rows.heldOut)) held out, no value is missing")
    }

    /// Bytes of one vector.
    private var vector: UInt64 { 4 * UInt64(setUp.parameters) }
    private var links: UInt64 { UInt64(min(setUp.view, max(setUp.members - 1, 0))) }

    /// Parameters, and of each link reference and ledger; and what is kept of parted peers.
    private var checkpoint: UInt64 {
        let parted = UInt64(max(setUp.members - 1 - setUp.view, 0)) * vector
        return vector * (1 + 2 * links) + min(UInt64(setUp.keptReferences), parted)
    }

    /// Of something that there must be enough of.
    ///
    /// - has: nil: not known.
    private func enough<Amount: Comparable>(
        _ code: String, short: String, has: Amount?, needs: Amount, unknown: Finding,
        words: (Amount) -> String, why: String, how: String
    ) -> Finding {
        guard let has else { return unknown }
        return has < needs
            ? .problem(short, words(has), why: why, how: how) : .good(code, words(has))
    }

    private var disk: Finding {
        // Two are kept, and the next is written beside them.
        let needed = 3 * checkpoint + 1_000_000
        return enough(
            "disk", short: "disk-full", has: machine.freeDisk, needs: needed,
            unknown: .warning(
                "disk", "how much disk is free is not known",
                why: "checkpoints need room", how: "look at the state folder with `df`"),
            words: {
                "\(Figures.bytes($0)) of disk are free, checkpoints take up to "
                    + Figures.bytes(needed)
            },
            why: "without a checkpoint a node that is killed has lost its work",
            how: "make room where the state folder lies, or move it")
    }

    private var memory: Finding {
        // A snapshot, a round of training and the encoder hold copies.
        let needed = checkpoint + 8 * vector + 30_000_000
        return enough(
            "memory", short: "memory-short", has: machine.availableMemory, needs: needed,
            unknown: .warning(
                "memory", "how much memory is free is not known",
                why: "the model must fit", how: "look at `free`"),
            words: {
                "\(Figures.bytes($0)) of memory are free, "
                    + "\(Figures.grouped(setUp.parameters)) parameters and \(links) "
                    + "\(links == 1 ? "link takes" : "links take") about " + Figures.bytes(needed)
            },
            why: "the system ends processes that it has no memory for",
            how: "free memory, or agree on a smaller 'view' or model")
    }

    private var files: Finding {
        let needed = 64 + 2 * setUp.members
        return enough(
            "files", short: "files-few", has: machine.mostFiles, needs: needed,
            unknown: .warning(
                "files", "the limit of open files is not known",
                why: "each connection takes one", how: "see `ulimit -n`"),
            words: {
                "\(Figures.grouped($0)) files may be open, this federation may need \(needed)"
            },
            why: "each connection takes one; peers could not get through",
            how: "raise it: `ulimit -n`, or LimitNOFILE in the unit")
    }

    /// The preparation's own.
    private var hints: [Finding] {
        warnings.map {
            .warning(
                "configuration", $0, why: "it is allowed, and probably not meant",
                how: "see the comments in the example configuration")
        }
    }

    // MARK: The others

    private var federation: [Finding] {
        if let running { return linked(running) }
        guard setUp.members > 1 else {
            return [.good("alone", "a federation of one: there is nobody to reach")]
        }
        var findings: [Finding] = []
        var reached: Set<String> = []
        for contact in contacts {
            switch contact.result {
            case .agreed: reached.insert(contact.member)
            case .unknownName, .noAnswer, .refused: break
            }
        }
        for contact in contacts {
            if let finding = finding(contact, isReached: reached.contains(contact.member)) {
                findings.append(finding)
            }
        }
        if reached.isEmpty, !setUp.listens {
            findings.append(
                .problem(
                    "unreachable", "this node reaches nobody, and nobody can dial it",
                    why: "it cannot take part",
                    how: "open the way out to one member at least, or listen"))
        }
        return findings
    }

    private func finding(_ contact: Contact, isReached: Bool) -> Finding? {
        let who = "\(contact.member) at \(contact.address)"
        switch contact.result {
        case .agreed(let software, _):
            return .good("agreed", "\(who): the same federation, \(software)")
        case .unknownName(let reason):
            return .warning(
                "name-unknown", "\(who): \(reason)",
                why: "its name does not resolve; it may still dial this node",
                how: "ask its operator for the address, or mend DNS")
        case .noAnswer(let reason):
            // Another of its addresses answers: nothing is lost.
            guard !isReached else { return nil }
            return .warning(
                "no-answer", "\(who): \(reason)",
                why: "it is away, or a firewall stands between; it may still dial this node",
                how: "ask whether it runs, and whether its port is open to this address")
        case .refused(let reason):
            return .problem(
                "refused", "\(who): \(reason)",
                why: "the two will not exchange anything",
                how: "compare `starling federation check` and `starling id` with its operator")
        }
    }

    /// A running node knows best.
    private func linked(_ running: NodePicture) -> [Finding] {
        var findings: [Finding] = []
        let others = running.status.members - 1
        if running.status.links == 0, others > 0 {
            findings.append(
                .problem(
                    "no-links", "the node runs and has no link to any of \(others) members",
                    why: "it learns from nobody", how: "see the findings about each of them"))
        } else {
            findings.append(
                .good(
                    "links",
                    "the node runs, phase \(running.status.phase), "
                        + "\(running.status.links) of \(others) others are linked"))
        }
        for peer in running.peers where !peer.linked {
            guard let problem = peer.problem else { continue }
            findings.append(
                .warning(
                    "peer", "\(peer.name): \(problem)",
                    why: "there is no link to it (\(peer.state))",
                    how: "compare federation IDs, or ask whether it runs and its port is open"))
        }
        for warning in running.status.warnings {
            findings.append(
                .warning(
                    "node-warns", warning, why: "the running node says so",
                    how: "see its log"))
        }
        if let error = running.status.checkpoint.error {
            findings.append(
                .problem(
                    "checkpoint", error, why: "work since the last checkpoint can be lost",
                    how: "make room, or mend the rights of the state folder"))
        }
        return findings
    }

    /// Whether others can dial this node.
    private var door: [Finding] {
        guard setUp.listens else {
            return [
                .good("outgoing", "this node listens nowhere: it takes part by dialling out")
            ]
        }
        guard let running, running.status.members > 1 else { return [] }
        if running.peers.contains(where: { $0.direction == "accepted" }) {
            return [.good("dialled", "others have dialled this node: it can be reached")]
        }
        guard running.status.links > 0 else { return [] }
        return [
            .warning(
                "not-dialled",
                "this node listens, and so far all its links are of its own dialling",
                why: "a firewall may keep others out; two such nodes cannot meet",
                how: "ask a member whether `nc -z \(setUp.addresses.first ?? "HOST PORT")` works")
        ]
    }

    private var clocks: [Finding] {
        var apart: [(name: String, seconds: Double)] = []
        for peer in running?.peers ?? [] {
            if let seconds = peer.clock_difference_seconds { apart.append((peer.name, seconds)) }
        }
        for contact in contacts {
            if case .agreed(_, let ahead?) = contact.result {
                apart.append((contact.member, ahead))
            }
        }
        guard !apart.isEmpty else { return [] }
        let far = apart.filter { $0.seconds.magnitude > Self.clockTolerance }
        guard !far.isEmpty else {
            return [.good("clocks", "\(apart.count) clocks compared, none is far off")]
        }
        return far.map { name, seconds in
            .warning(
                "clock",
                "\(name)'s clock is \(Figures.span(seconds: seconds.magnitude)) "
                    + (seconds > 0 ? "ahead" : "behind"),
                why: "nothing depends on clocks, but logs are hard to compare",
                how: "let both synchronise their clocks")
        }
    }

    private var versions: [Finding] {
        guard let running else { return [] }
        let own = running.status.software
        let others = running.members.filter { $0.state != "self" && $0.software != nil }
        let different = others.filter { $0.software != own }
        guard !others.isEmpty else { return [] }
        guard !different.isEmpty else {
            return [.good("versions", "all of whom it is known run \(own)")]
        }
        return [
            .warning(
                "versions",
                different.map { "\($0.name) runs \($0.software ?? "")" }.joined(separator: ", ")
                    + "; this node \(own)",
                why: "versions mix, but bugs are mended in newer ones",
                how: "upgrade, one site after the other")
        ]
    }
}
