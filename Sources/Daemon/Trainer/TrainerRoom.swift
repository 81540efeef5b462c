// Room:  Daemon (floor 5).
// Task:  all that a node keeps for a trainer outside.
// May:   EventLoop, HTTP.
// Proof: Tests/EndToEndTests/TrainerTests.swift

import EventLoop
import HTTP

/// Confined to the loop's thread; what is linear in `d` goes down the lane.
struct TrainerRoom {
    /// A question for work that waits until there is some.
    struct Parked {
        let responder: HTTPResponder
        let after: String?
        let wantsFiles: Bool
        let timer: LoopTimer
    }

    var desk: TrainerDesk
    let lane: Lane<@Sendable () -> Void>
    /// Nil: everything goes through the socket.
    let folder: TrainerFolder?
    /// One trainer asks one question at a time.
    var parked: Parked?
    let timer: LoopTimer
}
