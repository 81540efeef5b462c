// Room:  GossipTests.
// Task:  whom a node that starts from nothing asks for its parameters, and when it asks another.
// May:   Gossip, Model.
// Proof: itself

import Model
import Testing

@testable import Gossip

@Suite struct JoinControlTests {
    private static let size = 2 * JoinControl.run + 10
    private var generator = SeededGenerator(seed: 1)

    private func fetching(_ grown: [UInt32], others: [UInt32] = []) -> JoinControl {
        var join = JoinControl()
        for link in grown { join.met(LinkID(link), isGrown: true, at: .zero) }
        for link in others { join.met(LinkID(link), isGrown: false, at: .zero) }
        join.begin(parameters: Self.size, at: .zero)
        return join
    }

    /// The request that goes out now.
    private mutating func asked(
        _ join: inout JoinControl, _ second: Int
    ) throws -> (link: LinkID, run: Range<Int>) {
        let request = join.nextRequest(at: .seconds(second), by: &generator)
        return try #require(request)
    }

    @Test mutating func all_parameters_come_in_order_one_request_at_a_time_from_one_peer() throws {
        var join = fetching([3, 5, 9])
        var runs: [Range<Int>] = []
        var links: Set<LinkID> = []
        for second in 1...3 {
            let request = try asked(&join, second)
            #expect(join.nextRequest(at: .seconds(second), by: &generator) == nil, "one is out")
            runs.append(request.run)
            links.insert(request.link)
            #expect(join.received(request.run, from: request.link, at: .zero) == .take)
            #expect(join.nextRequest(at: .seconds(second), by: &generator) == nil, "being taken")
            let isLast = join.taken(upTo: request.run.upperBound, at: .seconds(second))
            #expect(isLast == (second == 3))
        }
        #expect(links.count == 1)
        #expect(runs == [0..<65_536, 65_536..<131_072, 131_072..<131_082])
        #expect(join.phase == .over && join.done == Self.size)
        #expect(join.nextRequest(at: .seconds(9), by: &generator) == nil)
    }

    @Test mutating func newcomers_do_not_all_ask_the_same_peer() throws {
        var asked: Set<LinkID> = []
        for seed in UInt64(1)...30 {
            var generator = SeededGenerator(seed: seed)
            var join = fetching([3, 5, 9], others: [1])
            let request = join.nextRequest(at: .zero, by: &generator)
            asked.insert(try #require(request).link)
        }
        #expect(asked == [LinkID(3), LinkID(5), LinkID(9)])
    }

    @Test mutating func when_a_peer_dies_the_next_one_gives_the_rest() throws {
        var join = fetching([3, 5])
        let first = try asked(&join, 0)
        #expect(join.received(first.run, from: first.link, at: .zero) == .take)
        _ = join.taken(upTo: first.run.upperBound, at: .zero)
        _ = join.nextRequest(at: .zero, by: &generator)
        join.parted(first.link)
        let second = try asked(&join, 0)
        #expect(second.link != first.link && second.run.lowerBound == JoinControl.run)
    }

    @Test mutating func a_peer_that_is_slow_is_not_waited_for_but_its_late_answer_is_welcome()
        throws
    {
        var join = fetching([3, 5])
        let first = try asked(&join, 0)
        #expect(join.nextWake == JoinControl.patience)
        #expect(join.nextRequest(at: .seconds(9), by: &generator) == nil)
        let second = try asked(&join, 10)
        #expect(second.link != first.link && second.run == first.run)
        // It is not asked again before it has answered, or over a new connection.
        #expect(join.nextRequest(at: .seconds(20), by: &generator) == nil)
        #expect(join.nextWake == JoinControl.limit)
        #expect(join.received(first.run, from: first.link, at: .seconds(21)) == .take)
        #expect(join.received(second.run, from: second.link, at: .seconds(21)) == .ignore)
        _ = join.taken(upTo: first.run.upperBound, at: .seconds(21))
        #expect(join.nextRequest(at: .seconds(21), by: &generator)?.run.lowerBound == 65_536)
    }

    @Test mutating func a_peer_that_is_joining_is_not_asked_again_soon_unless_it_says_it_has_done()
        throws
    {
        var join = fetching([3])
        _ = join.nextRequest(at: .zero, by: &generator)
        #expect(join.received(nil, from: LinkID(3), at: .seconds(1)) == .ignore)
        #expect(join.nextRequest(at: .seconds(2), by: &generator) == nil)
        #expect(join.nextWake == .seconds(6))
        var other = join
        #expect(other.nextRequest(at: .seconds(6), by: &generator)?.link == LinkID(3))
        join.grew(LinkID(3))
        #expect(join.nextRequest(at: .seconds(2), by: &generator)?.link == LinkID(3))
    }

    @Test mutating func what_was_not_asked_for_is_a_fault_and_changes_nothing() throws {
        var join = fetching([3, 5])
        let request = try asked(&join, 0)
        let other = LinkID(request.link == LinkID(3) ? 5 : 3)
        for (run, link) in [
            (request.run, other), (0..<7, request.link), (65_536..<131_072, request.link),
            (request.run, LinkID(77)),
        ] {
            #expect(join.received(run, from: link, at: .zero) == .fault)
        }
        #expect(join.received(nil, from: other, at: .zero) == .fault)
        #expect(join.received(request.run, from: request.link, at: .zero) == .take)
        #expect(join.received(request.run, from: request.link, at: .zero) == .fault, "twice")
        #expect(join.done == 0 && join.sources.ids.count == 2)
    }

    @Test mutating func a_node_that_nobody_gives_anything_gives_up() throws {
        var join = fetching([3])
        _ = join.nextRequest(at: .zero, by: &generator)
        #expect(!join.isInVain(at: .seconds(59)) && join.isInVain(at: .seconds(60)))
        // Without any link it is not the peers who keep it waiting.
        join.parted(LinkID(3))
        #expect(!join.isInVain(at: .seconds(600)) && join.nextWake == nil)
        join.met(LinkID(4), isGrown: false, at: .seconds(600))
        #expect(!join.isInVain(at: .seconds(659)) && join.isInVain(at: .seconds(660)))
        join.giveUp()
        #expect(join.phase == .over && join.nextWake == nil)
    }
}
