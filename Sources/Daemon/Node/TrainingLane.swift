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
    /// With the trainer's state after the round, and the node's own tensors, for checkpoints.
    case trained(TrainingOutcome, state: [UInt8], own: [Float])
    case evaluated(loss: Double, accuracy: Double)
}

typealias TrainingLane = Lane<TrainingJob>

/// What the lane keeps from round to round.
private struct BuiltInTrainer {
    var trainer: NetworkTrainer
    /// The node's own tensors; empty where all are shared.
    var own: [Float]
}

extension Lane where Job == TrainingJob {
    /// - restored: the trainer's state from a checkpoint.
    /// - own: the node's own tensors from a checkpoint; nil: as genesis has them.
    /// - done: called on the lane.
    convenience init(
        _ builtIn: BuiltInTraining, rounds: Int, seed: UInt64, restored: [UInt8]?, own: [Float]?,
        done: @escaping @Sendable (TrainingNews) -> Void
    ) {
        let split = builtIn.split
        @Sendable func fresh(_ seed: UInt64) -> NetworkTrainer {
            NetworkTrainer(
                architecture: builtIn.architecture, data: builtIn.training,
                hyperparameters: builtIn.hyperparameters, seed: seed)
        }
        let pulse = Pulse()
        self.init(
            pulse: pulse,
            {
                var trainer = fresh(seed)
                // A state that does not fit (other momentum in the configuration, say) is no loss
                // worth stopping for: the trainer starts afresh.
                if let restored { try? trainer.restore(state: restored) }
                return BuiltInTrainer(trainer: trainer, own: own ?? builtIn.ownGenesis)
            }
        ) { state, job in
            switch job {
            case .round(let round, let steps, let parameters, let correction):
                let numbers = builtIn.hyperparameters
                let rate = numbers.rate(round: Int(clamping: round), of: rounds)
                let zeros = [Float](repeating: 0, count: split.ownCount)
                let result = state.trainer.train(
                    from: split.joined(shared: parameters, own: state.own),
                    correction: split.joined(shared: correction, own: zeros),
                    steps: steps, rate: rate, measuring: split.sharedRanges
                ) { pulse.beat() }
                if result.isFinite {
                    let steps = split.own(of: result.delta)
                    for i in steps.indices { state.own[i] += steps[i] }
                }
                let outcome = TrainingOutcome(
                    delta: split.shared(of: result.delta), steps: result.steps,
                    samples: UInt64(result.samples), loss: result.isFinite ? result.loss : .nan,
                    gradientNorm: result.gradientNorm, rate: numbers.effectiveRate(rate))
                done(.trained(outcome, state: state.trainer.state, own: state.own))
            case .reset(let seed):
                state.trainer = fresh(seed)
            case .evaluate(let parameters):
                guard builtIn.holdout.rows > 0 else { return }
                let (loss, accuracy) = Evaluation.measure(
                    architecture: builtIn.architecture,
                    parameters: split.joined(shared: parameters, own: state.own),
                    data: builtIn.holdout)
                done(.evaluated(loss: loss, accuracy: accuracy))
            }
        }
    }
}
