// Room:  tests of Membership.
// Task:  slow peers get more time, and a node that ails doubts itself first.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct HealthTests {
    private func linked(
        _ count: Int = 2, _ configure: (inout MembershipSettings) -> Void = { _ in }
    ) throws -> Steps {
        var settings = MembershipSettings()
        configure(&settings)
        var steps = try Steps(own: 0, of: count, settings: settings)
        _ = steps.start()
        for peer in 1..<count { _ = steps.connected(peer, UInt64(peer), outgoing: true, 1) }
        return steps
    }

    /// Answers each question on link 1 after `delay` until `end`; how often it was suspect.
    private func suspicions(_ steps: inout Steps, delay: Double, until end: Double) -> Int {
        var suspicions = 0
        var due: Double?
        for tenth in 11..<Int(end * 10) {
            let now = Double(tenth) / 10
            if let at = due, at <= now {
                steps.heard(1, now)
                due = nil
            }
            for effect in steps.run(until: now) {
                if case .probe = effect, due == nil { due = now + delay }
                if effect == .changed(node(1), .suspect) { suspicions += 1 }
            }
        }
        return suspicions
    }

    @Test func aPeerKnownToBeSlowIsNotSuspectForEachAnswer_onAFixedTimeOutItIs() throws {
        var adaptive = try linked()
        var fixed = try linked { $0.phi = 0 }
        let few = suspicions(&adaptive, delay: 7, until: 400)
        let many = suspicions(&fixed, delay: 7, until: 400)
        #expect(few <= 5 && many > 25, "\(few) of \(many)")
        #expect(try #require(adaptive.row(1)?.phi(at: time(400))) < 8)
    }

    @Test func aSlowPeerThatDiesIsDownAfterTheSameTimeAsAnyOther() throws {
        var steps = try linked()
        _ = suspicions(&steps, delay: 7, until: 200)
        let heard = try #require(steps.row(1)?.heard)
        let effects = steps.run(until: 200 + 20 + 7)
        #expect(effects.contains(.close(connection(1), .silent)))
        #expect(heard > time(180))
    }

    @Test func lateTicksMakeANodeDoubtItself_answersInTimeRestoreIt() throws {
        var steps = try linked()
        _ = steps.run(until: 3)
        for second in [8.0, 13, 18] { _ = steps.tick(second) }
        #expect(steps.machine.selfDoubt == 3)
        for second in stride(from: 18.1, to: 60, by: 0.1) {
            if !probes(steps.run(until: second)).isEmpty || second < 18.15 {
                steps.heard(1, second)
            }
        }
        #expect(steps.machine.selfDoubt == 0)
    }

    @Test func aNodeThatDoubtsItselfSuspectsLater_unlessThatIsSwitchedOff() throws {
        for limit in [8, 0] {
            var steps = try linked { $0.healthLimit = limit }
            _ = steps.run(until: 3)
            for second in [8.0, 13, 18] { _ = steps.tick(second) }
            let asked = 18.0  // Each late tick times the silence anew; the doubt eases.
            var at: Double?
            for tenth in 181..<600 where at == nil {
                let now = Double(tenth) / 10
                if steps.run(until: now).contains(.changed(node(1), .suspect)) { at = now - asked }
            }
            let silence = try #require(at)
            #expect(abs(silence - (limit == 0 ? 6 : 12)) < 0.2, "\(silence)")
        }
    }

    @Test func linksThatFallSilentTogetherGetMoreTime_oneAloneDoesNot() throws {
        var all = try linked(4)
        _ = all.run(until: 5.5)
        #expect(all.machine.selfDoubt == 3)
        #expect(!all.run(until: 16.9).contains(.changed(node(1), .suspect)))
        let news = all.run(until: 17.1)
        let suspects = news.filter {
            if case .changed(_, .suspect) = $0 { true } else { false }
        }
        #expect(suspects.count == 3, "asked at 3, suspect twice 6 later")
        #expect(all.machine.liveness(of: node(1)) == .suspect)

        var one = try linked(4)
        var at: Double?
        for tenth in 11..<400 where at == nil {
            let now = Double(tenth) / 10
            for effect in one.run(until: now) {
                if case .probe(let id, let link, _) = effect, id != node(1) {
                    one.heard(link.raw, now)
                }
                if effect == .changed(node(1), .suspect) { at = now }
            }
        }
        #expect(try #require(at) < 12, "asked at 3; the others' answers restore confidence")
    }

    @Test func aSuspicionThatIsRefutedMakesANodeDoubtItself() throws {
        var steps = try linked(3)
        _ = steps.disconnected(1, nil, 10)
        for second in stride(from: 10.5, to: 40, by: 0.5) {
            steps.heard(2, second)
            _ = steps.run(until: second)
        }
        #expect(steps.row(1)?.isClaimedDown == true && steps.machine.selfDoubt == 0)
        let effects = steps.learn(1, ["n1.example:7447"], 40)
        #expect(steps.machine.selfDoubt == 1)
        #expect(effects.contains(.changed(node(1), .unknown)))
        #expect(dialled(effects + steps.run(until: 40.3)) == [node(1)])
    }
}
