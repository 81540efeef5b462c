// Room:  SimulationTests.
// Task:  cells: what is drawn, its bounds, and that a cell with and without the correction is
//        otherwise the same.
// May:   Simulation, Learning.
// Proof: itself

import Learning
import Testing

@testable import Simulation

struct CellTests {
    @Test("A seed draws one cell, every figure within its bounds, and rounds that are affordable")
    func drawing() {
        for seed in 1...400 as ClosedRange<UInt64> {
            let cell = Cell(seed: seed)
            #expect(cell == Cell(seed: seed))
            #expect((4...64).contains(cell.nodes) || (cell.nodes <= 256 && cell.parameters < 1000))
            #expect((2...(cell.nodes - 1)).contains(cell.view), "seed \(seed)")
            #expect((0.005...0.3).contains(cell.fraction), "seed \(seed)")
            #expect((1...4).contains(cell.exchanges) && (1...50).contains(cell.steps))
            #expect((0.019...2.01).contains(cell.rate / (1 - cell.momentum)), "seed \(seed)")
            #expect((0.01...2).contains(cell.delay) && (1...10).contains(cell.spread))
            #expect((Cell.leastRounds...Cell.mostRounds).contains(cell.rounds))
        }
    }

    @Test("Four hundred seeds draw every model, partition, momentum and a few large federations")
    func variety() {
        let cells = (1...400).map { Cell(seed: $0) }
        #expect(Set(cells.map(\.model)) == ["softmax", "conv", "32", "128", "64-32"])
        #expect(Set(cells.map(\.dealing)).count == 3 && Set(cells.map(\.momentum)).count == 2)
        #expect((1...40).contains(cells.count { $0.nodes > 64 }))
        #expect(cells.contains { $0.view == $0.nodes - 1 && $0.nodes > 8 })
    }

    @Test("The correction is the only difference between the two runs of a cell")
    func pairs() {
        var cell = Cell(seed: 1)
        cell.nodes = 4
        cell.view = 3
        cell.kind = .convolution
        cell.rounds = 3
        cell.steps = 2
        let rows = DemoData.split(DemoData.digits().dataset).train
        var (off, on) = (
            cell.plan(seed: 5, rows: rows, correction: false),
            cell.plan(seed: 5, rows: rows, correction: true)
        )
        #expect(off.genesis == on.genesis && off.seed == on.seed && off.gossip != on.gossip)
        off.gossip.correction = true
        #expect(off.gossip == on.gossip)
        #expect(off.nodes.map(\.roundSeconds) == on.nodes.map(\.roundSeconds))
        on.nodes = []
        let outcome = cell.run(correction: true)
        #expect(outcome.finished && outcome.failed == 0 && outcome.violation == nil)
        #expect(outcome == cell.run(correction: true))
        #expect(outcome != cell.run(repeat: 1, correction: true))
    }
}
