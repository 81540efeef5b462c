// Room:  LearningTests.
// Task:  the steps of the trainer: rule, determinism, state, and what it learns.
// May:   Learning, Model, Testing.

import Model
import Testing

@testable import Learning

@Suite struct NetworkTrainerTests {
    private let model: Architecture
    private let data: Dataset
    private let start: [Float]

    init() throws {
        model = try Architecture(sizes: [3, 4, 2])
        data = Dataset(
            features: 3, inputs: (0..<18).map { Float($0 * 7 % 11) / 5 - 1 },
            labels: [0, 1, 1, 0, 1, 0])
        start = model.genesis(seed: 3)
    }

    private func trainer(
        _ plan: Hyperparameters = Hyperparameters(batch: 4), on data: Dataset? = nil,
        seed: UInt64 = 1
    ) -> NetworkTrainer {
        NetworkTrainer(
            architecture: model, data: data ?? self.data, hyperparameters: plan, seed: seed)
    }

    /// With one row every batch is that row, so the gradient can be had from outside.
    @Test(arguments: [0, 0.9] as [Float], [0, 0.01] as [Float])
    func `a step is x -= rate (gradient - c), the momentum over the corrected gradient`(
        momentum: Float, decay: Float
    ) throws {
        let one = data.subset([2])
        let correction = start.indices.map { Float($0 % 5) / 50 - 0.03 }
        let plan = Hyperparameters(batch: 4, momentum: momentum, weightDecay: decay)
        var trainer = trainer(plan, on: one)
        let result = trainer.train(from: start, correction: correction, steps: 6, rate: 0.2)

        var network = Network(model, capacity: 1)
        network.load(0, of: one, at: 0)
        var x = start
        var velocity = start.map { _ in Float(0) }
        var sum = start.map { _ in 0.0 }
        var loss = 0.0
        for _ in 0..<6 {
            var gradient = start
            network.forward(x, count: 1)
            loss += network.loss(count: 1).sum
            network.backward(x, count: 1, into: &gradient)
            for i in x.indices {
                let raw = gradient[i] + decay * x[i]
                sum[i] += Double(raw)
                velocity[i] = momentum * velocity[i] + raw - correction[i]
                x[i] -= 0.2 * velocity[i]
            }
        }
        for i in x.indices { #expect(abs(start[i] + result.delta[i] - x[i]) < 1e-5, "entry \(i)") }
        let norm = sum.reduce(0) { $0 + ($1 / 6) * ($1 / 6) }.squareRoot()
        #expect(abs(result.gradientNorm - norm) < 1e-5)
        #expect(abs(result.loss - loss / 6) < 1e-5)
        #expect(result.steps == 6)
        #expect(result.samples == 24)
        #expect(result.isFinite)
    }

    @Test func `an empty correction is one of zeros`() {
        var (one, two) = (trainer(), trainer())
        let zeros = start.map { _ in Float(0) }
        #expect(
            one.train(from: start, correction: [], steps: 5, rate: 0.1)
                == two.train(from: start, correction: zeros, steps: 5, rate: 0.1))
    }

    @Test func `the same seed gives the same bits, another seed others`() {
        func run(_ seed: UInt64) -> [TrainingResult] {
            var trainer = trainer(Hyperparameters(batch: 4, momentum: 0.5), seed: seed)
            return (0..<3).map { _ in
                trainer.train(from: start, correction: [], steps: 5, rate: 0.1)
            }
        }
        #expect(run(1) == run(1))
        #expect(run(1) != run(2))
        let rounds = run(1)
        #expect(rounds[0] != rounds[1])
    }

