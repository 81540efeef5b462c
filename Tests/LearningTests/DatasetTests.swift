// Room:  LearningTests.
// Task:  subsets, the held-out share, standardisation, rates.
// May:   Learning, Testing, Foundation (JSON only).

import Foundation
import Learning
import Testing

@Suite struct DatasetTests {
    private let data = Dataset(
        features: 2, inputs: (0..<20).map { Float($0) }, labels: (0..<10).map { Int32($0 % 3) })

    @Test func `a subset keeps rows and labels together`() {
        let part = data.subset([3, 0, 3])
        #expect(part == Dataset(features: 2, inputs: [6, 7, 0, 1, 6, 7], labels: [0, 0, 0]))
        #expect(data.subset([]).rows == 0)
    }

    @Test func `the held-out share is fixed by the seed and loses no row`() {
        for seed in 0..<20 as Range<UInt64> {
            let (kept, held) = data.holdingOut(share: 0.3, seed: seed)
            #expect(held.rows == 3 && kept.rows == 7, "seed \(seed)")
            let all = Set((kept.inputs + held.inputs).map(Int.init))
            #expect(all == Set(0..<20), "seed \(seed)")
            #expect(data.holdingOut(share: 0.3, seed: seed).holdout == held)
        }
        #expect(
            data.holdingOut(share: 0.3, seed: 1).holdout
                != data.holdingOut(share: 0.3, seed: 2).holdout)
    }

    @Test func `something is held out and something stays wherever that is possible`() {
        #expect(data.holdingOut(share: 0, seed: 1).holdout.rows == 0)
        #expect(data.holdingOut(share: 0.001, seed: 1).holdout.rows == 1)
        #expect(data.holdingOut(share: 0.999, seed: 1).training.rows == 1)
        #expect(data.subset([0]).holdingOut(share: 0.5, seed: 1).training.rows == 1)
    }
}

@Suite struct StandardisationTests {
    @Test func `every feature comes to mean 0 and deviation 1, a constant one to 0`() {
        let values: [Float] = [1, 0.1, 100, 3, 0.1, 300, 8, 0.1, -100, 4, 0.1, 0]
        let data = Dataset(features: 3, inputs: values, labels: [0, 1, 0, 1])
        let scale = Standardisation.measured(on: data)
        #expect(scale.means == [4, Double(Float(0.1)), 75])
        #expect(scale.deviations[1] == 1)
        let out = scale.applied(to: data)
        #expect(out.labels == data.labels)
        for column in 0..<3 {
            let column = (0..<4).map { Double(out.inputs[3 * $0 + column]) }
            let mean = column.reduce(0, +) / 4
            let square = column.reduce(0) { $0 + $1 * $1 } / 4
            #expect(abs(mean) < 1e-6)
            #expect(abs(square - 1) < 1e-6 || column == [0, 0, 0, 0])
        }
    }

    @Test func `impossible numbers are refused, in JSON too`() throws {
        #expect(Standardisation(means: [0], deviations: [1, 1]) == nil)
        #expect(Standardisation(means: [0], deviations: [0]) == nil)
        #expect(Standardisation(means: [.nan], deviations: [1]) == nil)
        #expect(Standardisation(means: [0], deviations: [.infinity]) == nil)
        let good = try #require(Standardisation(means: [0.1], deviations: [2]))
        let json = try JSONEncoder().encode(good)
        #expect(try JSONDecoder().decode(Standardisation.self, from: json) == good)
        let bad = Data(#"{"means":[0],"deviations":[-1]}"#.utf8)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Standardisation.self, from: bad)
        }
    }

    @Test func `a scale divides and subtracts nothing`() {
        let data = Dataset(features: 2, inputs: [16, 8], labels: [0])
        #expect(Standardisation.scale(16, features: 2).applied(to: data).inputs == [1, 0.5])
    }
}

@Suite struct HyperparametersTests {
    @Test func `the step schedule falls to a tenth for the last fifth`() {
        let plan = Hyperparameters(rate: 0.5, schedule: .step)
        let rates = (0..<10).map { plan.rate(round: $0, of: 10) }
        #expect(rates == [Float](repeating: 0.5, count: 8) + [0.05, 0.05])
        // 0.8 · 7 = 5.6: round 6 is the first of the last fifth.
        #expect(plan.rate(round: 5, of: 7) == 0.5)
        #expect(plan.rate(round: 6, of: 7) == 0.05)
    }

    @Test func `the cosine falls from full to nearly nothing, never to zero`() {
        let plan = Hyperparameters(rate: 2, schedule: .cosine)
        let rates = (0..<100).map { plan.rate(round: $0, of: 100) }
        #expect(rates[0] == 2)
        #expect(abs(rates[50] - 1) < 1e-6)
        #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
        #expect(rates[99] > 0 && rates[99] < 0.001)
        #expect(plan.rate(round: 1000, of: 100) == rates[99])
    }

    @Test func `the constant schedule is constant`() {
        let plan = Hyperparameters(rate: 0.25, schedule: .constant)
        #expect((0..<10).allSatisfy { plan.rate(round: $0, of: 10) == 0.25 })
        #expect(plan.rate(round: 0, of: 0) == 0.25)
    }

    @Test func `with momentum a step reaches as far as all its echoes together`() {
        let plan = Hyperparameters(rate: 0.1, momentum: 0.75)
        let echoes = (0..<200).reduce((sum: Float(0), step: Float(0.1))) { so, _ in
            (so.sum + so.step, so.step * 0.75)
        }
        #expect(abs(plan.effectiveRate(0.1) - echoes.sum) < 1e-6)
        #expect(Hyperparameters(rate: 0.1).effectiveRate(0.1) == 0.1)
    }
}
