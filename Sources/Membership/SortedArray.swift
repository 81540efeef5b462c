// Room:  Membership (floor 3, pure).
// Task:  a place in what is kept in order.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/SortedArrayTests.swift

extension Array {
    /// The first place whose element is not below; `count` where all are. The elements that are
    /// below stand before all others.
    ///
    /// - Complexity: O(log n) calls.
    func firstPlace(notBelow isBelow: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBelow(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
