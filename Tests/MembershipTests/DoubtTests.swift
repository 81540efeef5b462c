// Room:  tests of Membership.
// Task:  a member without a link is down only after a dial and two others say so.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct DoubtTests {
    /// Node 0 of twelve with links to 1...7, which fill its view.
    private func full(doubting: Bool = true) throws -> Steps {
        var steps = try Steps(own: 0, of: 12, silent: [11])
        _ = steps.start()
        for peer in 1...7 { _ = steps.connected(peer, UInt64(peer), outgoing: true, 0) }
        return steps
    }

    private func questions(_ effects: [MembershipEffect]) -> [(via: UInt64, token: UInt64)] {
        effects.compactMap {
            if case .askAbout(let via, _, let token) = $0 { (via.raw, token) } else { nil }
        }
    }

    @Test func twoThatKnowOfNoLink_andADialThatFails_makeItDown() throws {
        var steps = try full()
        let asked = steps.doubt(9, 1)
        let questions = questions(asked)
        #expect(questions.count == 2 && questions[0].via != questions[1].via)
        #expect(dialled(asked) == [node(9)])
        #expect(steps.doubt(9, 1.1).isEmpty, "under way already")
        for question in questions {
            #expect(steps.answeredAbout(question.via, question.token, alive: false, 1.2).isEmpty)
        }
        let effects = steps.dialFailed(9, 1, nil, 1.5) + steps.run(until: 1.5)
        #expect(effects.isEmpty, "the dial was refused, the verdict comes with the time")
        let verdict = steps.run(until: 7.1)
        #expect(verdict.contains(.changed(node(9), .down)))
        #expect(verdict.contains(.claimDown(node(9))))
        #expect(steps.doubt(9, 8).isEmpty, "known to be down")
    }

    @Test func oneWhoDoesNotListenIsDownByTheWordOfTwo_andWithoutAnswersWhenTheTimeIsOver() throws {
        var steps = try full()
        let first = questions(steps.doubt(11, 1))
        #expect(steps.answeredAbout(first[0].via, first[0].token, alive: false, 1.2).isEmpty)
        #expect(
            steps.answeredAbout(first[0].via, first[0].token, alive: false, 1.3).isEmpty,
            "one peer cannot speak twice")
        #expect(
            steps.answeredAbout(first[1].via, first[1].token, alive: false, 1.4)
                == [.changed(node(11), .down), .claimDown(node(11))])

        var silent = try full()
        _ = silent.doubt(11, 1)
        for peer in 1...7 { silent.heard(UInt64(peer), 5) }
        #expect(!silent.run(until: 6.9).contains(.claimDown(node(11))))
        #expect(silent.run(until: 7.1).contains(.claimDown(node(11))))
    }

    @Test func anySignOfLifeEndsTheDoubtForAWhile() throws {
        for sign in 0..<4 {
            var steps = try full()
            let questions = questions(steps.doubt(9, 1))
            switch sign {
            case 0: _ = steps.answeredAbout(questions[1].via, questions[1].token, alive: true, 2)
            case 1: _ = steps.dialFailed(9, 1, .viewFull, 2)
            case 2: _ = steps.connected(9, 90, outgoing: true, 2)
            default: _ = steps.learn(9, ["n9.example:7447"], 2)
            }
            for question in questions {
                _ = steps.answeredAbout(question.via, question.token, alive: false, 3)
            }
            for peer in 1...7 { steps.heard(UInt64(peer), 5) }
            #expect(!steps.run(until: 10).contains(.claimDown(node(9))), "sign \(sign)")
            if sign != 2 { #expect(steps.doubt(9, 30).isEmpty, "sign \(sign)") }
        }
    }

    @Test func whoHasNobodyToAskDoubtsItself() throws {
        var steps = try Steps(own: 0, of: 4)
        _ = steps.start()
        #expect(steps.doubt(2, 1).isEmpty)
        #expect(!steps.run(until: 10).contains(.claimDown(node(2))))
    }

    @Test func aFloodOfDoubtsIsBounded() throws {
        var steps = try Steps(own: 0, of: 64, silent: Set(1..<64))
        _ = steps.start()
        for peer in 1...3 {
            _ = steps.connected(peer, UInt64(peer), outgoing: false, listens: false, 0)
        }
        var asked = 0
        for _ in 0..<10 { for peer in 4..<64 { asked += questions(steps.doubt(peer, 1)).count } }
        #expect(asked == 16, "eight at once, two are asked about each")
    }

    @Test func anAskedNodeAnswersFromWhatItKnows_onceForEachQuestion() throws {
        var steps = try full()
        func ask(_ subject: Int, _ raw: UInt64) -> [MembershipEffect] {
            steps.step { $0.asked(about: node(subject), by: connection(raw), token: 5, into: &$1) }
        }
        #expect(ask(2, 1) == [.tellAbout(connection(1), token: 5, alive: true)])
        #expect(ask(0, 1) == [.tellAbout(connection(1), token: 5, alive: true)])
        #expect(ask(9, 1) == [.tellAbout(connection(1), token: 5, alive: false)])
        #expect(ask(99, 1) == [.tellAbout(connection(1), token: 5, alive: false)])
        #expect(ask(2, 77).isEmpty, "not a link")
    }
}
