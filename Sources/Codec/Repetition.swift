// Room:  Codec (floor 2, pure).
// Task:  whether numbers repeat each other enough for deflate to have a chance.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/DeflateTests.swift

enum Repetition {
    /// Numbers in a row that must have stood together before to count as repeated.
    private static let run = 6

    /// Whether an eighth of the numbers, or more, end a run of six that has occurred before.
    ///
    /// The range coder takes about the entropy of single numbers; deflate beats it by copying
    /// what stood there before, or not at all. Looking for copies costs a twentieth of deflating.
    static func isWorthDeflating(_ numbers: [UInt32]) -> Bool {
        guard numbers.count > run else { return false }
        // The place where a run with this hash last ended; wrong guesses are caught by comparing.
        var last = [UInt32](repeating: .max, count: 4096)
        var repeated = 0
        numbers.withUnsafeBufferPointer { numbers in
            last.withUnsafeMutableBufferPointer { last in
                var hash: UInt32 = 0
                for end in 0..<numbers.count {
                    // Each number moves up by five bits with each that follows: six leave a
                    // trace in the lower thirty.
                    hash = (hash << 5) ^ ((numbers[end] &* 0x9E37_79B1) >> 7)
                    guard end >= run - 1 else { continue }
                    let slot = Int(((hash & 0x3FFF_FFFF) &* 0x85EB_CA6B) >> 20)
                    let before = last[slot]
                    last[slot] = UInt32(truncatingIfNeeded: end)
                    guard before != .max else { continue }
                    var same = 0
                    while same < run, numbers[Int(before) - same] == numbers[end - same] {
                        same += 1
                    }
                    if same == run { repeated += 1 }
                }
            }
        }
        return 8 * repeated >= numbers.count
    }
}
