// Room:  LearningTests.
// Task:  text to Float32 against the standard library's own.
// May:   Learning, Model, Testing.

import Model
import Testing

@testable import Learning

@Suite struct DecimalTests {
    private func parse(_ text: String) -> Decimal.Outcome {
        Array(text.utf8).withUnsafeBufferPointer { Decimal.parse($0) }
    }

    @Test func `numbers are rounded as the standard library rounds them`() {
        for seed in 0..<10 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<2000 {
                var text = ["", "-", "+"][generator.below(3)]
                for _ in 0...generator.below(12) { text += "\(generator.below(10))" }
                if generator.below(2) == 0 {
                    text += "."
                    for _ in 0..<generator.below(14) { text += "\(generator.below(10))" }
                }
                if generator.below(3) == 0 { text += "e\(generator.below(90) - 50)" }
                let expected = Float(text).map {
                    $0.isFinite ? Decimal.Outcome.number($0) : .notFinite
                }
                #expect(parse(text) == expected, "\(text), seed \(seed)")
            }
        }
    }

    @Test func `a number half-way between two floats is not rounded twice`() {
        // Just above, at and just below the middle of 1 and the next float: the first Double is
        // the middle itself in all three.
        for text in [
            "1.00000005960464477539062500001", "1.000000059604644775390625",
            "1.0000000596046447753906249999", "16777217", "16777219", "0.500000029802322387",
            // These are not half-way, but the Double nearest to each is.
            "8.126213550567627", "8.510138034820557", "8.990869998931885", "8.898982524871826",
        ] {
            #expect(parse(text) == Float(text).map { .number($0) }, "\(text)")
        }
    }

    @Test func `the smallest and the largest are right`() {
        for text in [
            "1.17549435e-38", "1.4e-45", "7.0e-46", "1e-60", "3.4028235e38", "0", "-0", "00.10",
            "1.", ".5", "1E5", "9007199254740993", "18446744073709551616",
            "0.00000000000000000000000000000000000001234567",
        ] {
            #expect(
                parse(text) == Float(text.hasPrefix(".") ? "0\(text)" : text).map { .number($0) })
        }
        #expect(parse("3.5e38") == .notFinite)
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1_000", "1,5", "--1", "1f", "١", "nanx",
        "in", "1 ", " 1",
    ])
    func `other text is not a number`(text: String) {
        #expect(parse(text) == .notANumber)
    }

    @Test(arguments: ["nan", "NaN", "-nan", "inf", "+Inf", "INFINITY"])
    func `a number that is not finite is told from text`(text: String) {
        #expect(parse(text) == .notFinite)
    }
}
