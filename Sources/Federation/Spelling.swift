// Room:  Federation (floor 2, pure).
// Task:  the known word that a misspelt one was meant to be.
// May:   nothing but the standard library.
// Proof: Tests/FederationTests/TOMLReaderTests.swift

enum Spelling {
    /// The nearest of `words`, the first of several; nil where none is near enough to be meant:
    /// a third of the letters may be wrong, and two in short words.
    static func nearest(to word: String, among words: [String]) -> String? {
        let limit = min(max(2, word.count / 3), max(1, word.count - 1))
        var best: (word: String, distance: Int)?
        for candidate in words {
            let distance = distance(Array(word.lowercased()), Array(candidate.lowercased()))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Letters added, dropped, changed or swapped with their neighbour.
    ///
    /// - Source: Damerau 1964; the restricted form, no letter edited twice. O(n·m).
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        // Foreign keys can be as long as the file: no one slips that far.
        guard left.count <= 64, right.count <= 64 else { return .max }
        var older = [Int](repeating: 0, count: right.count + 1)
        var old = Array(0...right.count)
        for i in left.indices {
            var new = [i + 1]
            for j in right.indices {
                var cost = min(old[j + 1] + 1, new[j] + 1, old[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, older[j - 1] + 1)
                }
                new.append(cost)
            }
            (older, old) = (old, new)
        }
        return old[right.count]
    }
}
