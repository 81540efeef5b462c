// Room:  EndToEndTests.
// Task:  who joins, who is thrown out, who moves, who leaves: real daemons, real commands.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

/// `starling members --json`, as far as the tests look.
private struct Members: Decodable {
    struct Member: Decodable {
        let name, id, state: String
        let linked: Bool
        let addresses: [String]
        let round: Int?
        let accuracy: Double?
        let admitted_in: Int
    }

    let generation, needed: Int
    let hash: String
    let members: [Member]
}

private struct Actions: Decodable {
    struct Action: Decodable {
        let hash, kind: String
        let name: String?
        let endorsers: [String]
        let needed: Int
        let effective: Bool
    }

    let generation: Int
    let open, decided: [Action]
}

private struct Invitation: Decodable {
    let invitation: String
    let addresses: [String]
}

private struct Reply: Decodable {
    let action: Actions.Action
    let generation: Int
}

extension Site {
    fileprivate func ask<Answer: Decodable>(_ words: String...) throws -> Answer {
        let run = try Run(words + ["--json", "--state", state], in: bench.folder)
        try #require(run.status == 0, "\(words): \(run.errors)")
        return try JSONDecoder().decode(Answer.self, from: Data(run.output.utf8))
    }

    fileprivate func members() throws -> Members { try ask("members") }

    /// Waits until the members as this node sees them fit.
    fileprivate func untilMembers(
        _ what: String, within bound: Double = 20, _ fits: (Members) -> Bool
    ) throws {
        var last: Members?
        try wait(
            for: "\(what) at \(name)", within: bound, detail: { "\(String(describing: last))" }
        ) {
            let now = try members()
            last = now
            return fits(now)
        }
    }
}

struct RosterTests {
    /// Three members in a long run, and the daemons that run on them.
    private func trio(rounds: Int = 20_000) throws -> (Flock, [Daemon]) {
        let flock = try Flock(["alice", "bob", "carol"], rounds: rounds, steps: 20)
        let daemons = try flock.sites.map { try Daemon($0) }
        for daemon in daemons { try daemon.until("mesh") { $0.links == 2 } }
        return (flock, daemons)
    }

    /// A site that is no founder, with an invitation from the first member.
    private func newcomer(_ name: String, to flock: Flock) throws -> Site {
        let site = try Site(name, on: flock.bench, port: Ports.shared.take())
        let rows = try flock.bench.read("test.csv")
        try flock.bench.write("\(name).csv", rows)
        return site
    }

    private func invite(_ site: Site, by member: Site) throws {
        let invitation: Invitation = try member.ask("invite")
        try #require(!invitation.addresses.isEmpty)
        let contacts = invitation.addresses.map { "\"\($0)\"" }.joined(separator: ", ")
        try site.configure(
            more: """
                [membership]
                invitation = "\(invitation.invitation)"
                contacts = [\(contacts)]
                """)
    }

