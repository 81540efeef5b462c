// Room:  EndToEndTests.
// Task:  the commands that need no running node: what they print, refuse, and leave as status.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

struct CommandLineTests {
    private static let rows =
        "width,height,label\n" + (0..<20).map { "\($0),\(3 * $0 + 1),\($0 % 2)\n" }.joined()

    private func object(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// A site with key, data, federation file and configuration.
    private func site() throws -> Bench {
        let bench = try Bench()
        let id = try #require(try bench.starling("init", "--state", "state").lines.first)
        try bench.write("rows.csv", Self.rows)
        let made = try bench.starling(
            "federation", "new", "--name", "pair", "--sizes", "2,2", "--standardise", "local",
            "--founder", "here=\(id)@127.0.0.1:7447", "--output", "federation.toml")
        #expect(made.status == 0, "\(made.errors)")
        try bench.write(
            "starling.toml",
            """
            [node]
            state = "state"
            federation = "federation.toml"
            listen = ["127.0.0.1:0"]
            [data]
            file = "rows.csv"

            """)
        return bench
    }

    @Test("A key is made once: its ID on stdout, alone; a second init touches nothing")
    func identity() throws {
        let bench = try Bench()
        let made = try bench.starling("init", "--state", "state")
        #expect(made.status == 0 && made.lines.count == 1)
        #expect(made.lines[0].count == 63)
        let key = try bench.read("state/identity.key")
        expectRefused(try bench.starling("init", "--state", "state"), 1, "exists already")
        #expect(try bench.read("state/identity.key") == key)
        #expect(try bench.starling("id", "--state", "state").output == made.output)
        let json = try object(try bench.starling("id", "--state", "state", "--json").output)
        #expect(json["schema"] as? String == "starling.id/1")
        #expect(json["id"] as? String == made.lines[0])
    }

    @Test("A key that others can read is refused with 77, a missing one with 78")
    func keys() throws {
        let bench = try site()
        let key = bench.folder + "/state/identity.key"
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
        expectRefused(try bench.starling("id", "--state", "state"), 77, "hint: `chmod 600")
        expectRefused(
            try bench.starling("run", "--config", "starling.toml", "--check"), 77, "open to others")
        expectRefused(try bench.starling("id", "--state", "none"), 78, "there is no")
    }

    @Test("A right site passes the check, with its numbers on stdout")
    func check() throws {
        let bench = try site()
        let run = try bench.starling("run", "--config", "starling.toml", "--check")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("16 to train on, 4 held out"))
        #expect(run.lines.allSatisfy { $0.count <= 80 })
        #expect(run.errors.contains("this node can start"))
    }

    @Test("The check names a bad configuration, a bad row and a bad variable, and starts nothing")
    func wrongSite() throws {
        let bench = try site()
        func check(_ variables: [String: String] = [:]) throws -> Run {
            try bench.starling("run", "--config", "starling.toml", "--check", variables: variables)
        }
        expectRefused(
            try check(["STARLING_NODE_LISTEM": "x"]), 78, "did you mean STARLING_NODE_LISTEN?")
        expectRefused(try check(["STARLING_NODE_LISTEN": "here:1"]), 78, "STARLING_NODE_LISTEN: ")
        try bench.write("rows.csv", Self.rows.replacingOccurrences(of: "\n1,4,", with: "\n1,,"))
        expectRefused(try check(), 65, "rows.csv, line 3, column 2 ('height'): the cell is empty")
        try bench.write(
            "starling.toml", try bench.read("starling.toml") + "holdot = 0.1\n")
        expectRefused(try check(), 78, "starling.toml:7:1: unknown key 'holdot' in [data]")
        #expect(try check().errors.contains("hint: did you mean 'holdout'?"))
    }

    @Test("federation new says the ID and what plain does not protect from; check says the same ID")
    func federation() throws {
        let bench = try site()
        let id = try #require(try bench.starling("id", "--state", "state").lines.first)
        let made = try bench.starling(
            "federation", "new", "--name", "pair", "--sizes", "2,2", "--standardise", "local",
            "--founder", "here=\(id)@127.0.0.1:7447")
        #expect(try bench.read("federation.toml") == made.output)
        #expect(made.errors.contains("peers can learn about your data from your updates"))
        let checked = try bench.starling("federation", "check", "federation.toml")
        #expect(checked.status == 0 && checked.lines.count == 1)
        #expect(made.errors.contains("federation ID: \(checked.lines[0])"))
        let shown = try bench.starling("federation", "show", "federation.toml", "--json")
        #expect(try object(shown.output)["id"] as? String == checked.lines[0])
        let table = try bench.starling("federation", "show", "federation.toml")
        #expect(table.output.contains(checked.lines[0]))
        #expect(table.lines.allSatisfy { $0.count <= 80 })
    }

