// Room:  Learning (floor 2, pure).
// Task:  how the built-in trainer learns, and how the rate falls over a run.
// May:   nothing but the standard library.
// Proof: Tests/LearningTests/NetworkTrainerTests.swift

/// How the rate falls over the rounds of a run.
public enum Schedule: String, Sendable, CaseIterable {
    /// Full for four fifths of the rounds, a tenth over the last fifth.
    case step
    /// Half a cosine from full down to nearly nothing.
    case cosine
    case constant
}

public struct Hyperparameters: Sendable, Equatable {
    /// Rows a step, drawn with replacement; 0: all rows, in order, so that gradients are exact.
    public var batch: Int
    public var rate: Float
    /// Share of the last step's movement that is kept; 0 is plain SGD.
    public var momentum: Float
    /// Added to the gradient as `weightDecay * x`, biases included.
    public var weightDecay: Float
    public var schedule: Schedule

    public init(
        batch: Int = 32, rate: Float = 0.1, momentum: Float = 0, weightDecay: Float = 0,
        schedule: Schedule = .step
    ) {
        self.batch = batch
        self.rate = rate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.schedule = schedule
    }

    /// What a step moves the model by in the end, for each unit of the gradient: with momentum it
    /// goes on in the steps after it. The gossip takes moves for gradients by this (measured: at
    /// momentum 0.9 the plain rate made the correction ten times too strong).
    public func effectiveRate(_ rate: Float) -> Float { rate / (1 - momentum) }

    /// The rate of a round; above 0 for every round of the run, and after it that of the last.
    ///
    /// - round: counted from 0.
    public func rate(round: Int, of rounds: Int) -> Float {
        guard rounds > 0 else { return rate }
        let round = min(max(round, 0), rounds - 1)
        switch schedule {
        case .constant: return rate
        case .step: return 5 * round >= 4 * rounds ? rate * 0.1 : rate
        case .cosine:
            let angle = Double.pi * Double(round) / Double(rounds)
            return Float(Double(rate) * 0.5 * (1 + Elementary.cosine(angle)))
        }
    }
}