    @Test("A quorum admits a newcomer in mid-training, and later throws it out")
    func admittedAndExpelled() throws {
        let (flock, daemons) = try trio()
        try daemons[0].until("rounds") { $0.round > 300 }
        let dave = try newcomer("dave", to: flock)
        let address = "127.0.0.1:\(dave.port)"
        let proposed: Reply = try flock[0].ask(
            "admit", dave.id, "--name", "dave", "--address", address)
        #expect(!proposed.action.effective && proposed.action.endorsers == ["alice"])
        #expect(proposed.action.needed == 2)
        #expect(try flock[0].members().members.count == 3, "one of three is no quorum")

        // The others see it, and one more word decides.
        let hash = String(proposed.action.hash.prefix(12))
        try wait(for: "the proposal at bob", within: 10) {
            let actions: Actions = try flock[1].ask("actions")
            return actions.open.contains { $0.hash == proposed.action.hash }
        }
        let decided: Reply = try flock[1].ask("endorse", hash)
        #expect(decided.action.effective && decided.generation == 1)
        for site in flock.sites {
            try site.untilMembers("dave", within: 5) {
                $0.generation == 1 && $0.members.contains { $0.name == "dave" }
            }
        }

        try invite(dave, by: flock[0])
        let daemon = try Daemon(dave)
        let joined = try daemon.until("links", within: 40) { $0.links == 3 && $0.members == 4 }
        #expect(joined.round > 100, "it begins where the others are: \(joined)")
        #expect(daemon.log.contains("joined"))
        try daemon.until("accuracy", within: 30) { ($0.held_out.accuracy ?? 0) > 0.9 }
        for site in flock.sites {
            try site.untilMembers("dave's record", within: 30) {
                $0.members.contains {
                    $0.name == "dave" && $0.state == "alive" && ($0.round ?? 0) > 0
                }
            }
        }

        // Three of four throw it out: it is disconnected everywhere within seconds.
        let expulsion: Reply = try flock[0].ask("expel", "dave")
        #expect(expulsion.action.needed == 3)
        for site in [flock[1], flock[2]] {
            try wait(for: "the expulsion at \(site.name)", within: 10) {
                let actions: Actions = try site.ask("actions")
                return actions.open.contains { $0.hash == expulsion.action.hash }
            }
            let _: Reply = try site.ask("endorse", String(expulsion.action.hash.prefix(8)))
        }
        for site in flock.sites {
            try site.untilMembers("three", within: 5) {
                $0.generation == 2 && $0.members.count == 3
            }
            #expect(try site.peers().peers.map(\.name).sorted().contains("dave") == false)
        }
        try daemon.until("no link", within: 5) { $0.links == 0 }
        #expect(try daemon.stop() == 0)
        // It has heard why, and does not start again; a state of its own knows no better.
        let again = try dave.starling("run", "--config", dave.configuration)
        expectRefused(again, 77, "was expelled by the members, in generation 2")
        try FileManager.default.removeItem(atPath: dave.state + "/roster.log")
        let stubborn = try Daemon(dave)
        try daemons[0].untilLog("was expelled", within: 20)
        #expect(try stubborn.until("answer") { _ in true }.links == 0)
        for daemon in daemons { #expect(daemon.isRunning) }
    }

    @Test("What the roster's commands refuse, they say in a line, with a hint")
    func refusals() throws {
        let (flock, daemons) = try trio(rounds: 2000)
        defer { withExtendedLifetime(daemons) {} }
        let alice = flock[0]
        func run(_ words: String...) throws -> Run {
            try Run(words + ["--state", alice.state], in: alice.bench.folder)
        }
        let wrong = (alice.id.hasPrefix("a") ? "b" : "a") + alice.id.dropFirst()
        expectRefused(try run("admit", wrong, "--name", "eve"), 64, "check character")
        expectRefused(
            try run("admit", flock[1].id, "--name", "eve"), 1, "is a member already", "hint")
        expectRefused(try run("expel", alice.id), 1, "expel the node that proposes", "leave")
        expectRefused(try run("expel", "mallory"), 1, "no member is called 'mallory'")
        expectRefused(try run("endorse", "beef"), 1, "no action begins with 'beef'", "actions")
        expectRefused(try run("endorse", "x"), 1, "at least 4 hexadecimal digits")
        let stranger = try newcomer("dave", to: flock)
        expectRefused(
            try run("admit", stranger.id, "--name", "bob"), 1, "is called 'bob' already")
        expectRefused(
            try run("admit", stranger.id, "--name", "dave", "--address", "nowhere"), 1,
            "'nowhere' is no address")
        // One action a generation: who has proposed one cannot propose another.
        let _: Reply = try alice.ask("admit", stranger.id, "--name", "dave")
        expectRefused(try run("expel", "carol"), 1, "has endorsed another action", "--ballot 1")
        // Not a member, and not invited.
        try stranger.configure()
        let uninvited = try stranger.starling("run", "--config", stranger.configuration)
        expectRefused(uninvited, 78, "not among the founders", "invitation")
    }

    @Test("All but one are killed and start at new ports: they find each other")
    func moved() throws {
        let names = ["alice", "bob", "carol", "dave"]
        let flock = try Flock(names, rounds: 40_000, steps: 20)
        var daemons = try flock.sites.map { try Daemon($0) }
        for daemon in daemons { try daemon.until("mesh") { $0.links == 3 } }
        for place in 1..<4 { try daemons[place].die() }
        for place in 1..<4 {
            let site = flock[place]
            let port = try Ports.shared.take()
            let text = try flock.bench.read("\(site.name).toml")
            let moved = text.replacingOccurrences(
                of: "listen = [\"127.0.0.1:\(site.port)\"]",
                with: "listen = [\"127.0.0.1:\(port)\"]\naddresses = [\"127.0.0.1:\(port)\"]")
            try #require(moved != text)
            try flock.bench.write("\(site.name).toml", moved)
        }
        for place in 1..<4 { daemons[place] = try Daemon(flock[place]) }
        for daemon in daemons {
            try daemon.until("mesh after the move", within: 40) { $0.links == 3 }
        }
    }

    @Test("A node that leaves is known to have left, also where it had no link")
    func leaves() throws {
        let (flock, daemons) = try trio()
        let run = try Run(["leave", "--state", flock[2].state], in: flock.bench.folder)
        #expect(run.status == 0 && run.output.contains("good-bye to 2 peers"), "\(run.errors)")
        #expect(try daemons[2].ended() == 0)
        for site in [flock[0], flock[1]] {
            try site.untilMembers("carol left", within: 10) {
                $0.members.contains { $0.name == "carol" && $0.state == "left" }
            }
        }
        let back = try Daemon(flock[2])
        try back.until("mesh again", within: 30) { $0.links == 2 }
        try flock[0].untilMembers("carol is back", within: 20) {
            $0.members.contains { $0.name == "carol" && $0.state == "alive" }
        }
    }

    @Test("A node that has lost all but its key takes a snapshot, and its roster from the peers")
    func nothingButTheKey() throws {
        let (flock, daemons) = try trio()
        let dave = try newcomer("dave", to: flock)
        let proposed: Reply = try flock[0].ask("admit", dave.id, "--name", "dave")
        try wait(for: "the proposal at bob", within: 10) {
            let actions: Actions = try flock[1].ask("actions")
            return !actions.open.isEmpty
        }
        let _: Reply = try flock[1].ask("endorse", String(proposed.action.hash.prefix(12)))
        try flock[2].untilMembers("dave") { $0.generation == 1 }
        try daemons[2].until("rounds") { $0.round > 500 }
        try daemons[2].die()
        for file in ["checkpoint", "roster.log", "directory"] {
            try? FileManager.default.removeItem(atPath: flock[2].state + "/" + file)
        }
        let again = try Daemon(flock[2])
        try again.untilLog("joined", within: 30)
        let status = try again.until("training") { $0.phase == "training" && $0.links == 2 }
        #expect(status.round > 300, "\(status)")
        try flock[2].untilMembers("the roster") { $0.generation == 1 && $0.members.count == 4 }

        // Damage in the middle of the log: cut there, told, and the peers bring the rest.
        try again.die()
        let file = URL(fileURLWithPath: flock[2].state + "/roster.log")
        var bytes = try Data(contentsOf: file)
        bytes[30] ^= 1
        try bytes.write(to: file)
        let mended = try Daemon(flock[2])
        let told = try mended.until("answer") { _ in true }
        #expect(told.warnings.contains { $0.contains("roster.log is damaged") }, "\(told.warnings)")
        try flock[2].untilMembers("the roster again") { $0.generation == 1 }
    }
}
