// Room:  ModelTests.
// Task:  the generator against published and independent numbers, and its evenness.
// May:   Model, Testing.

import Model
import Testing

@Suite struct SeededGeneratorTests {
    /// The numbers that the authors' C code gives from this state.
    @Test func `the sequence is that of xoshiro256**`() throws {
        var generator = try #require(SeededGenerator(state: [1, 2, 3, 4]))
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
            607_988_272_756_665_600,
        ]
        #expect((0..<6).map { _ in generator.next() } == expected)
    }

    @Test func `SplitMix64 gives its published numbers`() {
        var mixer = SplitMix64(state: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        ]
        #expect((0..<3).map { _ in mixer.next() } == expected)
    }

    /// From a second implementation, in Python.
    @Test func `a seed means the same numbers for ever`() {
        var zero = SeededGenerator(seed: 0)
        #expect(zero.state[0] == 0xe220_a839_7b1d_cdaf)
        #expect((0..<2).map { _ in zero.next() } == [0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a])
        var last = SeededGenerator(seed: .max)
        #expect((0..<2).map { _ in last.next() } == [0x8f55_20d5_2a7e_ad08, 0xc476_a018_caa1_802d])
    }

    @Test func `a stored state goes on where it stopped`() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<100 { _ = generator.next() }
        var restored = try #require(SeededGenerator(state: generator.state))
        for _ in 0..<100 { #expect(restored.next() == generator.next()) }
    }

    @Test func `a state that is not one is refused`() {
        #expect(SeededGenerator(state: [0, 0, 0, 0]) == nil)
        #expect(SeededGenerator(state: [1, 2, 3]) == nil)
        #expect(SeededGenerator(state: [1, 2, 3, 4, 5]) == nil)
    }

    /// Chi-square with bound - 1 degrees of freedom, at most six standard deviations above its
    /// mean: seeds are fixed, so this cannot fail by chance from one run to the next.
    @Test(arguments: [2, 3, 7, 10, 64, 100])
    func `numbers below a bound are even`(bound: Int) {
        let draws = 20_000
        for seed in 0..<5 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var counts = [Int](repeating: 0, count: bound)
            for _ in 0..<draws { counts[generator.below(bound)] += 1 }
            let even = Double(draws) / Double(bound)
            let square = counts.reduce(0.0) {
                $0 + (Double($1) - even) * (Double($1) - even) / even
            }
            let freedom = Double(bound - 1)
            #expect(square < freedom + 6 * (2 * freedom).squareRoot() + 6, "seed \(seed)")
        }
    }

    /// A bound just above 2^62 would show a modulo's bias at once: a quarter of the numbers twice
    /// as likely.
    @Test func `a large bound has no modulo bias`() {
        var generator = SeededGenerator(seed: 11)
        let bound = 3 << 61
        let low = (0..<6000).filter { _ in generator.below(bound) < 1 << 61 }.count
        #expect(abs(low - 2000) < 6 * 37, "\(low) of 6000 in the lowest third")
    }

    @Test func `uniform numbers lie in [0, 1) with mean one half`() {
        for seed in 0..<5 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let values = (0..<10_000).map { _ in generator.uniform() }
            #expect(values.allSatisfy { $0 >= 0 && $0 < 1 }, "seed \(seed)")
            let mean = values.reduce(0, +) / 10_000
            #expect(abs(mean - 0.5) < 5 * 0.0029, "seed \(seed)")
        }
    }

    @Test func `a shuffle is a permutation and reaches every order alike`() {
        var counts: [[Int]: Int] = [:]
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<6000 {
            var order = [0, 1, 2]
            generator.shuffle(&order)
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 6)
        for (order, count) in counts { #expect(abs(count - 1000) < 150, "\(order)") }
    }

    @Test func `a derived generator leaves its origin as it was and differs by purpose`() {
        let origin = SeededGenerator(seed: 1)
        var one = origin.derived(1)
        var two = origin.derived(2)
        #expect(origin == SeededGenerator(seed: 1))
        #expect(one.next() != two.next())
        var again = origin.derived(1)
        one = origin.derived(1)
        #expect(again.next() == one.next())
    }
}
