// Room:  Gossip (pure core).
// Task:  a trainer that comes and goes: the node gossips on with what it has.
// May:   Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/TrainerTests.swift

extension GossipControl {
    /// Whether a round is with the trainer: `trained` is due.
    public var awaitsOutcome: Bool { inRound && outcome == nil }

    /// Whether the outcome of that round will count.
    public var wantsOutcome: Bool { awaitsOutcome && !roundIsVoid }

    /// A trainer outside has come, or has been away for so long that nobody should count on it.
    ///
    /// Without one the node says that it is idle, so that nobody's training goes on for its sake, and
    /// bears no correction: what its links had learnt leaks away at both ends alike, as a correction
    /// that no step follows would shift the others' optimum. A round that is with the trainer stays
    /// open: a delta is added, whatever it was computed from.
    public mutating func trainer(
        isAway: Bool, at now: Duration, into out: inout [GossipEffect]
    ) {
        guard isAway != trainerIsAway else { return }
        trainerIsAway = isAway
        // The time without a trainer is not how long a round takes.
        if !isAway, awaitsOutcome { pace.begin(at: now, exchanges: settings.exchanges) }
        tick(at: now, into: &out)
    }

    /// The trainer has done its part: this node trains no more, and settles with the others.
    public mutating func stopTraining(at now: Duration, into out: inout [GossipEffect]) {
        hasStopped = true
        closeRound()
        tick(at: now, into: &out)
    }

    /// Nobody will say what became of it. An outcome that is just being added stays.
    mutating func closeRound() {
        if outcome == nil { inRound = false }
    }
}
