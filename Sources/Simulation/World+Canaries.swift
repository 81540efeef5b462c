// Room:  Simulation (floor 5, pure).
// Task:  where the deliberate bugs are let in; without a canary nothing here changes anything.
// May:   Gossip, Peer.   May not: clock, sockets, files, global randomness.
// Proof: Tests/SimulationTests/CanaryTests.swift

import Gossip
import Peer
import Wire

extension SimulatedNode {
    /// Does the first item of the work.
    func workAhead(canary: Canary?) {
        let item = work[0]
        let before = isLookedInto ? vectors.parameters : []
        let reference = isLookedInto ? item.link.map { vectors.reference(of: $0) } : nil
        done = Done(
            result: perform(item, canary: canary), before: before, reference: reference ?? [])
    }

    /// A work item as the data half does it, or nearly.
    private func perform(_ item: WorkItem, canary: Canary?) -> WorkResult {
        if canary == .keepsTheLedger, case .clearLedger(let link) = item {
            return .ledgerCleared(link)
        }
        let before = canary == .appliesTwice ? vectors.parameters : []
        let result = vectors.perform(item)
        if canary == .appliesTwice, case .applied(_, _, let exchange, _, _, _) = result,
            exchange % 16 == 15
        {
            let move = zip(vectors.parameters, before).map { $0 - $1 }
            _ = vectors.perform(.addLocal(move))
        }
        return result
    }
}

extension World {

    /// Deltas that go out because a link came up on a new connection.
    func dropResend(of event: PeerEvent, at node: Int, _ effects: inout [PeerEffect]) {
        guard case .received(_, .resume) = event else { return }
        effects.removeAll { effect in
            if case .send(_, .delta) = effect { true } else { false }
        }
    }

    /// A snapshot as it is, or with the links of the checkpoint before.
    func spoilt(_ snapshot: ParameterSnapshot, at node: Int) -> ParameterSnapshot {
        guard plan.canary == .tearsTheInstant,
            case .loaded(let earlier) = lives[node].disk.peek()
        else { return snapshot }
        return ParameterSnapshot(parameters: snapshot.parameters, links: earlier.vectors.links)
    }
}
