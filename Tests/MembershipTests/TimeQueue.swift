// Room:  tests of Membership.
// Task:  what is to happen, in the order of virtual time.
// May:   nothing but the standard library.
// Proof: NetworkTests.swift

/// A heap by time, then by order of arrival.
struct TimeQueue<Element> {
    private var heap: [(at: UInt64, order: UInt64, element: Element)] = []
    private var order: UInt64 = 0

    var first: UInt64? { heap.first?.at }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        (heap[a].at, heap[a].order) < (heap[b].at, heap[b].order)
    }

    mutating func push(_ element: Element, at: UInt64) {
        heap.append((at, order, element))
        order += 1
        var child = heap.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Element? {
        guard let top = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && precedes(child, least) { least = child }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return top.element
    }
}
