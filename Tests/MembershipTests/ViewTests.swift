// Room:  tests of Membership.
// Task:  links are redrawn seldom, one at a time.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct ViewTests {
    private func full(of count: Int, every: Duration) throws -> Steps {
        var settings = MembershipSettings()
        settings.redrawEvery = every
        var steps = try Steps(own: 0, of: count, settings: settings)
        _ = steps.start()
        for peer in 1...7 { _ = steps.connected(peer, UInt64(peer), outgoing: true, 0) }
        return steps
    }

    /// All links are heard of all the time; new dials succeed.
    private func closed(_ steps: inout Steps, until end: Double) -> [Double] {
        var closed: [Double] = []
        var raw: UInt64 = 100
        var second = 1.0
        while second < end {
            for link in 1...raw { steps.heard(link, second) }
            var effects = steps.run(until: second)
            while !effects.isEmpty {
                var next: [MembershipEffect] = []
                for effect in effects {
                    if case .close(_, .viewFull) = effect { closed.append(second) }
                    if case .dial(let id, _, _) = effect,
                        let peer = (0..<64).first(where: { node($0) == id })
                    {
                        raw += 1
                        next += steps.connected(peer, raw, outgoing: true, second)
                    }
                }
                effects = next
            }
            second += 1
        }
        return closed
    }

    @Test func aLinkThatHasLastedGivesWayToAnotherMember_aboutOnceInTheTime() throws {
        var steps = try full(of: 40, every: .seconds(60))
        let before = Set(steps.machine.links)
        let closed = closed(&steps, until: 600)
        #expect(closed.count >= 7 && closed.count <= 13, "\(closed)")
        #expect(try #require(closed.first) >= 60)
        #expect(steps.machine.links.count == 7)
        #expect(Set(steps.machine.links).intersection(before).count < 6)
    }

    @Test func inAFullMeshOrWhenSwitchedOffNothingIsRedrawn() throws {
        var mesh = try full(of: 8, every: .seconds(60))
        #expect(closed(&mesh, until: 300).isEmpty)
        var off = try full(of: 40, every: .zero)
        #expect(closed(&off, until: 300).isEmpty)
    }

    @Test func aViewThatIsShortKeepsItsLinks() throws {
        var settings = MembershipSettings()
        settings.redrawEvery = .seconds(60)
        var steps = try Steps(own: 0, of: 40, silent: Set(1..<40), settings: settings)
        _ = steps.start()
        for peer in 1...6 {
            _ = steps.connected(peer, UInt64(peer), outgoing: false, listens: false, 0)
        }
        #expect(closed(&steps, until: 300).isEmpty && steps.machine.links.count == 6)
    }
}
