// Room:  tests of Membership.
// Task:  when a node says something of itself, and how it rises above what others say of it.
// May:   anything.
// Proof: itself

import Testing

@testable import Membership

@Suite struct DirectoryAnnouncingTests {
    private let owner = Owner(1)
    private let other = Owner(2)

    private func sequence(_ directory: Directory) -> UInt64? {
        directory.record(of: directory.id)?.sequence
    }

    private func all(_ id: NodeID) -> Bool { true }

    @Test("At rest a record is made each refresh period, and not sooner")
    func rest() throws {
        var node = directory(owner, members: 100)
        #expect(node.announce(try facts(), at: time(0)) == time(900))
        #expect(node.announce(try facts(), at: time(899)) == time(900))
        #expect(sequence(node) == 1)
        #expect(node.announce(try facts(), at: time(900)) == time(1800))
        #expect(sequence(node) == 2)
        var small = directory(owner, members: 3)
        #expect(small.announce(try facts(), at: time(0)) == time(60))
    }

    @Test("Progress waits for its pace; state, addresses and phase go at once")
    func pace() throws {
        var node = directory(owner, members: 200)
        node.announce(try facts(round: 0), at: time(0))
        #expect(node.announce(try facts(round: 1), at: time(1)) == time(4))
        #expect(sequence(node) == 1)
        node.announce(try facts(round: 2), at: time(4))
        #expect(sequence(node) == 2)
        node.announce(try facts(round: 2, phase: 1), at: time(4))
        #expect(sequence(node) == 3)
        node.announce(try facts(address: "elsewhere:1", round: 2, phase: 1), at: time(4))
        #expect(sequence(node) == 4)
        node.announce(
            try facts(state: .left, address: "elsewhere:1", round: 2, phase: 1), at: time(4))
        #expect(sequence(node) == 5)
        #expect(node.record(of: owner.id)?.facts.state == .left)
    }

    @Test("Urgent records come eight at once, then one each pace")
    func urgency() throws {
        var node = directory(owner)
        for phase in 0..<20 {
            node.announce(try facts(phase: UInt8(phase)), at: time(100))
        }
        #expect(sequence(node) == 1 + 8)
        #expect(node.nextAnnouncement == time(102))
        node.announce(try facts(phase: 19), at: time(102))
        #expect(sequence(node) == 1 + 9)
    }

    @Test("Who is claimed down refutes at once, above the record that was judged")
    func refutes() throws {
        var node = directory(owner)
        node.announce(try facts(1), at: time(0))
        let judged = try #require(node.record(of: owner.id))
        let claim = DirectoryMessage.news(
            span: .none, [.record(judged.bytes, isDown: true)]
        ).bytes
        let outcome = node.receive(claim, from: other.id, isMember: all, at: time(5))
        #expect(outcome.changes == [.ownRefuted])
        #expect(sequence(node) == 2)
        let again = node.receive(claim, from: other.id, isMember: all, at: time(6))
        #expect(again.changes == [] && node.drops[.stale] == 1, "it is about an older record")
        #expect(!node.isDown(owner.id))
        node.checkInvariants()
    }

    @Test("A hostile accuser makes a node talk no more than training does")
    func accuser() throws {
        var node = directory(owner)
        node.announce(try facts(1), at: time(0))
        for step in 0..<600 {
            let current = try #require(node.record(of: owner.id))
            let claim = DirectoryMessage.news(
                span: .none, [.record(current.bytes, isDown: true)]
            ).bytes
            let now = time(1 + Double(step) / 10)
            _ = node.receive(claim, from: other.id, isMember: all, at: now)
            if node.nextAnnouncement <= now { node.announce(try facts(1), at: now) }
        }
        let made = try #require(sequence(node))
        #expect(made <= 1 + 8 + 30, "8 at once, then one each 2 s for a minute; made \(made)")
        #expect(made > 30, "it does go on refuting")
    }

    @Test("Who has left is not claimed down")
    func leftNotClaimed() throws {
        var node = directory(owner)
        node.announce(try facts(1), at: time(0))
        let gone = record(other, 1, 4, facts: try facts(2, state: .left))
        _ = node.receive(newsBytes([gone]), from: other.id, isMember: all, at: time(1))
        #expect(node.claim(down: other.id, at: time(2)) == false)
        #expect(!node.isDown(other.id))
    }

    @Test("A node restored from a backup rises above its former life and is not ignored")
    func restoredFromBackup() throws {
        var net = DirectoryNetwork(3, seed: 1)
        for node in 0..<3 { net.nodes[node].announce(try facts(node), at: time(0)) }
        for round in 1..<40 {
            net.nodes[0].announce(try facts(0, round: UInt64(round)), at: time(Double(2 * round)))
        }
        for _ in 0..<3 { for node in 0..<3 { net.hear(node, from: (node + 1) % 3, at: time(100)) } }
        let held = try #require(net.nodes[2].record(of: net.owners[0].id))
        #expect(held.sequence == 40)

        net.nodes[0] = directory(net.owners[0], members: 3)
        net.nodes[0].announce(try facts(0, address: "new:1"), at: time(200))
        for node in 1..<3 { net.nodes[node].parted(net.owners[0].id) }
        for step in 0..<3 {
            for node in 0..<3 {
                net.hear(node, from: (node + 1) % 3, at: time(210 + 10 * Double(step)))
            }
        }
        #expect(net.isEqual)
        let seen = try #require(net.nodes[2].record(of: net.owners[0].id))
        #expect(seen.facts.addresses == ["new:1"] && seen.sequence == 41)
    }

    @Test("Two different records of one incarnation and sequence end as one, the owner's own")
    func twins() throws {
        for address in 0..<8 {
            var node = directory(owner, incarnation: 7)
            let twin = record(owner, 7, 1, facts: try facts(1, address: "old\(address):1"))
            var peer = directory(other)
            peer.announce(try facts(2), at: time(0))
            _ = peer.receive(newsBytes([twin]), from: owner.id, isMember: all, at: time(1))
            node.announce(try facts(1), at: time(2))
            let ours = try #require(node.record(of: owner.id))
            _ = peer.receive(newsBytes([ours]), from: owner.id, isMember: all, at: time(3))
            _ = node.receive(newsBytes([twin]), from: other.id, isMember: all, at: time(3))
            let latest = try #require(node.record(of: owner.id))
            _ = peer.receive(newsBytes([latest]), from: owner.id, isMember: all, at: time(4))
            #expect(peer.record(of: owner.id)?.facts.addresses == ["n1.example:7447"])
        }
    }

    @Test("At the highest sequence the incarnation rises, and at the end of both nothing is said")
    func endOfNumbers() throws {
        let highest = DirectoryRecord.highest
        var node = directory(owner, incarnation: 3)
        node.announce(try facts(1), at: time(0))
        let top = record(owner, 3, highest, facts: try facts(1))
        let outcome = node.receive(newsBytes([top]), from: other.id, isMember: all, at: time(1))
        #expect(outcome.changes == [.ownAbove])
        #expect(node.record(of: owner.id)?.incarnation == 4 && sequence(node) == 1)
        let end = record(owner, highest, highest, facts: try facts(1))
        _ = node.receive(newsBytes([end]), from: other.id, isMember: all, at: time(2))
        #expect(node.nextAnnouncement == Instant(nanoseconds: .max))
        node.checkInvariants()
    }
}
