// Room:  tests of Membership.
// Task:  forged, replayed, cut and flipped messages change nothing; floods stay bounded.
// May:   anything.
// Proof: itself

import Model
import Testing

@testable import Membership

@Suite struct DirectoryFuzzTests {
    private let owners = (0..<8).map { Owner($0) }

    private func all(_ id: NodeID) -> Bool { true }

    private func node() throws -> Directory {
        var node = directory(owners[0])
        node.announce(try facts(0), at: time(0))
        _ = node.receive(
            newsBytes(try (1..<6).map { record(owners[$0], 1, 9, facts: try facts($0)) }),
            from: owners[1].id, isMember: all, at: time(0))
        return node
    }

    /// All kinds of messages, with everything that may stand in them.
    private func messages() throws -> [[UInt8]] {
        var peer = directory(owners[1])
        peer.announce(try facts(1), at: time(0))
        _ = peer.receive(
            newsBytes(try (2..<8).map { record(owners[$0], 1, 10, facts: try facts($0)) }),
            from: owners[2].id, isMember: all, at: time(0))
        peer.claim(down: owners[3].id, at: time(1))
        let summary = peer.summary(for: owners[0].id).bytes
        var other = try node()
        let answer = other.receive(summary, from: owners[1].id, isMember: all, at: time(2)).replies
        let news = answer.flatMap {
            peer.receive($0, from: owners[0].id, isMember: all, at: time(2)).replies
        }
        #expect(answer.count == 1 && news.count == 1)
        return [summary] + answer + news
    }

    @Test("Every kind of message is read back as it was written")
    func roundTrip() throws {
        for bytes in try messages() {
            #expect(try DirectoryMessage(reading: bytes)?.bytes == bytes)
        }
        #expect(try DirectoryMessage(reading: [77, 1, 2]) == nil, "a kind of a later version")
    }

