// Room:  StarlingTests.
// Task:  the screen of `top` at 80 by 24 and at 40 by 10: nothing wider, nothing longer.
// May:   starling, Daemon.
// Proof: itself

import Testing

@testable import Daemon
@testable import starling

struct TopScreenTests {
    private let plain = Terminal(isTerminal: true, hasColours: false)

    private func member(
        _ name: String, _ state: String, round: UInt64?, accuracy: Double?, apart: Double?
    ) -> MembersStatus.Member {
        MembersStatus.Member(
            id: "id-\(name)", short: name, name: name, state: state, since_seconds: 1,
            linked: state == "alive", addresses: [], software: nil, round: round, rounds: 240,
            finished: round == 240, loss: nil, accuracy: accuracy, disagreement: apart,
            record_age_seconds: 1, admitted_in: 0)
    }

    private func facts(members: Int = 4) -> TopFacts {
        var facts = TopFacts()
        for look in 0..<4 {
            let apart = [0.4, 0.04, 0.004, 0.0008][look]
            let status = NodeStatus(
                node: .init(id: "id-alice", short: "abcdefgh", name: "alice"),
                federation: .init(id: "f", short: "tumoursf", name: "tumours"),
                software: "starling", pid: 7, uptime_seconds: 185, phase: "training",
                joining: nil, round: 123, rounds: 240, samples: 5, loss: 0.25,
                held_out: .init(loss: 0.125, accuracy: 0.971, rows: 4), disagreement: apart,
                links: 1, members: members, parameters: 10, privacy: "plain",
                bytes: .init(
                    sent: UInt64(look) * 20_000, received: UInt64(look) * 1500, payload_sent: 3),
                deltas: .init(sent: 4, payload_bytes: 5), refused: 6,
                checkpoint: .init(generation: 1, round: 2, error: nil), warnings: [], address: [])
            let peers: [PeersStatus.Peer] = [
                .init(
                    id: "id-bob", short: "bob", name: "bob", state: "alive", linked: true,
                    direction: "dialled", since_seconds: 2, epoch: 1, exchange: 2, exchanges: 3,
                    disagreement: nil, round: 4, rounds: nil, accuracy: 0.5, round_trip_ms: nil,
                    clock_difference_seconds: nil, problem: nil,
                    bytes: .init(sent: 12_345, received: 678), attempts: 5, failures: 6)
            ]
            var all = [
                member("alice", "self", round: 120, accuracy: nil, apart: nil),
                member("bob", "alive", round: 130, accuracy: 0.9, apart: 0.01),
                member("carol", "down", round: 99, accuracy: nil, apart: nil),
                member("dave\u{1b}[2J", "left", round: 240, accuracy: 0.99, apart: 0.02),
            ]
            for extra in 4..<max(members, 4) {
                all.append(
                    member("site\(extra)", "unknown", round: nil, accuracy: nil, apart: nil))
            }
            facts.take(
                NodePicture(status: status, peers: peers, members: all), at: Double(look) * 2)
        }
        return facts
    }

    private func screen(
        _ columns: Int, _ rows: Int, _ change: (inout TopScreen) -> Void = { _ in }
    )
        -> TopScreen
    {
        var screen = TopScreen(columns: columns, rows: rows, terminal: plain, isPlain: true)
        change(&screen)
        return screen
    }

    @Test("80 by 24")
    func usual() {
        let lines = screen(80, 24).lines(facts())
        #expect(lines.count == 24 && lines.allSatisfy { $0.count <= 80 })
        #expect(
            lines.prefix(9).joined(separator: "\n") == """
                tumours (tumoursf)  4 members, 1 link, up 3 min 5 s
                alice  training, round 123 of 240, accuracy 97.1 %, loss 0.125
                apart 0.00080                 #+,_  out 10.0 kB/s, in 750 B/s

                member    state     round  accuracy    apart  trend       link      out     in
                alice     self        123    97.1 %  0.00080        #+,_  -           -      -
                bob       alive       130    90.0 %   0.0100        ----  out   12.3 kB  678 B
                carol     down         99         -        -              -           -      -
                dave?[2J  left   240 done    99.0 %   0.0200        ----  -           -      -
                """)
        #expect(lines.last == "by name  s sort  j k scroll  q quit")
    }

    @Test("40 by 10: fewer columns, scrolled")
    func small() {
        let screen = screen(40, 10) { $0.offset = 2 }
        let lines = screen.lines(facts(members: 9))
        #expect(lines.count == 10 && lines.allSatisfy { $0.count <= 40 })
        #expect(lines[4].hasPrefix("member"))
        #expect(lines[5].hasPrefix("carol") && lines[8].hasPrefix("site5"))
        #expect(lines[9].hasPrefix("3 to 6 of 9, by name"))
    }

    @Test("Of any size it is no larger, and it never fails", arguments: [1, 2, 5, 9, 30, 79, 200])
    func sizes(_ columns: Int) {
        for rows in [1, 3, 6, 7, 24, 60] {
            let lines = screen(columns, rows) { $0.offset = 50 }.lines(facts(members: 30))
            #expect(lines.count == rows, "\(columns) by \(rows)")
            guard columns >= 40 else { continue }
            #expect(lines.allSatisfy { $0.count <= columns }, "\(columns) by \(rows)")
        }
    }

    @Test("Sorted by what is asked for")
    func orders() {
        func names(_ order: TopOrder) -> [Substring] {
            screen(80, 24) { $0.order = order }.lines(facts())[5..<9].map { $0.prefix(4) }
        }
        #expect(names(.name) == ["alic", "bob ", "caro", "dave"])
        #expect(names(.state) == ["alic", "bob ", "caro", "dave"])
        #expect(names(.round) == ["dave", "bob ", "alic", "caro"])
        #expect(names(.accuracy) == ["dave", "alic", "bob ", "caro"])
        #expect(names(.apart) == ["dave", "bob ", "alic", "caro"])
        #expect(TopOrder.apart.next == .name)
    }

    @Test("A node that does not answer any more is said to, and the last screen stays")
    func silent() {
        var facts = facts()
        facts.missed("no daemon listens", at: 9)
        let lines = screen(80, 24).lines(facts)
        #expect(lines.last == "no answer for 3 s: no daemon listens")
        #expect(lines[6].hasPrefix("bob"))
    }

    @Test("A sparkline by powers of ten; what is not known is a blank")
    func sparkline() {
        #expect(Sparkline.text([1, 0.1, 0.01], width: 5, isPlain: true) == "  #=_")
        #expect(Sparkline.text([.nan, 0, 2], width: 3, isPlain: true) == "  -")
        #expect(Sparkline.text([], width: 3, isPlain: false) == "   ")
        #expect(Sparkline.text([1, 2, 4, 8], width: 2, isPlain: false) == "▁█")
    }
}
