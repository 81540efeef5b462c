// Room:  DaemonTests.
// Task:  one place for one trainer; each work taken once.
// May:   Daemon.
// Proof: itself

import Testing

@testable import Daemon

struct TrainerDeskTests {
    private func desk() throws -> TrainerDesk {
        var desk = TrainerDesk(life: "a1", now: 0)
        try desk.join(token: "t", name: "train.py", pid: 7, at: 1)
        return desk
    }

    private func refusal(_ body: () throws(TrainerRefusal) -> Void) -> TrainerRefusal? {
        do throws(TrainerRefusal) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("A second trainer is refused while the first is heard of, and let in when it is not")
    func occupied() throws {
        var desk = try desk()
        let second = refusal { () throws(TrainerRefusal) in
            try desk.join(token: "u", name: "other.py", pid: 8, at: 2)
        }
        #expect(second?.status == 409 && second?.code == "trainer.occupied")
        #expect(second?.what.contains("train.py") == true)
        try desk.hear("t", at: 10)
        #expect(desk.dropLost(at: 20) == nil)
        #expect(desk.dropLost(at: 20.1)?.name == "train.py")
        #expect(desk.awaySince == 20.1 && desk.session == nil)
        try desk.join(token: "u", name: "other.py", pid: 8, at: 21)
        #expect(desk.awaySince == nil)
        #expect(refusal { () throws(TrainerRefusal) in try desk.hear("t", at: 22) } == .noSession)
        #expect(refusal { () throws(TrainerRefusal) in try desk.hear(nil, at: 22) } == .noSession)
    }

    @Test("A process that has ended loses its place at once, but only one that the system confirms")
    func ended() throws {
        for (process, isKnown) in [(7, true), (8, false), (nil, false)] as [(Int32?, Bool)] {
            var desk = TrainerDesk(life: "a1", now: 0)
            try desk.join(token: "t", name: "train.py", pid: 7, process: process, at: 1)
            #expect(desk.dropLost(at: 2) { _ in true } == nil)
            let lost = desk.dropLost(at: 2) { _ in false }
            #expect((lost != nil) == isKnown)
        }
    }

    @Test("Work is taken once: said twice it is known, said late it is stale")
    func once() throws {
        var desk = try desk()
        #expect(refusal { () throws(TrainerRefusal) in _ = try desk.beginReading("x") } == .stale)
        desk.open(round: 4, steps: 5, parameters: [1], correction: [0])
        let work = try #require(desk.work)
        #expect(work.id == "a1-1")
        #expect(try desk.beginReading(work.id) == work)
        #expect(
            refusal { () throws(TrainerRefusal) in _ = try desk.beginReading(work.id) } == .busy)
        desk.endReading(work.id, taken: false)
        #expect(try desk.beginReading(work.id) == work, "what was refused can be handed in again")
        desk.endReading(work.id, taken: true)
        #expect(desk.work == nil)
        #expect(try desk.beginReading(work.id) == nil, "known, and added to nothing")
        desk.open(round: 5, steps: 5, parameters: [2], correction: [0])
        #expect(desk.work?.id == "a1-2")
        #expect(try desk.beginReading(work.id) == nil)
    }

    @Test("Parameters are made new for who joins late, but not under a hand-in that is being read")
    func refreshed() throws {
        var desk = try desk()
        desk.open(round: 4, steps: 5, parameters: [1], correction: [0])
        desk.refresh("a1-1", parameters: [9], correction: [8])
        #expect(desk.work?.parameters == [9] && desk.work?.correction == [8])
        desk.refresh("a1-0", parameters: [7], correction: [7])
        _ = try desk.beginReading("a1-1")
        desk.refresh("a1-1", parameters: [7], correction: [7])
        #expect(desk.work?.parameters == [9])
        desk.dropWork()
        #expect(desk.work == nil && !desk.isReading)
    }
}
