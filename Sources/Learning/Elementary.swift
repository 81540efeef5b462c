// Room:  Learning (floor 2, pure).
// Task:  exp, log and cosine from exactly rounded operations, so that a seed's run is the same on
//        any machine (the last bit of a C library's differs from release to release).
// May:   nothing but the standard library.
// Proof: Tests/LearningTests/ElementaryTests.swift

/// Elementary functions of Double, to about 1e-15 relative.
package enum Elementary {
    /// e^x; NaN of NaN, 0 below the normal numbers, infinity above the largest.
    ///
    /// - Source: reduction by a two-part ln 2 (Cody, Waite 1980), then the Taylor sum on
    ///   |r| <= ln(2)/2.
    package static func exp(_ x: Double) -> Double {
        guard x == x else { return x }
        if x < -708 { return 0 }
        if x > 709 { return .infinity }
        let n = (x * 1.442695040888963407359924681).rounded()
        let r = (x - n * 0x1.62E42FEEp-1) - n * 0x1.A39EF35793C76p-33
        var sum = 1.0
        for reciprocal in exponentialReciprocals { sum = 1 + sum * r * reciprocal }
        return Double(sign: .plus, exponent: Int(n), significand: sum)
    }

    /// ln x for x above 0; minus infinity of 0, NaN below.
    ///
    /// - Source: ln m = 2 artanh((m - 1)/(m + 1)), summed for m in [sqrt(1/2), sqrt(2)].
    package static func log(_ x: Double) -> Double {
        guard x > 0, x.isFinite else {
            return x == 0 ? -.infinity : (x == .infinity ? x : .nan)
        }
        var m = x.significand
        var e = Double(x.exponent)
        if m > 1.4142135623730951 {
            m /= 2
            e += 1
        }
        let s = (m - 1) / (m + 1)
        let square = s * s
        var sum = 0.0
        for k in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(k) }
        return e * 0x1.62E42FEEp-1 + (e * 0x1.A39EF35793C76p-33 + 2 * s * sum)
    }

    /// cos x for x from 0 to pi.
    package static func cosine(_ x: Double) -> Double {
        precondition(x >= 0 && x <= .pi, "the sum converges well on half a turn only")
        // cos x = 1 - 2 sin^2(x/2), and sin's sum on [0, pi/2].
        let h = x / 2
        let square = h * h
        var sum = 1.0
        for k in stride(from: 22, through: 2, by: -2) {
            sum = 1 - sum * square / Double(k * (k + 1))
        }
        let sine = h * sum
        return 1 - 2 * sine * sine
    }

    private static let exponentialReciprocals: [Double] = (1...13).reversed().map {
        1 / Double($0)
    }
}
