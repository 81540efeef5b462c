// Room:  tests of Membership.
// Task:  the first place that is not below, wherever it is.
// May:   anything.
// Proof: itself

import Testing

@testable import Membership

@Suite struct SortedArrayTests {
    @Test func theFirstPlaceIsFoundInArraysOfAnyLength() {
        for count in 0...17 {
            let values = (0..<count).map { $0 / 2 }
            for bound in -1...9 {
                let found = values.firstPlace { $0 < bound }
                #expect(found == values.count { $0 < bound })
            }
        }
    }
}
