// Room:  tests of Membership.
// Task:  rows, claims, ages, rosters that change, and a directory through a restart.
// May:   anything.
// Proof: itself

import Testing

@testable import Membership

@Suite struct DirectoryTests {
    private let a = Owner(1)
    private let b = Owner(2)
    private let c = Owner(3)

    private func all(_ id: NodeID) -> Bool { true }

    private func told(_ records: [DirectoryRecord], at seconds: Double = 0) throws -> Directory {
        var node = directory(a)
        node.announce(try facts(1), at: time(0))
        _ = node.receive(newsBytes(records), from: b.id, isMember: all, at: time(seconds))
        node.checkInvariants()
        return node
    }

    @Test("Each record says what is new in it")
    func changes() throws {
        var node = directory(a)
        func take(_ record: DirectoryRecord) -> [DirectoryChange] {
            node.receive(newsBytes([record]), from: b.id, isMember: all, at: time(1)).changes
        }
        #expect(take(record(b, 1, 1, facts: try facts(2))) == [.appeared(b.id)])
        #expect(take(record(b, 1, 1, facts: try facts(2))) == [])
        #expect(take(record(b, 1, 2, facts: try facts(2))) == [.progressed(b.id)])
        #expect(take(record(b, 2, 1, facts: try facts(2))) == [.progressed(b.id)])
        #expect(take(record(b, 1, 9, facts: try facts(2))) == [], "an older incarnation")
        #expect(
            take(record(b, 2, 2, facts: try facts(2, address: "m:1"))) == [
                .moved(b.id), .progressed(b.id),
            ])
        #expect(
            take(record(b, 2, 3, facts: try facts(2, state: .left, address: "m:1"))) == [
                .left(b.id)
            ])
        #expect(take(record(b, 3, 1, facts: try facts(2, address: "m:1"))) == [.returned(b.id)])
        #expect(node.drops[.stale] == 2)
    }

    @Test("A claim stands until any newer record of the owner, and falls on no other version")
    func claims() throws {
        var node = try told([record(c, 1, 5, facts: try facts(3))])
        #expect(node.claim(down: b.id, at: time(1)) == false, "no record to judge")
        #expect(node.claim(down: a.id, at: time(1)) == false, "oneself")
        let before = node.digest
        #expect(node.claim(down: c.id, at: time(2)) == true)
        #expect(node.claim(down: c.id, at: time(3)) == false, "it is claimed already")
        #expect(node.isDown(c.id) && node.downSince(c.id) == time(2) && node.digest != before)
        let newer = record(c, 1, 6, facts: try facts(3))
        let outcome = node.receive(newsBytes([newer]), from: b.id, isMember: all, at: time(4))
        #expect(outcome.changes == [.returned(c.id)] && !node.isDown(c.id))
        for version in [5, 7] as [UInt64] {
            let claim = DirectoryMessage.news(
                span: .none,
                [
                    .claim(
                        prefix: try #require(node.table.place(of: c.id).map { node.table.rows[$0] })
                            .prefix,
                        DirectoryVersion(
                            incarnation: 1, sequence: version, tag: newer.version.tag))
                ]
            ).bytes
            _ = node.receive(claim, from: b.id, isMember: all, at: time(5))
        }
        #expect(!node.isDown(c.id) && node.drops[.stale] == 2)
        node.checkInvariants()
    }

    @Test("A claim travels without its record, and the refutation wins everywhere")
    func refutationWins() throws {
        var net = DirectoryNetwork(6, seed: 4)
        for node in 0..<6 { net.nodes[node].announce(try facts(node), at: time(0)) }
        func settle(_ start: Double, except gone: Int? = nil) -> Int {
            let before = net.bytes
            for step in 0..<40 {
                let hearer = net.random.below(6)
                let other = net.random.below(6)
                if hearer == other || hearer == gone || other == gone { continue }
                net.hear(hearer, from: other, at: time(start + Double(10 * step)))
            }
            return net.bytes - before
        }
        _ = settle(10)
        #expect(net.isEqual)
        net.nodes[1].claim(down: net.owners[5].id, at: time(500))
        let cost = settle(510, except: 5)
        for node in 0..<5 { #expect(net.nodes[node].isDown(net.owners[5].id), "node \(node)") }
        #expect(cost < 5 * 100, "claims cost \(cost) bytes")
        _ = settle(1000)
        #expect(net.isEqual)
        for node in 0..<6 {
            #expect(!net.nodes[node].isDown(net.owners[5].id))
            #expect(net.nodes[node].record(of: net.owners[5].id)?.sequence == 2)
        }
    }

    @Test("Three refresh periods of the owner's without a record, and it is in doubt")
    func stale() throws {
        var node = try told([record(c, 1, 1, facts: try facts(3))], at: 10)
        #expect(node.age(of: c.id, at: time(100)) == .seconds(90))
        #expect(node.age(of: b.id, at: time(100)) == nil)
        #expect(node.stale(at: time(279.9)) == [])
        #expect(node.stale(at: time(280)) == [c.id], "its period is 90 s")
        #expect(node.stale(at: time(281)) == [c.id], "until it is claimed or heard of")
        node.claim(down: c.id, at: time(282))
        #expect(node.stale(at: time(283)) == [])
        let back = record(c, 1, 2, facts: try facts(3))
        _ = node.receive(newsBytes([back]), from: b.id, isMember: all, at: time(300))
        #expect(node.stale(at: time(569)) == [] && node.stale(at: time(570)) == [c.id])
        let left = record(c, 1, 3, facts: try facts(3, state: .left))
        _ = node.receive(newsBytes([left]), from: b.id, isMember: all, at: time(571))
        #expect(node.stale(at: time(10_000)) == [], "who has left is not missed")
    }

    @Test("Rows for people stand in the order of the IDs with age and claim")
    func rows() throws {
        var node = try told([
            record(c, 1, 1, facts: try facts(3)), record(b, 1, 1, facts: try facts(2)),
        ])
        node.claim(down: c.id, at: time(7))
        let rows = node.rows(at: time(20))
        #expect(rows.map(\.record.id) == [a.id, b.id, c.id].sorted() && node.count == 3)
        #expect(rows.allSatisfy { $0.age == .seconds(20) })
        #expect(rows.filter { $0.down == time(7) }.map(\.record.id) == [c.id])
    }

    @Test("Rows are of members alone: those of others are dropped, and go with the roster")
    func roster() throws {
        var node = directory(a)
        node.announce(try facts(1), at: time(0))
        let news = newsBytes([
            record(c, 1, 1, facts: try facts(3)), record(b, 1, 1, facts: try facts(2)),
        ])
        let outcome = node.receive(news, from: b.id, isMember: { $0 != c.id }, at: time(1))
        #expect(outcome.changes == [.appeared(b.id)] && outcome.offence == nil)
        #expect(node.drops[.stranger] == 1 && node.record(of: c.id) == nil)
        let from = node.receive(news, from: c.id, isMember: { $0 != c.id }, at: time(1))
        #expect(from.changes == [] && node.drops[.stranger] == 2, "nor does a stranger tell")
        node.retain(members: 1) { $0 == a.id }
        #expect(node.rows(at: time(2)).map(\.record.id) == [a.id])
        node.checkInvariants()
    }

    @Test("A record that came before its owner was admitted here comes again afterwards")
    func early() throws {
        var net = DirectoryNetwork(3, seed: 2)
        for node in 0..<3 { net.nodes[node].announce(try facts(node), at: time(0)) }
        net.hear(0, from: 2, at: time(1))
        // Node 1 does not know yet that node 2 is a member.
        let late = net.owners[2].id
        for second in 2..<30 {
            let now = time(Double(second))
            guard let ask = net.nodes[1].hear(net.nodes[0].digest, from: net.owners[0].id, at: now)
            else { continue }
            let answer = net.nodes[0].receive(
                ask, from: net.owners[1].id, isMember: net.isMember, at: now)
            for reply in answer.replies {
                let last = net.nodes[1].receive(
                    reply, from: net.owners[0].id, isMember: { $0 != late }, at: now)
                for reply in last.replies {
                    _ = net.nodes[0].receive(
                        reply, from: net.owners[1].id, isMember: net.isMember, at: now)
                }
            }
        }
        #expect(net.nodes[1].record(of: late) == nil)
        #expect((1...6).contains(net.nodes[1].drops[.stranger]), "asked for ever more seldom")
        net.nodes[1].retain(members: 3, net.isMember)
        net.hear(1, from: 0, at: time(31))
        #expect(net.nodes[1].record(of: late) != nil && net.nodes[0].digest == net.nodes[1].digest)
    }

    @Test("What was saved is taken up again, and the own record made above the saved one")
    func saved() throws {
        let old = try told([
            record(c, 1, 1, facts: try facts(3, address: "moved:1")),
            record(b, 4, 2, facts: try facts(2)),
        ])
        var new = directory(a)
        #expect(new.restore(old.saved, isMember: all, at: time(50)) == 3)
        new.announce(try facts(1), at: time(51))
        #expect(new.record(of: a.id)?.sequence == 2)
        #expect(new.record(of: c.id)?.facts.addresses == ["moved:1"])
        #expect(new.age(of: c.id, at: time(60)) == .seconds(10))
        new.checkInvariants()
        var fewer = directory(a)
        #expect(fewer.restore(old.saved, isMember: { $0 == b.id }, at: time(0)) == 2)
        #expect(fewer.drops[.stranger] == 1)
    }

    @Test("A damaged file gives the records before the damage, or none, and no other")
    func damaged() throws {
        let records = [record(c, 1, 1, facts: try facts(3)), record(b, 4, 2, facts: try facts(2))]
        let saved = try told(records).saved
        let known = Set(try told(records).rows(at: time(0)).map(\.record.bytes))
        for index in saved.indices {
            var bytes = saved
            bytes[index] ^= 0x41
            var node = directory(a)
            node.restore(bytes, isMember: all, at: time(0))
            node.checkInvariants()
            let rows = node.rows(at: time(0)).map(\.record.bytes)
            #expect(rows.allSatisfy(known.contains), "byte \(index)")
            var cut = directory(a)
            #expect(cut.restore(Array(saved.prefix(index)), isMember: all, at: time(0)) < 3)
        }
    }
}