    @Test func `a copy goes its own way`() {
        var one = trainer()
        var two = one
        _ = one.train(from: start, correction: [], steps: 5, rate: 0.1)
        var fresh = trainer()
        #expect(
            two.train(from: start, correction: [], steps: 5, rate: 0.1)
                == fresh.train(from: start, correction: [], steps: 5, rate: 0.1))
    }

    @Test(arguments: [0, 0.9] as [Float])
    func `a restored trainer goes on as if it had never stopped`(momentum: Float) throws {
        let plan = Hyperparameters(batch: 4, momentum: momentum)
        var trainer = trainer(plan)
        _ = trainer.train(from: start, correction: [], steps: 7, rate: 0.1)
        var restored = self.trainer(plan, seed: 99)
        try restored.restore(state: trainer.state)
        #expect(restored.state == trainer.state)
        for _ in 0..<2 {
            #expect(
                restored.train(from: start, correction: [], steps: 7, rate: 0.1)
                    == trainer.train(from: start, correction: [], steps: 7, rate: 0.1))
        }
    }

    @Test func `a state that is not this trainer's is refused and changes nothing`() throws {
        var kept = trainer(Hyperparameters(batch: 4, momentum: 0.9))
        _ = kept.train(from: start, correction: [], steps: 3, rate: 0.1)
        let good = kept.state
        var other = trainer(Hyperparameters(batch: 4, momentum: 0.9), seed: 5)
        let before = other.state
        func refusal(_ change: (inout [UInt8]) -> Void) -> TrainerStateError? {
            var bytes = good
            change(&bytes)
            do {
                try other.restore(state: bytes)
                return nil
            } catch {
                #expect(other.state == before)
                return error
            }
        }
        #expect(refusal { $0 = [] } == .notAState)
        #expect(refusal { $0[0] = 0 } == .notAState)
        #expect(refusal { $0[6] = 1 } == .notAState)
        #expect(refusal { $0[4] = 2 } == .otherVersion(2))
        #expect(refusal { $0[5] = 0 } == .momentumDiffers)
        #expect(refusal { $0[8] += 1 } == .otherModel(found: 27, expected: 26))
        #expect(refusal { $0[15] = 255 } == .otherModel(found: .max, expected: 26))
        #expect(refusal { $0.append(0) } == .wrongLength(found: 153, expected: 152))
        #expect(refusal { $0.removeLast() } == .wrongLength(found: 151, expected: 152))
        #expect(refusal { for i in 16..<48 { $0[i] = 0 } } == .badGenerator)
        #expect(refusal { $0[50...51] = [0x80, 0x7F] } == .notFinite)
        for length in good.indices { #expect(refusal { $0.removeLast($0.count - length) } != nil) }
        var plain = trainer()
        #expect(throws: TrainerStateError.momentumDiffers) { try plain.restore(state: good) }
        #expect(refusal { _ in } == nil)
    }

    @Test func `learning that has exploded says so`() {
        var trainer = trainer()
        let wild = trainer.train(from: start, correction: [], steps: 50, rate: 1e30)
        #expect(!wild.isFinite)
        var broken = start
        broken[0] = .nan
        #expect(!trainer.train(from: broken, correction: [], steps: 1, rate: 0.1).isFinite)
        // The last step alone may be the one: its loss was still finite.
        let leap = start.map { _ in Float.greatestFiniteMagnitude }
        #expect(!trainer.train(from: start, correction: leap, steps: 1, rate: 1e5).isFinite)
        #expect(trainer.train(from: start, correction: [], steps: 1, rate: 0.1).isFinite)
    }

    @Test func `batch 0 takes all rows, and draws nothing`() {
        var one = trainer(Hyperparameters(batch: 0), seed: 1)
        var other = trainer(Hyperparameters(batch: 0), seed: 2)
        let first = one.train(from: start, correction: [], steps: 1, rate: 0.1)
        #expect(other.train(from: start, correction: [], steps: 1, rate: 0.1) == first)
        #expect(first.samples == 6)
        var network = Network(model, capacity: 6)
        for row in 0..<6 { network.load(row, of: data, at: row) }
        network.forward(start, count: 6)
        var gradient = start
        #expect(abs(first.loss - network.loss(count: 6).sum / 6) < 1e-9)
        network.backward(start, count: 6, into: &gradient)
        for i in start.indices { #expect(abs(first.delta[i] + 0.1 * gradient[i]) < 1e-6) }
    }

    @Test func `batches are drawn from all rows alike`() {
        // One feature a row tells which rows came: the gradient of its weight is not 0 then.
        let rows = 8
        let inputs = (0..<(rows * rows)).map { $0 / rows == $0 % rows ? Float(1) : 0 }
        let labels = (0..<rows).map { _ in Int32(0) }
        guard let model = try? Architecture(sizes: [rows, 2]) else { return }
        var trainer = NetworkTrainer(
            architecture: model, data: Dataset(features: rows, inputs: inputs, labels: labels),
            hyperparameters: Hyperparameters(batch: 1), seed: 4)
        let zero = [Float](repeating: 0, count: model.layout.count)
        var counts = [Int](repeating: 0, count: rows)
        for _ in 0..<1600 {
            let delta = trainer.train(from: zero, correction: [], steps: 1, rate: 1).delta
            let moved = (0..<rows).filter { delta[2 * $0] != 0 }
            #expect(moved.count == 1)
            counts[moved.first ?? 0] += 1
        }
        for (row, count) in counts.enumerated() { #expect(abs(count - 200) < 80, "row \(row)") }
    }
}

/// What is learnt, in short: the figures for whole runs are in the room's README.
@Suite struct LearningTests {
    private func train(
        _ sizes: [Int], _ data: Dataset, steps: Int, rate: Float, schedule: Schedule = .step
    ) throws -> (model: Architecture, parameters: [Float]) {
        let model = try Architecture(sizes: sizes)
        let plan = Hyperparameters(rate: rate, schedule: schedule)
        var trainer = NetworkTrainer(
            architecture: model, data: data, hyperparameters: plan, seed: 1)
        var x = model.genesis(seed: 1)
        let rounds = steps / 5
        for round in 0..<rounds {
            let result = trainer.train(
                from: x, correction: [], steps: 5, rate: plan.rate(round: round, of: rounds))
            for i in x.indices { x[i] += result.delta[i] }
        }
        return (model, x)
    }

    @Test func `a regression on the pooled tumours passes 95 percent`() throws {
        let (train, test) = DemoData.split(DemoData.tumours().dataset)
        let scale = Standardisation.measured(on: train)
        let (model, x) = try self.train([30, 2], scale.applied(to: train), steps: 400, rate: 0.1)
        let found = Evaluation.measure(
            architecture: model, parameters: x, data: scale.applied(to: test))
        #expect(found.accuracy >= 0.95)
        #expect(found.loss < 0.2)
    }

    @Test func `a small perceptron passes 90 percent of the digits in 200 steps`() throws {
        let (train, test) = DemoData.split(DemoData.digits().dataset)
        let (model, x) = try self.train(
            [64, 32, 10], DemoData.digitsScale.applied(to: train), steps: 200, rate: 0.3)
        let found = Evaluation.measure(
            architecture: model, parameters: x, data: DemoData.digitsScale.applied(to: test))
        #expect(found.accuracy >= 0.9)
    }

    @Test func `momentum, weight decay and the cosine learn too`() throws {
        let (train, _) = DemoData.split(DemoData.tumours().dataset)
        let data = Standardisation.measured(on: train).applied(to: train)
        let model = try Architecture(sizes: [30, 8, 2])
        let plan = Hyperparameters(
            batch: 16, rate: 0.02, momentum: 0.9, weightDecay: 1e-4, schedule: .cosine)
        var trainer = NetworkTrainer(
            architecture: model, data: data, hyperparameters: plan, seed: 2)
        var x = model.genesis(seed: 2)
        for round in 0..<40 {
            let rate = plan.rate(round: round, of: 40)
            let delta = trainer.train(from: x, correction: [], steps: 5, rate: rate).delta
            for i in x.indices { x[i] += delta[i] }
        }
        let found = Evaluation.measure(architecture: model, parameters: x, data: data)
        #expect(found.accuracy >= 0.95)
    }
}

@Suite struct EvaluationTests {
    @Test func `loss and accuracy do not depend on how rows fall into batches`() throws {
        let model = try Architecture(sizes: [2, 3, 2])
        let x = model.genesis(seed: 5)
        var generator = SeededGenerator(seed: 5)
        for rows in [1, 63, 64, 65, 150] {
            let data = Dataset(
                features: 2, inputs: (0..<(2 * rows)).map { _ in Float(generator.uniform()) - 0.5 },
                labels: (0..<rows).map { _ in Int32(generator.below(2)) })
            let all = Evaluation.measure(architecture: model, parameters: x, data: data)
            var (loss, right) = (0.0, 0.0)
            for row in 0..<rows {
                let one = Evaluation.measure(
                    architecture: model, parameters: x, data: data.subset([row]))
                loss += one.loss
                right += one.accuracy
            }
            #expect(abs(all.loss - loss / Double(rows)) < 1e-9)
            #expect(all.accuracy == right / Double(rows))
        }
    }

    @Test func `an untrained regression knows nothing: its loss is ln of the classes`() throws {
        let model = try Architecture(sizes: [2, 4])
        let data = Dataset(features: 2, inputs: [1, 2, 3, 4], labels: [0, 3])
        let found = Evaluation.measure(
            architecture: model, parameters: model.genesis(seed: 1), data: data)
        #expect(abs(found.loss - 1.3862943611198906) < 1e-12)
        #expect(found.accuracy == 0.5)
    }

    @Test func `no rows give no number`() throws {
        let model = try Architecture(sizes: [2, 2])
        let none = Dataset(features: 2, inputs: [], labels: [])
        let found = Evaluation.measure(
            architecture: model, parameters: model.genesis(seed: 1), data: none)
        #expect(found.loss.isNaN && found.accuracy.isNaN)
    }
}
