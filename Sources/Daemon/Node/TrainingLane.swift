// Room:  Daemon (floor 5).
// Task:  the built-in trainer on its lane: a round of steps, and the node's own rows held out.
// May:   Gossip, Learning, Model.
// Proof: Tests/EndToEndTests

import Gossip
import Learning
import Model

enum TrainingJob: Sendable {
    case round(UInt64, steps: Int, parameters: [Float], correction: [Float])
    /// Throw the trainer's own state away: a round came out as NaN.
    case reset(seed: UInt64)
    /// Try the parameters on the held-out rows.
    case evaluate([Float])
}

enum TrainingNews: Sendable {
    /// With the trainer's state after the round, for checkpoints.
    case trained(TrainingOutcome, state: [UInt8])
    case evaluated(loss: Double, accuracy: Double)
}

typealias TrainingLane = Lane<TrainingJob>

extension Lane where Job == TrainingJob {
    /// - restored: the trainer's state from a checkpoint.
    /// - done: called on the lane.
    convenience init(
        _ preparation: Preparation, seed: UInt64, restored: [UInt8]?,
        done: @escaping @Sendable (TrainingNews) -> Void
    ) {
        let rounds = preparation.federation.training.rounds
        let holdout = preparation.holdout
        let architecture = preparation.architecture
        @Sendable func fresh(_ seed: UInt64) -> NetworkTrainer {
            NetworkTrainer(
                architecture: architecture, data: preparation.training,
                hyperparameters: preparation.hyperparameters, seed: seed)
        }
        let pulse = Pulse()
        self.init(
            pulse: pulse,
            {
                var trainer = fresh(seed)
                // A state that does not fit (other momentum in the configuration, say) is no loss
                // worth stopping for: the trainer starts afresh.
                if let restored { try? trainer.restore(state: restored) }
                return trainer
            }
        ) { trainer, job in
            switch job {
            case .round(let round, let steps, let parameters, let correction):
                let rate = trainer.hyperparameters.rate(round: Int(clamping: round), of: rounds)
                let result = trainer.train(
                    from: parameters, correction: correction, steps: steps, rate: rate
                ) { pulse.beat() }
                let outcome = TrainingOutcome(
                    delta: result.delta, steps: result.steps, samples: UInt64(result.samples),
                    loss: result.isFinite ? result.loss : .nan,
                    gradientNorm: result.gradientNorm,
                    rate: trainer.hyperparameters.effectiveRate(rate))
                done(.trained(outcome, state: trainer.state))
            case .reset(let seed):
                trainer = fresh(seed)
            case .evaluate(let parameters):
                guard holdout.rows > 0 else { return }
                let (loss, accuracy) = Evaluation.measure(
                    architecture: architecture, parameters: parameters, data: holdout)
                done(.evaluated(loss: loss, accuracy: accuracy))
            }
        }
    }
}
