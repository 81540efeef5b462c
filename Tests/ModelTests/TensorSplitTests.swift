// Room:  ModelTests.
// Task:  which tensors are shared and which are a node's own; patterns of names.
// May:   Model, Testing.
// Proof: itself

import Testing

@testable import Model

@Suite struct TensorSplitTests {
    @Test(
        "A star is any run of characters, a question mark one, everything else itself",
        arguments: [
            ("head.*", "head.weight", true), ("head.*", "head.", true), ("head.*", "head", false),
            ("*.bias", "a.b.bias", true), ("*.bias", "bias", false), ("*", "", true),
            ("a*b*c", "axxbyyc", true), ("a*b*c", "acb", false), ("a?c", "abc", true),
            ("a?c", "ac", false), ("*a*", "bab", true), ("a**", "a", true), ("[a]", "a", false),
            ("é?", "é𝄞", true), ("*aab", "aaaab", true),
        ])
    func patterns(pattern: String, name: String, matches: Bool) {
        #expect(TensorPattern(pattern).matches(name) == matches)
    }

    @Test("Taken apart and put together again, a vector is what it was, whatever is private")
    func roundTrip() throws {
        for seed in 0..<200 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let tensors = (0...generator.below(6)).map {
                (name: "t\($0)", shape: [1 + generator.below(5)])
            }
            let full = try ParameterLayout(tensors)
            let chosen = tensors.filter { _ in generator.below(2) == 0 }
            let patterns = chosen.map { TensorPattern($0.name) }
            guard chosen.count < tensors.count else {
                #expect(throws: LayoutError.empty) { try TensorSplit(full, private: patterns) }
                continue
            }
            let split = try TensorSplit(full, private: patterns)
            let whole = (0..<full.count).map { Float($0) }
            let (shared, own) = (split.shared(of: whole), split.own(of: whole))
            #expect(shared.count == split.shared.count && own.count == split.ownCount)
            #expect(Set(shared).isDisjoint(with: Set(own)), "seed \(seed)")
            #expect(split.joined(shared: shared, own: own) == whole, "seed \(seed)")
            #expect(split.sharedRanges.reduce(0) { $0 + $1.count } == shared.count)
            #expect(split.sharesAll == chosen.isEmpty)
        }
    }
}