    @Test("Wrong founders, sizes and options of federation new are wrong use")
    func wrongFederation() throws {
        let bench = try site()
        let id = try #require(try bench.starling("id", "--state", "state").lines.first)
        func new(_ more: String...) throws -> Run {
            try Run(["federation", "new", "--name", "x"] + more, in: bench.folder)
        }
        let slip = (id.hasPrefix("a") ? "b" : "a") + id.dropFirst()
        expectRefused(
            try new("--sizes", "2,2", "--standardise", "none", "--founder", "a=\(slip)"), 64,
            "groups 1 and 2 of the node ID")
        expectRefused(
            try new("--sizes", "2,2", "--founder", "a=\(id)"), 64, "how the inputs are standardised"
        )
        expectRefused(
            try new(
                "--sizes", "2,2", "--kind", "perceptron", "--standardise", "none", "--founder",
                "a=\(id)"), 64, "does not go with 2 sizes")
        expectRefused(try new("--sizes", "2,x", "--founder", "a=\(id)"), 64, "'2,x' is invalid")
        expectRefused(
            try new(
                "--sizes", "2,2", "--standardise", "none", "--founder", "a=\(id)", "--output",
                "federation.toml"), 1, "federation.toml exists already")
    }

    @Test("Sites that measure apart agree on what measuring together gives")
    func measures() throws {
        let bench = try site()
        let lines = Self.rows.split(separator: "\n").map(String.init)
        try bench.write("a.csv", (lines[...6]).joined(separator: "\n") + "\n")
        try bench.write("b.csv", ([lines[0]] + lines[7...]).joined(separator: "\n") + "\n")
        for name in ["a", "b", "rows"] {
            let run = try bench.starling("federation", "measure", "\(name).csv", "--json")
            #expect(run.status == 0, "\(run.errors)")
            try bench.write("\(name).json", run.output)
        }
        let id = try #require(try bench.starling("id", "--state", "state").lines.first)
        func numbers(_ measures: String...) throws -> [Double] {
            let files = measures.flatMap { ["--measures", $0] }
            let text = try Run(
                ["federation", "new", "--name", "x", "--sizes", "2,2", "--founder", "a=\(id)"]
                    + files, in: bench.folder
            ).output
            let lists = text.split(separator: "\n").filter {
                $0.hasPrefix("means") || $0.hasPrefix("deviations")
            }
            return lists.flatMap { line in
                line.split(whereSeparator: { "[], ".contains($0) }).compactMap { Double($0) }
            }
        }
        let together = try numbers("rows.json")
        let apart = try numbers("a.json", "b.json")
        #expect(together.count == 4)
        #expect(zip(together, apart).allSatisfy { abs($0 - $1) < 1e-9 }, "\(together), \(apart)")
        #expect(apart.count == 4)
    }

    @Test("Without a daemon, status, peers and export say so in one line with a hint")
    func noDaemon() throws {
        let bench = try site()
        for command in [["status"], ["peers"], ["status", "--json"]] {
            let run = try Run(command + ["--state", "state"], in: bench.folder)
            expectRefused(run, 1, "no daemon at state/starling.sock")
            #expect(run.errors.split(separator: "\n").count == 2)
        }
        expectRefused(
            try bench.starling("model", "export", "--state", "state", "--output", "m"), 1,
            "no daemon runs on state")
    }

    @Test("A file that is no model is refused as data")
    func evaluate() throws {
        let bench = try site()
        expectRefused(
            try bench.starling(
                "model", "evaluate", "--model", "rows.csv", "--data", "rows.csv", "--federation",
                "federation.toml"), 65, "rows.csv: ")
    }

    @Test("Wrong use is 64, help and version are 0 and go to stdout")
    func usage() throws {
        let bench = try Bench()
        expectRefused(try bench.starling("frobnicate"), 64, "unexpected argument 'frobnicate'")
        expectRefused(
            try bench.starling("id", "--stat", "x"), 64, "did you mean '--state'?".capitalizedOnce)
        expectRefused(try bench.starling("run"), 64, "--config")
        for arguments in [["--help"], ["--version"], ["help", "run"], []] {
            let run = try Run(arguments, in: bench.folder)
            #expect(run.status == 0 && !run.output.isEmpty && run.errors.isEmpty)
        }
    }
}

extension String {
    /// As at the start of a sentence.
    fileprivate var capitalizedOnce: String { prefix(1).uppercased() + dropFirst() }
}
