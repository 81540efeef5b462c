// Room:  StarlingTests.
// Task:  a storm's changes of the roster, one after the other; and who is connected with whom.
// May:   starling.
// Proof: itself

import Testing

@testable import starling

struct RosterCourseTests {
    @Test("One change at a time, asked for again until it is decided")
    func inTurn() throws {
        let plan = StormPlan(minutes: 1, nodes: 4, seed: 1)
        let changes = plan.faults.filter(\.kind.isChange)
        try #require(changes.map(\.kind) == [.admission, .admission, .expulsion])
        var course = RosterCourse(plan)
        #expect(course.nextStep() == nil)
        for change in changes { course.begin(change) }
        for change in changes.prefix(2) {
            let node = change.nodes[0]
            for _ in 0..<3 {
                let step = course.nextStep()
                #expect(step == .init(deed: .vote, kind: .admission, node: node))
                #expect(course.nextStep() == nil, "an answer is awaited")
                #expect(course.voted(false, at: 1) == nil)
            }
            _ = course.nextStep()
            #expect(course.voted(true, at: 2) == change)
            #expect(course.nextStep() == .init(deed: .invite, kind: .admission, node: node))
            course.retry()
            #expect(course.nextStep()?.deed == .invite)
            #expect(course.invited() == change)
            #expect(course.invited() == nil)
        }
        #expect(course.nextStep()?.kind == .expulsion && !course.isSevering)
        #expect(course.voted(true, at: 9) == changes[2])
        #expect(course.isSevering && course.expelledAt == 9 && !course.isOver)
        course.severed()
        #expect(course.isOver && course.nextStep() == nil)
    }

    @Test("Connected is who reaches everybody; one end's word is enough")
    func graph() {
        typealias Node = (id: String, linked: Set<String>)
        let ring: [Node] = [("a", ["b"]), ("b", []), ("c", ["b"]), ("d", ["c"])]
        #expect(LinkGraph.isConnected(ring))
        let halves: [Node] = [("a", ["b"]), ("b", ["a"]), ("c", ["d"]), ("d", ["c"])]
        #expect(!LinkGraph.isConnected(halves))
        #expect(!LinkGraph.isConnected([("a", ["x"]), ("b", ["x"])]), "not over a stranger")
        #expect(LinkGraph.isConnected([]) && LinkGraph.isConnected([("a", [])]))
    }
}
