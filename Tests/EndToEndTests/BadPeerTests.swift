// Room:  EndToEndTests.
// Task:  a member with a good key that breaks the protocol after a good handshake.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct BadPeerTests {
    private struct Attack {
        let name: String
        let bytes: [UInt8]
        /// What the log says of it.
        let log: String
    }

    @Test("A member that breaks the protocol loses its link; the model and other links do not move")
    func breaches() throws {
        let flock = try Flock(["alice", "bob", "carol"], rounds: 60)
        let alice = try Daemon(flock[0])
        let bob = try Daemon(flock[1])
        let carol = try Daemon(flock[2])
        for daemon in [alice, bob, carol] {
            try daemon.until("finish", within: 40) { $0.phase == "finished" && $0.links == 2 }
        }
        // From now on bob's key is in other hands.
        #expect(try bob.stop() == 0)
        try alice.until("farewell of bob") { $0.links == 1 }
        let before = try flock[0].model()
        let exchanges = try flock[0].peers().named("carol").exchanges

        let federation = try flock.bench.starling("federation", "check", "federation.toml").lines[0]
        let hello = RawFrame.hello(
            federation: ReadableID.bytes(federation), node: ReadableID.bytes(flock[1].id),
            parameters: 62)
        let others = RawFrame.hello(
            federation: [UInt8](repeating: 1, count: 32), node: ReadableID.bytes(flock[1].id),
            parameters: 62)
        let impostor = RawFrame.hello(
            federation: ReadableID.bytes(federation), node: ReadableID.bytes(flock[2].id),
            parameters: 62)
        let smaller = RawFrame.hello(
            federation: ReadableID.bytes(federation), node: ReadableID.bytes(flock[1].id),
            parameters: 61)
        let garbage = RawFrame.frame(1, [0xff, 0xff, 0xff, 0xff])
        let attacks = [
            Attack(name: "over-long frame", bytes: RawFrame.overlong, log: "too-long"),
            Attack(name: "length zero", bytes: [0, 0, 0, 0, 1], log: "wire."),
            Attack(name: "hello that does not parse", bytes: garbage, log: "wire."),
            Attack(
                name: "delta before hello", bytes: RawFrame.delta(),
                log: "the first message was not a hello"),
            Attack(name: "other federation", bytes: others, log: "the other aeaqcaib"),
            Attack(name: "another's name", bytes: impostor, log: "names another node than its key"),
            Attack(name: "other model", bytes: smaller, log: "speaks of 61 parameters"),
            Attack(name: "a second hello", bytes: hello + hello, log: "a second hello"),
            Attack(
                name: "over-long frame after hello", bytes: hello + RawFrame.overlong,
                log: "too-long"),
            Attack(
                name: "delta that does not parse", bytes: hello + RawFrame.frame(3, [0xff, 0xff]),
                log: "wire."),
            Attack(
                name: "delta with NaN", bytes: hello + RawFrame.resume + RawFrame.delta(r: .nan),
                log: "wire."),
        ]
        try deltaOfNoModel(hello, flock, alice)

        // A kind that nobody knows is passed over, so this one is only closed for its silence.
        let unknown = try SecureClient.started(
            to: flock[0].port, as: flock[1].state, sending: RawFrame.frame(100, [1, 2, 3]),
            on: flock.bench)
        for attack in attacks {
            let seen = alice.log.count
            let client = try SecureClient(
                to: flock[0].port, as: flock[1].state, sending: attack.bytes, on: flock.bench)
            #expect(client.status < 128, "\(attack.name): was not closed")
            #expect(client.frames.last?.kind == 5, "\(attack.name): no farewell says why")
            try wait(
                for: "\(attack.log) in the log after \(attack.name)", within: 10,
                detail: { String(alice.log.dropFirst(seen)) },
                until: { alice.log.dropFirst(seen).contains(attack.log) })
        }
        // Unknown kinds before and after a good hello: it is a link all the same.
        let odd = try SecureClient.started(
            to: flock[0].port, as: flock[1].state,
            sending: RawFrame.frame(100, [1]) + hello + RawFrame.frame(127, []), on: flock.bench)
        try wait(for: "link to the odd peer", within: 20, detail: { alice.log }) {
            try flock[0].peers().named("bob").linked
        }
        odd.signal(SIGKILL)
        _ = try unknown.ended()
        try alice.untilLog("no hello came in time")

        #expect(try flock[0].model() == before)
        let after = try flock[0].peers().named("carol")
        #expect(after.linked && after.state == "alive" && after.exchanges >= exchanges)
        #expect(try flock[0].status().warnings == [])
        #expect(carol.isRunning)

        // The real one comes back and is taken in.
        let back = try Daemon(flock[1])
        try back.until("both links") { $0.links == 2 && $0.phase == "finished" }
        try alice.until("both links") { $0.links == 2 }
    }

    /// Takes the link up as the real bob would, then sends a delta whose payload is none.
    private func deltaOfNoModel(_ hello: [UInt8], _ flock: Flock, _ alice: Daemon) throws {
        let talk = try SecureTalk(to: flock[0].port, as: flock[1].state, on: flock.bench)
        talk.send(hello)
        let resume = try talk.frame(of: 6)
        // What alice says of the link is true: say the same.
        talk.send(RawFrame.frame(6, resume))
        talk.send(
            RawFrame.delta(standing: resume, payload: [UInt8](repeating: 0xee, count: 40)))
        _ = try talk.frame(of: 5)
        _ = try talk.ended()
        try alice.untilLog("fault")
        let line = alice.log.split(separator: "\n").first { $0.contains(" fault ") } ?? ""
        #expect(line.contains("peer=bob"), "\(alice.log)")
    }
}