    @Test("No flipped or cut message puts a record into the table that its owner did not sign")
    func flipped() throws {
        let messages = try messages()
        for seed in 1...600 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var bytes = messages[random.below(messages.count)]
            for _ in 0...random.below(3) {
                switch random.below(3) {
                case 0: bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
                case 1: bytes = Array(bytes.prefix(1 + random.below(bytes.count)))
                default: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count + 1))
                }
            }
            var node = try node()
            let before = node.digest
            let outcome = node.receive(bytes, from: owners[1].id, isMember: all, at: time(3))
            node.checkInvariants()
            for row in node.rows(at: time(3)) where row.age == .zero {
                #expect(
                    row.record.isSigned(federation: testFederation, verify: cheapVerifier),
                    "seed \(seed)")
                #expect([1, 9, 10].contains(row.record.sequence) || row.record.id == node.id)
            }
            #expect(outcome.changes.isEmpty == (node.digest == before), "seed \(seed)")
            #expect(outcome.replies.allSatisfy { $0.count <= DirectoryLimits.message })
        }
    }

    @Test("Forged records change nothing and are an offence, replayed ones are none")
    func forged() throws {
        var node = try node()
        let before = node.digest
        let old = record(owners[2], 1, 8, facts: try facts(2))
        let replay = node.receive(newsBytes([old]), from: owners[1].id, isMember: all, at: time(1))
        #expect(replay == DirectoryOutcome() && node.drops[.stale] == 1)
        let foreign = record(
            owners[2], 1, 20, facts: try facts(2), federation: [UInt8](repeating: 1, count: 32))
        var flipped = record(owners[2], 1, 20, facts: try facts(2)).bytes
        flipped[flipped.count - 1] ^= 1
        let stolen = try #require(DirectoryRecord(bytes: flipped))
        for bad in [foreign, stolen] {
            // What follows the first lie is not looked at.
            let news = newsBytes([bad, record(owners[7], 1, 1, facts: try facts(7))])
            let outcome = node.receive(news, from: owners[1].id, isMember: all, at: time(2))
            #expect(outcome.offence == .forged && outcome.changes == [])
        }
        var own = record(owners[0], 1, 20, facts: try facts(0)).bytes
        own[own.count - 2] ^= 4
        let outcome = node.receive(
            newsBytes([try #require(DirectoryRecord(bytes: own))]), from: owners[1].id,
            isMember: all, at: time(3))
        #expect(outcome.offence == .forged && node.drops[.forged] == 3)
        #expect(node.digest == before && node.count == 6)
    }

    @Test("Bad bytes each have their counter")
    func reasons() throws {
        var node = try node()
        func send(_ bytes: [UInt8]) -> DirectoryDrop? {
            node.receive(bytes, from: owners[1].id, isMember: all, at: time(1)).offence
        }
        #expect(send([]) == .malformed)
        #expect(send([UInt8](repeating: 3, count: DirectoryLimits.message + 1)) == .tooLong)
        #expect(send([1, 0, 5, 4, 0, 0]) == .malformed, "a span that runs backwards")
        #expect(send([1, 0, 0, 4, 0, 0xFF, 0xFF, 0x03]) == .malformed, "more entries than bytes")
        #expect(send([9, 9]) == nil && node.drops[.version] == 1)
        let future = record(owners[2], DirectoryRecord.highest + 1, 1, facts: try facts(2))
        #expect(send(newsBytes([future])) == .future)
        #expect(node.drops[.malformed] == 3 && node.drops[.tooLong] == 1)
        var later = record(owners[2], 1, 30, facts: try facts(2)).bytes
        later[0] = 2
        let mixed = DirectoryMessage.news(
            span: .none,
            [
                .record(later, isDown: false),
                .record(record(owners[7], 1, 1, facts: try facts(7)).bytes, isDown: false),
            ]
        ).bytes
        #expect(send(mixed) == nil, "a newer program's record is passed over, no offence")
        #expect(node.drops[.version] == 2 && node.record(of: owners[7].id) != nil)
    }

    @Test("A flood of messages is answered at a bounded pace, and nothing grows by it")
    func flood() throws {
        var node = try node()
        let summary = DirectoryMessage.summary(told: 0, span: .none, []).bytes
        var answered = 0
        for step in 0..<20_000 {
            let outcome = node.receive(
                summary, from: owners[1].id, isMember: all, at: time(10 + Double(step) / 2000))
            answered += outcome.replies.count
        }
        #expect(answered <= 64 + 40 + 1, "64 at once, then 4 a second for 10 s: \(answered)")
        #expect(node.drops[.flood] == 20_000 - UInt64(answered))
        #expect(node.count == 6 && node.peers.count == 1)
        let other = node.receive(summary, from: owners[2].id, isMember: all, at: time(20))
        #expect(other.replies.count == 1, "others are served meanwhile")
    }

    @Test("A peer with a new digest at each heartbeat cannot keep others from being asked")
    func liar() throws {
        var node = try node()
        var random = SeededGenerator(seed: 8)
        var served = 0
        var asked = 0
        // The liar says another digest ten times a second, agrees in between, never answers.
        for step in 0..<3000 {
            let now = time(100 + Double(step) / 10)
            if node.hear(random.next(), from: owners[1].id, at: now) != nil { asked += 1 }
            _ = node.hear(node.digest, from: owners[1].id, at: now)
            guard step % 20 == 19 else { continue }
            if node.hear(random.next(), from: owners[2].id, at: now) != nil {
                served += 1
                let record = record(
                    owners[2], 2, UInt64(step), facts: try facts(2, round: UInt64(step)))
                let answer = DirectoryMessage.answer(
                    span: .none, more: false, named: .none, wanted: [],
                    [.record(record.bytes, isDown: false)]
                ).bytes
                let outcome = node.receive(answer, from: owners[2].id, isMember: all, at: now)
                #expect(outcome.changes == [.progressed(owners[2].id)])
            }
        }
        #expect(asked <= 21, "3 s of waiting, 12 s of rest: \(asked) in 300 s")
        #expect(served >= 100, "served \(served) of 150")
    }
}
