// Room:  tests of Membership.
// Task:  questions, suspicion, down, and a node that slept itself.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct LivenessTests {
    /// Node `own` of two, with link 10 since second 1.
    private func linked(own: Int = 0) throws -> Steps {
        var steps = try Steps(own: own, of: 2)
        _ = steps.start()
        _ = steps.connected(1 - own, 10, outgoing: own == 0, 1)
        return steps
    }

    @Test func aQuietLinkIsAskedAfterTheInterval_byTheHigherIDALittleLater() throws {
        var lower = try linked(own: 0)
        #expect(lower.run(until: 2.99).isEmpty)
        #expect(probes(lower.run(until: 3)).count == 1)
        var higher = try linked(own: 1)
        #expect(higher.run(until: 3.49).isEmpty)
        #expect(probes(higher.run(until: 3.5)).count == 1)
    }

    @Test func aBusyLinkIsNeverAsked() throws {
        var steps = try linked()
        var all: [MembershipEffect] = []
        for second in stride(from: 1.5, to: 60, by: 1.5) {
            all += steps.run(until: second)
            steps.heard(10, second)
        }
        #expect(all.isEmpty)
    }

    @Test func silenceCountsFromTheQuestion_suspectThenDown() throws {
        var steps = try linked()
        var at: [Liveness: Double] = [:]
        var downs: [MembershipEffect] = []
        for tenth in 11...300 {
            let now = Double(tenth) / 10
            for effect in steps.run(until: now) {
                if case .changed(_, let liveness) = effect { at[liveness] = now }
                switch effect {
                case .close, .linkDown: downs.append(effect)
                case .dial, .linkUp, .probe, .wake, .changed, .askAbout, .tellAbout, .claimDown:
                    break
                }
            }
        }
        #expect(at[.suspect] == 9.0, "asked at 3, suspect 6 later")
        #expect(at[.down] == 23.0, "asked at 3, down 20 later")
        #expect(
            downs == [.close(connection(10), .silent), .linkDown(node(1), reason: .down)])
        #expect(steps.row(1)?.attempts ?? 0 > 0, "and dialled again")
    }

    @Test func anAnswerEndsTheSuspicion() throws {
        var steps = try linked()
        let asked = probes(steps.run(until: 10))
        #expect(steps.machine.liveness(of: node(1)) == .suspect)
        let effects = steps.answered(10, try #require(asked.last), 10.5)
        #expect(effects.contains(.changed(node(1), .alive)))
        #expect(probes(steps.run(until: 12.4)).isEmpty)
    }

    @Test func anyFrameEndsTheSuspicionAtTheNextTick() throws {
        var steps = try linked()
        _ = steps.run(until: 10)
        #expect(steps.machine.liveness(of: node(1)) == .suspect)
        steps.heard(10, 10.5)
        #expect(steps.tick(10.6).contains(.changed(node(1), .alive)))
    }

    @Test func aNodeThatSleptAsksAgainBeforeItJudges() throws {
        var steps = try linked()
        #expect(probes(steps.run(until: 3)).count == 1)
        // Stopped for a minute: the answer lies unread, the tick comes first.
        let effects = steps.tick(63)
        #expect(!effects.contains(.close(connection(10), .silent)))
        #expect(steps.machine.links == [node(1)])
        let asked = probes(effects)
        #expect(asked.count == 1)
        _ = steps.answered(10, try #require(asked.first), 63.1)
        #expect(steps.machine.liveness(of: node(1)) == .alive)
        // But it does not doubt itself for ever.
        #expect(steps.run(until: 100).contains(.close(connection(10), .silent)))
    }

    @Test func aLostLinkMakesSuspectThenDown_andNewsOfItIsGivenOnce() throws {
        var steps = try linked(own: 0)
        steps.heard(10, 9)
        _ = steps.run(until: 9)
        var effects = steps.disconnected(10, nil, 10)
        effects += steps.run(until: 100)
        let news = effects.filter { if case .changed = $0 { true } else { false } }
        #expect(news == [.changed(node(1), .suspect), .changed(node(1), .down)])
        let downs = effects.filter { if case .linkDown = $0 { true } else { false } }
        #expect(
            downs == [.linkDown(node(1), reason: .lost), .linkDown(node(1), reason: .down)])
    }

    @Test func aMemberNeverReachedIsDownInTheEnd_aSilentOneStaysUnknown() throws {
        var steps = try Steps(own: 0, of: 3, silent: [2])
        _ = steps.start()
        _ = steps.run(until: 120)
        #expect(steps.machine.liveness(of: node(1)) == .down)
        #expect(steps.machine.liveness(of: node(2)) == .unknown)
    }

    @Test func atRestALinkIsAskedEverMoreSeldom_butAfterTrafficAtTheIntervalAgain() throws {
        var steps = try linked()
        var asked: [Double] = []
        while let at = steps.wake, at < time(41) {
            steps.wake = nil
            let now = (Double(at.nanoseconds) / 1e6).rounded(.up) / 1e3
            if let token = probes(steps.tick(now)).first {
                asked.append(now)
                _ = steps.answered(10, token, now + 0.05)
            }
        }
        let gaps = zip(asked, asked.dropFirst()).map { $1 - $0 }
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 < $1 + 0.01 }, "\(gaps)")
        #expect(try #require(gaps.first) < 2.7 && abs(try #require(gaps.last) - 5.05) < 0.01)
        // Two frames close together: the link is in use.
        let last = try #require(asked.last)
        steps.heard(10, last + 1)
        steps.heard(10, last + 1.1)
        _ = steps.tick(last + 1.1)
        #expect(probes(steps.run(until: last + 3.09)).isEmpty)
        #expect(probes(steps.run(until: last + 3.1)).count == 1)
    }

    @Test func itAsksToBeWokenOnlyWhenThereIsSomethingToDo() throws {
        var steps = try linked()
        var ticks = 0
        while let at = steps.wake, at < time(61) {
            steps.wake = nil
            ticks += 1
            let now = (Double(at.nanoseconds) / 1e6).rounded(.up) / 1e3
            let effects = steps.tick(now)
            if let token = probes(effects).first {
                _ = steps.answered(10, token, now + 0.05)
            }
        }
        #expect(ticks >= 12 && ticks <= 18, "one a question: \(ticks)")
    }
}
