// Room:  GossipTests.
// Task:  the sorted table of links does what a dictionary does, in an order.
// May:   Gossip, Model.
// Proof: itself

import Model
import Testing

@testable import Gossip

@Suite struct LinkTableTests {
    @Test("Whatever is set, taken and removed, it agrees with a dictionary and stays in order")
    func agreesWithDictionary() {
        for seed in 0..<50 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var table = LinkTable<Int>()
            var model: [LinkID: Int] = [:]
            for step in 0..<200 {
                let id = LinkID(UInt32(generator.below(12)))
                switch generator.below(4) {
                case 0:
                    table[id] = nil
                    model[id] = nil
                case 1:
                    #expect(table.take(id) == model.removeValue(forKey: id), "seed \(seed)")
                default:
                    table[id] = step
                    model[id] = step
                }
                #expect(table.ids == model.keys.sorted(), "seed \(seed), step \(step)")
                #expect(table.values == table.ids.map { model[$0] }, "seed \(seed), step \(step)")
                #expect(table[id] == model[id], "seed \(seed), step \(step)")
                #expect((table.place(of: id) == nil) == (model[id] == nil), "seed \(seed)")
            }
        }
    }
}
