// Room:  Daemon (floor 5).
// Task:  why a trainer's request was not carried out; nothing has changed then.
// May:   nothing but the standard library.
// Proof: Tests/DaemonTests/TrainerDeskTests.swift

/// A status of HTTP, a code for programs, a sentence for people, and how to mend it.
struct TrainerRefusal: Error, Equatable {
    var status: Int
    var code: String
    var what: String
    var hint: String?

    init(_ status: Int, _ code: String, _ what: String, hint: String? = nil) {
        self.status = status
        self.code = code
        self.what = what
        self.hint = hint
    }

    static let noSession = TrainerRefusal(
        409, "trainer.session", "this session is not, or no longer, the trainer's of this node",
        hint: "join anew; deltas may be handed in after that")
    static let stale = TrainerRefusal(
        409, "work.stale", "this work is not the one that is open",
        hint: "ask for the work that is, and hand the steps in with that")
    static let busy = TrainerRefusal(
        409, "work.busy", "what was handed in for this work is still being read",
        hint: "wait for the answer to the first request")
    static let over = TrainerRefusal(
        409, "work.over", "the training of this federation is over",
        hint: "fetch the final parameters from /v1/parameters")
    static let builtIn = TrainerRefusal(
        409, "trainer.built-in", "this federation's model is trained by the daemon itself",
        hint: "a federation for a trainer outside has kind = \"tensors\"")
}
