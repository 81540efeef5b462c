// Room:  Daemon (floor 5).
// Task:  what the node tells its log: one line an event, stable names, nothing secret.
// May:   Peer, Membership, Gossip, Wire, Identity.
// Proof: Tests/EndToEndTests

import EventLoop
import Federation
import FoundationEssentials
import Gossip
import Identity
import Logging
import Membership
import Peer
import Wire

extension Node {
    func logStart() {
        let addresses = listeners.map { "\($0.localAddress)" }.joined(separator: ",")
        log.notice(
            "started",
            metadata: [
                "node": "\(name(of: preparation.identity.nodeID))",
                "id": "\(preparation.identity.nodeID.short)",
                "federation": "\(preparation.federation.id.short)",
                "listening": "\(addresses.isEmpty ? "no, dials out only" : addresses)",
                "members": "\(roster.count)", "parameters": "\(preparation.layout.count)",
                "rows": "\(preparation.builtIn?.training.rows ?? 0)",
                "round": "\(core.gossip.round)",
            ])
        log.notice(
            "privacy",
            metadata: [
                "mode": "\(preparation.federation.privacy.rawValue)",
                "note": "\(preparation.federation.privacy.warning)",
            ])
        for warning in warnings { log.warning("warning", metadata: ["text": "\(warning)"]) }
    }

    /// One line of what a peer has caused; not more than a peer may cause.
    func tell(
        _ level: Logger.Level, _ event: String, of peer: NodeID, _ metadata: Logger.Metadata = [:]
    ) {
        // What is not written anyway uses up nothing.
        guard level >= log.logLevel else { return }
        let name = name(of: peer)
        let now = (MonotonicTime.current - startedAt).inSeconds
        guard let leftOut = limiter.admit(event, of: name, at: now) else { return }
        var metadata = metadata
        metadata["peer"] = "\(name)"
        if leftOut > 0 { metadata["suppressed"] = "\(leftOut)" }
        log.log(level: level, "\(event)", metadata: metadata)
    }

    func logNote(_ note: PeerNote) {
        switch note {
        case .linkUp(let peer, let outgoing):
            problems[peer] = nil
            tell(.info, "link-up", of: peer, ["direction": outgoing ? "dialled" : "accepted"])
        case .linkDown(let peer, let reason):
            tell(.info, "link-down", of: peer, ["reason": "\(reason)"])
        case .liveness(let peer, let liveness):
            tell(.info, "member", of: peer, ["state": "\(liveness.rawValue)"])
        case .refused(let peer, let code, let reason, let byPeer):
            counts.refusals[Refusals(code, byPeer: byPeer), default: 0] += 1
            // Not once a second for a peer that keeps trying.
            let isUsual = code == .viewFull || code == .duplicate
            if !isUsual {
                problems[peer] =
                    (byPeer ? "it refuses: " : "it was refused: ") + "\(reason) (\(code))"
            }
            tell(
                isUsual ? .debug : .warning, byPeer ? "refused-by-peer" : "refused", of: peer,
                [
                    "code": "\(code)", "reason": "\(reason)",
                    "own-federation": "\(preparation.federation.id.short)",
                ])
        case .fault(let peer, let reason):
            counts.faults += 1
            problems[peer] = "it broke the protocol: \(reason)"
            tell(.warning, "fault", of: peer, ["reason": "\(reason)"])
        case .newEpoch(let peer, let epoch):
            counts.epochs += 1
            tell(.info, "new-epoch", of: peer, ["epoch": "\(epoch)"])
        case .joined(let peer, let round):
            log.notice("joined", metadata: ["peer": "\(name(of: peer))", "round": "\(round)"])
        case .joinedNobody:
            warn("no peer gave its parameters in time; this node begins at genesis")
        case .roster(let generation, let members):
            log.notice(
                "roster", metadata: ["generation": "\(generation)", "members": "\(members)"])
            if core.membership.isExpelled {
                warn(
                    "this node was expelled by the members, in generation \(generation): it has "
                        + "no links any more")
            }
        case .directory(.ownAbove):
            tell(
                .warning, "own-record", of: preparation.identity.nodeID,
                ["note": "this key's record came from outside: do two nodes run with one key?"])
        case .directory: break
        case .phase(let phase):
            if phase == .failed {
                warn("training has failed three times in a row and has stopped; gossip goes on")
            }
            log.notice(
                "phase",
                metadata: ["phase": "\(phase.rawValue)", "round": "\(core.gossip.round)"])
        }
    }

    /// Every second while the first parameters are fetched; on a terminal the status line says it.
    func logJoining() {
        guard !LogOutput.shared.hasScreen, core.gossip.isJoining, let joining = core.joining else {
            return
        }
        let share = Double(joining.done) / Double(max(joining.all, 1))
        var metadata: Logger.Metadata = [
            "parameters": "\(joining.done)/\(joining.all)", "percent": "\(Int(share * 100))",
        ]
        if let peer = joining.from { metadata["from"] = "\(name(of: peer))" }
        log.info("joining", metadata: metadata)
    }

    /// Every ten seconds while something goes on; on a terminal the status line says it.
    func logProgress() {
        guard !LogOutput.shared.hasScreen, core.gossip.phase != .finished, !core.gossip.isJoining
        else { return }
        var metadata: Logger.Metadata = [
            "phase": "\(core.gossip.phase.rawValue)",
            "round": "\(core.gossip.round)/\(core.settings.gossip.rounds)",
            "links": "\(core.membership.links.count)",
        ]
        if let accuracy = core.accuracy { metadata["accuracy"] = "\(thousandths(accuracy))" }
        if let loss = core.gossip.loss { metadata["loss"] = "\(thousandths(loss))" }
        if let apart = core.gossip.disagreement {
            metadata["disagreement"] = "\(thousandths(apart))"
        }
        log.info("progress", metadata: metadata)
    }

    private func thousandths(_ value: Double) -> Double {
        value.isFinite ? (value * 1000).rounded() / 1000 : value
    }

    /// SIGHUP: what can be changed in a running node is taken from the configuration anew.
    func reload() {
        tellReloading()
        defer { tellReady() }
        let file = preparation.configuration.file
        do {
            let fresh = try Configuration.load(
                file, environment: ProcessInfo.processInfo.environment)
            startSaving(every: fresh.checkpointInterval)
            LogOutput.shared.level = fresh.logLevel
            log.notice(
                "reloaded",
                metadata: ["note": "log level and checkpoint interval; the rest needs a restart"])
        } catch {
            log.error("reload-failed", metadata: ["error": "\(error)"])
        }
    }
}
