// Room:  Gossip (pure core).
// Task:  values by link, in one array in ascending order of the links' IDs.
// May:   nothing.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/LinkTableTests.swift

/// A node has about ten links, of the federation's thousand members: two small arrays are quicker
/// than a hash table, take no more than they hold, and have an order.
struct LinkTable<Value> {
    /// Ascending.
    private(set) var ids: [LinkID] = []
    /// As many, in the same order.
    var values: [Value] = []

    var isEmpty: Bool { ids.isEmpty }

    /// - Complexity: O(log n).
    func place(of id: LinkID) -> Int? {
        let place = firstPlace(notBelow: id)
        return place < ids.count && ids[place] == id ? place : nil
    }

    /// Setting nil removes the link.
    ///
    /// - Complexity: O(log n) to read or replace, O(n) to insert or remove.
    subscript(id: LinkID) -> Value? {
        get { place(of: id).map { values[$0] } }
        set {
            let place = firstPlace(notBelow: id)
            let isThere = place < ids.count && ids[place] == id
            switch (newValue, isThere) {
            case (let value?, true): values[place] = value
            case (let value?, false):
                ids.insert(id, at: place)
                values.insert(value, at: place)
            case (nil, true):
                ids.remove(at: place)
                values.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// Hands the value out, so that whoever changes it is its only owner.
    mutating func take(_ id: LinkID) -> Value? {
        guard let place = place(of: id) else { return nil }
        ids.remove(at: place)
        return values.remove(at: place)
    }

    private func firstPlace(notBelow id: LinkID) -> Int {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension LinkTable: Sendable where Value: Sendable {}
