// Room:  LearningTests.
// Task:  our exp, log and cosine against the C library's.
// May:   Learning, Model, Testing, Foundation (for the C library's functions).

import Foundation
import Model
import Testing

@testable import Learning

@Suite struct ElementaryTests {
    @Test func `exp agrees with the C library`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let x = generator.uniform() * 1400 - 700
            let expected = exp(x)
            #expect(abs(Elementary.exp(x) - expected) <= 4e-15 * expected, "exp \(x)")
        }
        #expect(Elementary.exp(0) == 1)
        #expect(Elementary.exp(-.infinity) == 0)
        #expect(Elementary.exp(.infinity) == .infinity)
        #expect(Elementary.exp(.nan).isNaN)
    }

    @Test func `log agrees with the C library`() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            let x = exp(generator.uniform() * 1400 - 700)
            let expected = log(x)
            #expect(abs(Elementary.log(x) - expected) <= 4e-16 * abs(expected) + 4e-16, "log \(x)")
        }
        #expect(Elementary.log(1) == 0)
        #expect(Elementary.log(0) == -.infinity)
        #expect(Elementary.log(-1).isNaN)
        #expect(Elementary.log(.nan).isNaN)
        #expect(Elementary.log(.infinity) == .infinity)
        #expect(abs(Elementary.log(.leastNonzeroMagnitude) - log(.leastNonzeroMagnitude)) < 1e-12)
    }

    @Test func `cosine agrees with the C library on half a turn`() {
        for step in 0...1000 {
            let x = Double.pi * Double(step) / 1000
            #expect(abs(Elementary.cosine(x) - cos(x)) < 1e-15 * 4, "cos \(x)")
        }
    }
}
