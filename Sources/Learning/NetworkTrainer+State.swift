// Room:  Learning (floor 2, pure).
// Task:  the trainer's state as bytes, for a checkpoint: generator and momentum.
// May:   Model.   May not: files.
// Proof: Tests/LearningTests/NetworkTrainerTests.swift

import Model

/// A stored state that is not this trainer's.
public enum TrainerStateError: Error, Equatable {
    case notAState
    case otherVersion(Int)
    case wrongLength(found: Int, expected: Int)
    /// The state was kept with momentum and the trainer has none, or the other way round.
    case momentumDiffers
    case otherModel(found: Int, expected: Int)
    case badGenerator
    case notFinite
}

extension TrainerStateError: Fault {
    public var code: String { "learning.trainer-state" }
    public var exitStatus: Int32 { 65 }

    public var what: String {
        switch self {
        case .notAState: "the stored bytes are not a trainer's state"
        case .otherVersion(let version): "the trainer's state has format \(version), known is 1"
        case .wrongLength(let found, let expected):
            "the trainer's state has \(found) bytes instead of \(expected)"
        case .momentumDiffers: "the trainer's state was kept under another momentum setting"
        case .otherModel(let found, let expected):
            "the trainer's state is for \(found) parameters, the model has \(expected)"
        case .badGenerator: "the generator in the trainer's state is all zero"
        case .notFinite: "the momentum in the trainer's state is not finite"
        }
    }
}

/// Format: "SLTS", version (1 byte), momentum present (1 byte), two bytes 0, d (8 bytes), the
/// generator's four words, then with momentum `d` Float32; all little-endian.
extension NetworkTrainer {
    private static let magic: [UInt8] = Array("SLTS".utf8)
    private static let headLength = 48

    /// The state at the end of the last round; not the parameters, not the data.
    public var state: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.headLength + 4 * velocity.count)
        bytes += [1, velocity.isEmpty ? 0 : 1, 0, 0]
        for word in [UInt64(architecture.layout.count)] + generator.state {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        for value in velocity {
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
            }
        }
        return bytes
    }

    /// Takes up a stored state, so that the next round is the one that would have followed.
    ///
    /// - Throws: `TrainerStateError`; nothing has changed then.
    public mutating func restore(state: [UInt8]) throws(TrainerStateError) {
        guard state.count >= Self.headLength, Array(state[0..<4]) == Self.magic else {
            throw .notAState
        }
        guard state[4] == 1 else { throw .otherVersion(Int(state[4])) }
        guard state[5] <= 1, state[6] == 0, state[7] == 0 else { throw .notAState }
        guard (state[5] == 1) == !velocity.isEmpty else { throw .momentumDiffers }
        let words = (0..<5).map { Self.word(state, at: 8 + 8 * $0, bytes: 8) }
        let count = architecture.layout.count
        guard words[0] == UInt64(count) else {
            throw .otherModel(found: Int(clamping: words[0]), expected: count)
        }
        let expected = Self.headLength + 4 * velocity.count
        guard state.count == expected else {
            throw .wrongLength(found: state.count, expected: expected)
        }
        guard let restored = SeededGenerator(state: Array(words[1...])) else { throw .badGenerator }
        var momentum: [Float] = []
        momentum.reserveCapacity(velocity.count)
        for at in stride(from: Self.headLength, to: expected, by: 4) {
            let bits = Self.word(state, at: at, bytes: 4)
            momentum.append(Float(bitPattern: UInt32(bits)))
        }
        guard momentum.allSatisfy(\.isFinite) else { throw .notFinite }
        generator = restored
        velocity = momentum
    }

    private static func word(_ bytes: [UInt8], at: Int, bytes count: Int) -> UInt64 {
        var word: UInt64 = 0
        for i in (0..<count).reversed() { word = word << 8 | UInt64(bytes[at + i]) }
        return word
    }
}
