// Room:  Daemon (floor 5).
// Task:  the data half of the node's core, on its lane: work items in order, results in order.
// May:   Gossip, Model.
// Proof: Tests/EndToEndTests

import Gossip
import Model

enum VectorJob: Sendable {
    case work(WorkItem)
    /// Hand out the parameters as they are now.
    case read(@Sendable ([Float]) -> Void)
    /// And the correction.
    case readBoth(@Sendable (_ parameters: [Float], _ correction: [Float]) -> Void)
}

typealias VectorLane = Lane<VectorJob>

extension Lane where Job == VectorJob {
    /// - done: called on the lane with each result, in the order of the work.
    convenience init(
        state: ParameterState, done: @escaping @Sendable (WorkResult) -> Void
    ) {
        self.init({ state }) { state, job in
            switch job {
            case .work(let item): done(state.perform(item))
            case .read(let body): body(state.parameters)
            case .readBoth(let body): body(state.parameters, state.correction)
            }
        }
    }
}
