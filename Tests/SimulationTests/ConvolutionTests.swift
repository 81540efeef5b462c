// Room:  SimulationTests.
// Task:  the convolution's gradient against differences of its loss, and that it learns.
// May:   Simulation, Learning, Model.
// Proof: itself

import Learning
import Model
import Testing

@testable import Simulation

struct ConvolutionTests {
    private func loss(_ x: [Float], _ input: [Float], _ label: Int) -> Double {
        var net = Convolution()
        net.forward(x, input, at: 0)
        return -Elementary.log(Double(net.shares[label]))
    }

    @Test("The gradient is that of the loss, by differences, in every tensor")
    func gradient() {
        var generator = SeededGenerator(seed: 4)
        let x = Convolution.genesis(seed: 3).map { $0 + Float(0.05 * generator.normal()) }
        let input = (0..<64).map { _ in Float(generator.uniform()) }
        var net = Convolution()
        net.forward(x, input, at: 0)
        var gradient = [Float](repeating: 0, count: x.count)
        net.backward(x, input, at: 0, label: 7, scale: 1, into: &gradient)
        for i in stride(from: 0, to: x.count, by: 3) {
            var (up, down) = (x, x)
            up[i] += 1e-2
            down[i] -= 1e-2
            let slope = (loss(up, input, 7) - loss(down, input, 7)) / 2e-2
            #expect(abs(slope - Double(gradient[i])) < 0.02, "parameter \(i)")
        }
        #expect(gradient.contains { abs($0) > 0.05 })
    }

    @Test("Trained on all digits it comes to nine of ten")
    func learns() {
        let (train, test) = DemoData.split(DemoData.digits().dataset)
        var trainer = ConvolutionTrainer(
            data: DemoData.digitsScale.applied(to: train),
            hyperparameters: Hyperparameters(batch: 16, rate: 0.2), rounds: 1000, seed: 1)
        var x = Convolution.genesis(seed: 1)
        let none = [Float](repeating: 0, count: x.count)
        let outcome = trainer.train(round: 0, steps: 1000, parameters: x, correction: none)
        x = zip(x, outcome.delta).map { $0 + $1 }
        #expect(Convolution.accuracy(x, DemoData.digitsScale.applied(to: test)) > 0.9)
    }
}
