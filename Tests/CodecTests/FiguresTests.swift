// Room:  the tests of Codec.
// Task:  what a delta weighs, held against bounds; and the table of the README when asked for.
// May:   Codec, Model, Foundation (the environment).

import Foundation
import Model
import Testing

@testable import Codec

@Suite struct FiguresTests {
    /// `STARLING_FIGURES=1 swift test -c release --filter FiguresTests` prints the table.
    static let prints = ProcessInfo.processInfo.environment["STARLING_FIGURES"] != nil

    @Test("A delta of the digits' size is as small as promised", arguments: ValueKind.allCases)
    func deltaIsSmall(kind: ValueKind) throws {
        let most: [ValueKind: Int] = [.float32: 1150, .bfloat16: 560, .int8: 520, .int4: 360]
        let bound = try #require(most[kind])
        var total = 0
        var rice = 0
        for seed in 0..<10 {
            let (codec, x, s) = Self.sample(9610, seed, kind)
            let encoded = try codec.encode(parameters: x, reference: s)
            #expect(encoded.payload.count <= bound, "seed \(seed)")
            let selection = try Selection.largest(289, of: x, minus: s)
            let writer = PayloadWriter(
                layout: codec.layout, indices: selection.indices,
                values: BlockValues(rounding: selection.differences, to: kind))
            total += encoded.payload.count
            rice += try #require(writer.write(.riceByBlock, .plain)).count
        }
        // Why the range coder is here: a twentieth at least.
        #expect(Double(total) < 0.95 * Double(rice))
        if Self.prints {
            print("\(kind.rawValue): \(total / 10) bytes, Rice and plain \(rice / 10)")
        }
    }

    @Test("Times, printed when asked for", .enabled(if: prints))
    func times() throws {
        for (d, repeats) in [(9610, 300), (25_000_000, 2)] {
            for kind in ValueKind.allCases {
                let (codec, x, s) = Self.sample(d, 1, kind)
                let encoded = try codec.encode(parameters: x, reference: s)
                let coding = try Self.best(repeats) {
                    _ = try codec.encode(parameters: x, reference: s)
                }
                let decoding = try Self.best(repeats) { _ = try codec.decode(encoded.payload) }
                print("d \(d), \(kind.rawValue): encode \(coding), decode \(decoding)")
            }
        }
    }

    /// Differences with a long tail, as training has them; 3 %.
    static func sample(_ d: Int, _ seed: Int, _ kind: ValueKind) -> (DeltaCodec, [Float], [Float]) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let x = (0..<d).map { _ in
            var sum: Float = 0
            for _ in 0..<4 { sum += Float(generator.uniform() - 0.5) }
            return sum * abs(sum)
        }
        return (Samples.codec(d, kind), x, [Float](repeating: 0.125, count: d))
    }

    static func best(_ repeats: Int, _ body: () throws -> Void) rethrows -> Duration {
        var best = Duration.seconds(1_000)
        for _ in 0..<repeats { best = min(best, try ContinuousClock().measure { try body() }) }
        return best
    }
}
