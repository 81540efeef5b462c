// Room:  Model (floor 1, pure).
// Task:  the one source of reproducible randomness: same seed, same numbers, on any machine.
// May:   nothing but the standard library.
// Proof: Tests/ModelTests/SeededGeneratorTests.swift

/// xoshiro256**, seeded by SplitMix64. Not for secrets.
///
/// Its state can be stored in a checkpoint and taken up again.
///
/// - Source: Blackman, Vigna 2021, "Scrambled Linear Pseudorandom Number Generators"; Steele,
///   Lea, Flood 2014 (SplitMix).
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    /// Four words, not all zero.
    public private(set) var state: [UInt64]

    public init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        state = [mixer.next(), mixer.next(), mixer.next(), mixer.next()]
    }

    /// Takes up a stored state again. Returns nil unless it is four words, not all zero.
    public init?(state: [UInt64]) {
        guard state.count == 4, state.contains(where: { $0 != 0 }) else { return nil }
        self.state = state
    }

    /// An independent generator for a named purpose, so that a draw more here moves nothing there.
    public func derived(_ purpose: UInt64) -> SeededGenerator {
        SeededGenerator(seed: state[0] ^ SplitMix64.mix(purpose &+ 0x9E37_79B9_7F4A_7C15))
    }

    public mutating func next() -> UInt64 {
        let result = rotate(state[1] &* 5, 7) &* 9
        let shifted = state[1] << 17
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotate(state[3], 45)
        return result
    }

    /// Uniform in [0, 1), 53 bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0..<bound. `bound` at least 1.
    ///
    /// - Source: Lemire 2019, multiply-shift with rejection.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "an empty range has no number")
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let floor = (0 &- bound) % bound
            while product.low < floor { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// Fisher-Yates, spelled out so that the order does not depend on the standard library's version.
    public mutating func shuffle<T>(_ array: inout [T]) {
        guard array.count > 1 else { return }
        for i in stride(from: array.count - 1, to: 0, by: -1) { array.swapAt(i, below(i + 1)) }
    }

    private func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by) | (x >> (64 - by)) }
}

/// SplitMix64: a seed spread into words, and a mixing function for hashes.
public struct SplitMix64 {
    public var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A bijection of 64 bits in which each input bit moves about half of the output bits.
    @inlinable
    public static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
