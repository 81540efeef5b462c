// Room:  EndToEndTests.
// Task:  daemons that learn together: the whole way from keys to a model that is good.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct LearningTests {
    private struct Evaluation: Decodable {
        let schema: String
        let rows: Int
        let accuracy: Double
    }

    private func evaluate(_ site: Site) throws -> Double {
        _ = try site.model()
        let run = try site.starling(
            "model", "evaluate", "--model", "\(site.name).safetensors", "--data", "test.csv",
            "--federation", "federation.toml", "--json")
        let found = try JSONDecoder().decode(Evaluation.self, from: Data(run.output.utf8))
        #expect(found.schema == "starling.evaluation/1" && found.rows == 114)
        return found.accuracy
    }

    @Test("Two daemons learn together, say how they are, leave in order and go on where they were")
    func two() throws {
        let flock = try Flock(["alice", "bob"], rounds: 200)
        for site in flock.sites {
            let check = try site.starling("run", "--config", site.configuration, "--check")
            #expect(check.status == 0, "\(check.errors)")
        }
        var daemons = try flock.sites.map { try Daemon($0) }
        for daemon in daemons {
            let status = try daemon.until("finish", within: 40) { $0.phase == "finished" }
            #expect(status.schema == "starling.status/1")
            #expect(status.node.name == daemon.site.name && status.node.id == daemon.site.id)
            #expect(status.round >= 200 && status.rounds == 200)
            #expect(status.links == 1 && status.members == 2 && status.parameters == 62)
            #expect(status.address == ["127.0.0.1:\(daemon.site.port)"])
            #expect(status.bytes.sent > status.bytes.payload_sent && status.bytes.received > 0)
            #expect(status.held_out.rows > 40)
            // The held-out rows are looked at once more when the rounds are over.
            try daemon.until("accuracy of the end") { ($0.held_out.accuracy ?? 0) > 0.85 }
            #expect(status.warnings == [] && status.refused == 0)
            #expect(try #require(status.disagreement) < 2e-3)
        }
        let peers = try flock[0].peers()
        #expect(peers.schema == "starling.peers/1" && peers.peers.count == 1)
        let bob = try peers.named("bob")
        #expect(bob.state == "alive" && bob.linked && bob.exchanges > 0)
        let table = try flock[0].starling("status", "--config", flock[0].configuration)
        #expect(table.status == 0 && table.output.contains("finished"))
        for site in flock.sites {
            let accuracy = try evaluate(site)
            #expect(accuracy > 0.93, "\(site.name): \(accuracy)")
        }

        let rounds = try flock.sites.map { try $0.status().round }
        for daemon in daemons { #expect(try daemon.stop() == 0) }
        for site in flock.sites {
            #expect(try !site.checkpoints().isEmpty)
            expectRefused(
                try site.starling("status", "--config", site.configuration), 1, "no daemon at")
            // Where no daemon runs, the model is in the checkpoint.
            #expect(try evaluate(site) > 0.93)
        }
        daemons = try flock.sites.map { try Daemon($0) }
        for (daemon, round) in zip(daemons, rounds) {
            let status = try daemon.until("finish again") {
                $0.phase == "finished" && $0.links == 1
            }
            #expect(status.round >= round)
            #expect(status.warnings == [])
        }
        for daemon in daemons { #expect(try daemon.stop() == 0) }
    }

    @Test("Nodes that cannot be dialled take part by dialling out")
    func hidden() throws {
        let flock = try Flock(["hub", "ann", "ben"], hidden: ["ann", "ben"], rounds: 150)
        let daemons = try flock.sites.map { try Daemon($0) }
        for daemon in daemons {
            let links = daemon.site.name == "hub" ? 2 : 1
            try daemon.until("finish", within: 40) {
                $0.phase == "finished" && $0.links == links
            }
            #expect(try evaluate(daemon.site) > 0.93)
        }
        #expect(try flock[1].status().address == [])
        let peers = try flock[0].peers()
        for name in ["ann", "ben"] {
            #expect(try peers.named(name).direction == "accepted")
            #expect(try peers.named(name).exchanges > 0)
        }
        #expect(try flock[1].peers().named("ben").linked == false)
        #expect(try flock[1].peers().named("hub").direction == "dialled")
    }
}
