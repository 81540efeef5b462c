// Room:  EndToEndTests.
// Task:  models that are trained outside: work out and in, trainers that die, tensors that stay.
// May:   Foundation.
// Proof: itself

import Foundation
import Synchronization
import Testing

struct TrainerTests {
    /// Hands in `steps` each round until the federation's training is over.
    private static func train(_ trainer: LocalTrainer, _ steps: [Float]) throws -> Int {
        var (last, rounds) = ("", 0)
        while true {
            let work = try trainer.work(after: last)
            if work.text("state") == "over" { return rounds }
            guard let id = work.text("work") else { continue }
            let taken = try trainer.handIn(id, [("w", steps)])
            if taken.text("code") == "work.over" { return rounds }
            try #require(taken.status == 200, "\(String(decoding: taken.body, as: UTF8.self))")
            if taken.value("accepted") as? Bool == true { rounds += 1 }
            last = id
        }
    }

    /// Trains at all of them at once, on threads of their own: the pool of tasks may have two.
    private static func train(
        _ trainers: [LocalTrainer], _ steps: @escaping @Sendable (Int) -> [Float]
    ) throws -> [Int] {
        let results = Mutex<[Int: Result<Int, any Error>]>([:])
        let running = DispatchGroup()
        for (place, trainer) in trainers.enumerated() {
            let (socket, session) = (trainer.socket, trainer.session)
            running.enter()
            Thread.detachNewThread {
                let result = Result {
                    try Self.train(LocalTrainer(socket, session: session), steps(place))
                }
                results.withLock { $0[place] = result }
                running.leave()
            }
        }
        try #require(running.wait(timeout: .now() + 60) == .success, "training does not end")
        return try results.withLock { results in
            try trainers.indices.map { try #require(results[$0]).get() }
        }
    }

    @Test("Two trainers' steps become one model at both nodes: the mean of all of them")
    func together() throws {
        let flock = try TensorFlock(["alice", "bob"], rounds: 12)
        let daemons = try flock.sites.map { try Daemon($0) }
        try daemons[0].until("an idle link") { $0.links == 1 && $0.phase == "idle" }
        let trainers = flock.sites.map { LocalTrainer($0.socket) }
        for trainer in trainers { try trainer.join() }
        let rounds = try Self.train(trainers) { place in
            (0..<8).map { $0 == place ? 1 : 0 }
        }
        #expect(rounds.allSatisfy { $0 >= 12 })
        var models: [[UInt8]] = []
        var done: [Int] = []
        for daemon in daemons {
            done.append(try daemon.until("the end") { $0.phase == "finished" }.round)
            models.append(try LocalTrainer(daemon.site.socket).ask("GET", "/v1/parameters").body)
        }
        let values = try models.map { model in
            try #require(model.count >= 32)
            return (0..<8).map { place in
                model[(model.count - 32 + 4 * place)...].prefix(4).enumerated().reduce(
                    UInt32(0)
                ) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) }
            }.map { Float(bitPattern: $0) }
        }
        for place in 0..<2 {
            // Each node's steps count by half.
            let expected = Float(done[place]) / 2
            for value in values {
                #expect(abs(value[place] - expected) < 0.01 * expected, "\(values), \(done)")
            }
        }
    }

    @Test("Wrong requests are told by code, and change nothing")
    func wrong() throws {
        let flock = try TensorFlock(["alice"], rounds: 3)
        let daemon = try Daemon(flock.sites[0])
        try daemon.until("being idle") { $0.phase == "idle" }
        let trainer = LocalTrainer(flock.sites[0].socket)
        func code(_ method: String, _ target: String, _ body: [UInt8] = []) throws -> String {
            let answer = try trainer.ask(method, target, body: body)
            return "\(answer.status) \(answer.text("code") ?? "")"
        }
        #expect(try code("GET", "/v1/work?session=none") == "409 trainer.session")
        #expect(try code("POST", "/v1/trainer", Array("{".utf8)) == "400 request.malformed")
        #expect(
            try code("POST", "/v1/trainer", Array(#"{"name":"x","pid":1,"federation":"y"}"#.utf8))
                == "409 trainer.federation")
        #expect(
            try code(
                "POST", "/v1/trainer",
                Array(#"{"name":"x","pid":1,"tensors":[{"name":"w","shape":[9]}]}"#.utf8))
                == "409 trainer.layout")
        try trainer.join()
        #expect(
            try code("POST", "/v1/trainer", Array(#"{"name":"x","pid":1}"#.utf8))
                == "409 trainer.occupied")
        let session = trainer.session
        let work = try #require(try trainer.work().text("work"))
        let target = "/v1/work?session=\(session)&work=\(work)&steps=1&samples=1"
        let good = LocalTrainer.file([("w", [Float](repeating: 1, count: 8))])
        #expect(try code("POST", target) == "400 work.malformed")
        #expect(try code("POST", target, Array(good.dropLast())) == "400 work.malformed")
        #expect(
            try code("POST", target, LocalTrainer.file([("w", [1])])) == "422 work.shape")
        #expect(
            try code(
                "POST", target,
                LocalTrainer.file([("w", [Float](repeating: .nan, count: 8))]))
                == "422 work.not-finite")
        #expect(try code("POST", target + "&file=../../x") == "400 folder.name")
        #expect(
            try code("POST", target.replacingOccurrences(of: work, with: "old"), good)
                == "409 work.stale")
        #expect(
            try code("PUT", "/v1/private?session=\(session)", good) == "422 private.shared")
        #expect(try code("GET", "/v1/private?session=\(session)") == "404 private.none")
        #expect(
            try code("POST", "/v1/metrics?session=\(session)", Array(#"{"A":1}"#.utf8))
                == "400 request.malformed")
        let long = try trainer.ask(
            "POST", target, body: [UInt8](repeating: 0, count: 17 << 20))
        #expect(long.status == 413)
        #expect(try daemon.until("nothing") { _ in true }.round == 0)
        // And it is still there for what is right.
        #expect(try trainer.ask("POST", target, body: good).value("accepted") as? Bool == true)
        #expect(try trainer.ask("POST", target, body: good).value("again") as? Bool == true)
        try daemon.until("one round") { $0.round == 1 }
        #expect(try trainer.ask("POST", "/v1/finish?session=\(session)").status == 200)
        try daemon.until("the end") { $0.phase == "finished" }
        #expect(try trainer.work().text("state") == "over")
    }

    @Test("A trainer that dies is noticed; the node goes on, and the next one carries on")
    func dies() throws {
        let flock = try TensorFlock(["alice"], rounds: 1000, patience: 0.5)
        let daemon = try Daemon(flock.sites[0])
        try daemon.until("being idle") { $0.phase == "idle" }
        let first = LocalTrainer(flock.sites[0].socket)
        try first.join("first")
        let work = try #require(try first.work().text("work"))
        #expect(try first.handIn(work, [("w", [Float](repeating: 1, count: 8))]).status == 200)
        try daemon.until("a round") { $0.round == 1 && $0.phase == "training" }
        // It says no more.
        try daemon.untilLog("trainer-lost", within: 30)
        try daemon.until("being idle again") { $0.phase == "idle" }
        let second = LocalTrainer(flock.sites[0].socket)
        try second.join("second")
        let next = try second.work()
        #expect(next.value("round") as? Int == 1)
        let id = try #require(next.text("work"))
        let given = try second.ask(
            "GET", "/v1/work/parameters?session=\(second.session)&work=\(id)")
        #expect(Array(given.body.suffix(4)) == LocalTrainer.bytes(1), "what the first one learnt")
        #expect(try second.handIn(id, [("w", [Float](repeating: 1, count: 8))]).status == 200)
        try daemon.until("another round") { $0.round == 2 && $0.phase == "training" }
    }

    @Test("The node's own tensors are kept and given back, and no byte of them is sent to anybody")
    func privateStays() throws {
        let flock = try TensorFlock(["alice", "bob"], size: 1, rounds: 6)
        let taps = flock.sites.map { flock.bench.path("\($0.name).tap") }
        let daemons = try zip(flock.sites, taps).map {
            try Daemon($0, command: ["demo-node", "--tap", $1])
        }
        try daemons[0].until("a link") { $0.links == 1 }
        let shared: Float = 1_234_567
        let secrets = (0..<64).map { place in Float(bitPattern: 0x4216_5a31 &+ 7919 * UInt32(place))
        }
        // Other shapes at each node: 64 values here, 3 there.
        let own = [secrets, [9.75, 8.5, 7.25]]
        let trainers = flock.sites.map { LocalTrainer($0.socket) }
        for (place, trainer) in trainers.enumerated() {
            try trainer.join()
            let kept = try trainer.ask(
                "PUT", "/v1/private?session=\(trainer.session)",
                body: LocalTrainer.file([("head.secret", own[place])]))
            #expect(kept.status == 200 && kept.value("tensors") as? Int == 1)
        }
        let rounds = try Self.train(trainers) { _ in [shared] }
        #expect(rounds.allSatisfy { $0 >= 6 })
        for daemon in daemons { try daemon.until("the end") { $0.phase == "finished" } }

        var sent: [UInt8] = []
        for tap in taps { sent += try Data(contentsOf: URL(fileURLWithPath: tap)) }
        #expect(sent.count > 500)
        func isSent(_ bytes: [UInt8]) -> Bool {
            sent.indices.contains { sent[$0...].starts(with: bytes) }
        }
        // What is shared is found there, so that the search can find: the first delta says the sum
        // of the rounds so far.
        #expect((1...20).contains { isSent(LocalTrainer.bytes(Float($0) * shared)) })
        for value in secrets {
            #expect(!isSent(LocalTrainer.bytes(value)))
            #expect(!isSent(LocalTrainer.bytes(value).reversed()))
        }
        #expect(!isSent(Array("secret".utf8)) && !isSent(Array("head.".utf8)))

        let site = flock.sites[0]
        let mine = flock.bench.path("mine.safetensors")
        let export = try site.starling(
            "model", "export", "--state", site.state, "--personal", "--output", mine)
        #expect(export.status == 0, "\(export.errors)")
        let file = try Data(contentsOf: URL(fileURLWithPath: mine))
        #expect(file.range(of: Data(secrets.flatMap { LocalTrainer.bytes($0) })) != nil)
        let open = flock.bench.path("open.safetensors")
        _ = try site.starling("model", "export", "--state", site.state, "--output", open)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: open)).range(of: Data("head".utf8)) == nil)
        // It is there too when no daemon runs.
        try daemons[0].stop()
        let again = flock.bench.path("again.safetensors")
        let saved = try site.starling(
            "model", "export", "--state", site.state, "--federation",
            flock.bench.path("federation.toml"), "--personal", "--output", again)
        #expect(saved.status == 0, "\(saved.errors)")
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: again)).range(
                of: Data(secrets.flatMap { LocalTrainer.bytes($0) })) != nil)
    }
}
