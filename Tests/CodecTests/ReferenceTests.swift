// Room:  the tests of Codec.
// Task:  the same numbers as the algorithm's NumPy reference (its function `compress`).
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

/// What the reference computed, once, for vectors that a formula makes (see `vectors`).
struct ReferenceCase: Sendable {
    let seed: UInt64
    let d: Int
    let k: Int
    let kind: ValueKind
    let count: Int
    /// h = (h xor n) * 0x100000001B3 over index and Float bits of each coordinate, from 0.
    let digest: UInt64
    let before: Double
    let after: Double
}

@Suite struct ReferenceTests {
    static let cases = [
        ReferenceCase(
            seed: 1, d: 9610, k: 289, kind: .int4, count: 289,
            digest: 0x69E8_80E2_CED1_B4A5, before: 5.309273178084627,
            after: 4.282820582126742),
        ReferenceCase(
            seed: 1, d: 9610, k: 289, kind: .int8, count: 289,
            digest: 0x383D_40C8_46E4_E0A5, before: 5.309273178084627,
            after: 4.280463175003714),
        ReferenceCase(
            seed: 1, d: 9610, k: 289, kind: .float32, count: 289,
            digest: 0x2CBE_A0B8_D57F_9577, before: 5.309273178084627,
            after: 4.280457324675158),
        ReferenceCase(
            seed: 2, d: 100, k: 64, kind: .int4, count: 64,
            digest: 0x3111_2256_07D9_0856, before: 0.06750009723804054,
            after: 0.000669707640492595),
        ReferenceCase(
            seed: 2, d: 100, k: 64, kind: .int8, count: 64,
            digest: 0x2CD9_BB88_8FB4_CE56, before: 0.06750009723804054,
            after: 0.00021000459647135816),
        ReferenceCase(
            seed: 2, d: 100, k: 64, kind: .float32, count: 64,
            digest: 0xF7AF_CB92_8148_2292, before: 0.06750009723804054,
            after: 0.000208727981986373),
        ReferenceCase(
            seed: 3, d: 2000, k: 700, kind: .int4, count: 700,
            digest: 0x5B8C_38AC_1AF4_6152, before: 1.1318405008935553,
            after: 0.060252547563279274),
        ReferenceCase(
            seed: 3, d: 2000, k: 700, kind: .int8, count: 700,
            digest: 0x7707_0116_3D99_4952, before: 1.1318405008935553,
            after: 0.056022164971878896),
        ReferenceCase(
            seed: 3, d: 2000, k: 700, kind: .float32, count: 700,
            digest: 0x4E9E_1640_786A_F223, before: 1.1318405008935553,
            after: 0.0560080797879674),
        ReferenceCase(
            seed: 4, d: 70, k: 70, kind: .int4, count: 69,
            digest: 0x89DE_CCC1_5094_4FC3, before: 0.04042294144345138,
            after: 0.00025157296005463847),
        ReferenceCase(
            seed: 4, d: 70, k: 70, kind: .int8, count: 69,
            digest: 0xBF13_869A_C5A5_B9C3, before: 0.04042294144345138,
            after: 1.1001994550396965e-06),
        ReferenceCase(
            seed: 4, d: 70, k: 70, kind: .float32, count: 69,
            digest: 0x386E_C2D2_E4D2_292B, before: 0.04042294144345138,
            after: 0.0),
    ]

    @Test("Coordinates, values, R and E are the reference's", arguments: cases)
    func agrees(expected: ReferenceCase) throws {
        let (x, s) = Self.vectors(seed: expected.seed, count: expected.d)
        let codec = Samples.codec(
            expected.d, fraction: Double(expected.k) / Double(expected.d), minimum: 1,
            expected.kind)
        try #require(codec.options.count(expected.d) == expected.k)
        let encoded = try codec.encode(parameters: x, reference: s)
        var digest: UInt64 = 0
        for (index, value) in zip(encoded.delta.indices, encoded.delta.values) {
            digest = (digest ^ UInt64(index)) &* 0x100_0000_01B3
            digest = (digest ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
        }
        #expect(encoded.delta.count == expected.count)
        #expect(digest == expected.digest)
        // The reference squares in Float, sums in another order and takes E from R.
        #expect(abs(encoded.before - expected.before) <= 1e-8 * expected.before)
        #expect(abs(encoded.after - expected.after) <= 1e-8 * expected.before)
    }

    @Test("The first coordinates and values of one case, in the open")
    func firstValues() throws {
        let (x, s) = Self.vectors(seed: 2, count: 100)
        let delta = try Samples.codec(100).encode(parameters: x, reference: s).delta
        #expect(delta.indices.prefix(8) == [0, 2, 3, 4, 5, 9, 10, 11])
        let values: [Float] = [
            0.0087890625, -0.0087890625, -0.052734375, -0.017578125, 0.0263671875, -0.052734375,
            -0.0439453125, -0.0087890625,
        ]
        #expect(Array(delta.values.prefix(8)) == values)
    }

    /// f, g in turn from a linear congruential generator (Knuth's MMIX), upper 24 bits, less a
    /// half; s = g / 4, x = s + f³ / 2, all in Float.
    static func vectors(seed: UInt64, count: Int) -> (x: [Float], s: [Float]) {
        var state = seed
        func draw() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / 16_777_216 - 0.5
        }
        var x: [Float] = []
        var s: [Float] = []
        for _ in 0..<count {
            let f = draw()
            s.append(draw() * 0.25)
            x.append(s[s.count - 1] + f * f * f * 0.5)
        }
        return (x, s)
    }
}
