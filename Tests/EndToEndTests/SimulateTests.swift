// Room:  EndToEndTests.
// Task:  `starling simulate`: what it prints, what it refuses, and the picture that it draws.
// May:   Foundation.
// Proof: itself

import Foundation
import FoundationXML
import Testing

struct SimulateTests {
    private static let rows =
        "width,height,kind\n"
        + (0..<40).map { "\($0),\(3 * $0 % 7),\($0 < 20 ? "low" : "high")\n" }.joined()

    /// A cell that is soon done, and so is the next.
    private static let quickCell = 0

    private func simulate(_ arguments: [String], in bench: Bench) throws -> Run {
        try Run(["simulate"] + arguments, in: bench.folder, within: 120)
    }

    private func object(_ run: Run) throws -> [String: Any] {
        try #require(run.status == 0, "\(run.errors)")
        #expect(run.lines.count == 1)
        return try #require(
            JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    }

    /// Without the time on the wall, which is the only thing that may differ.
    private func repeatable(_ run: Run) throws -> NSDictionary {
        var object = try object(run)
        #expect(object.removeValue(forKey: "wall_seconds") is NSNumber)
        return object as NSDictionary
    }

    // MARK: Wrong use

    @Test(
        "Wrong options are refused with 64, one line and a hint",
        arguments: [
            (["--nodes", "1"], "--nodes must be 2", "a node alone"),
            (["--fraction", "0"], "--fraction must be above 0", "hint: "),
            (["--fraction", "1.01"], "--fraction must be above 0", "hint: "),
            (["--nodes", "4", "--view", "4"], "--view must be 1 to 3", "hint: "),
            (["--view", "0"], "--view must be 1 to 15", "hint: "),
            (["--faults", "gale"], "does not know 'gale'", "none, delay, cuts"),
            (["--target", "1.2"], "--target must be above 0", ""),
            (["--target", "0"], "--target must be above 0", ""),
            (["--rounds", "0"], "--rounds must be 1", ""),
            (["--spread", "0.5"], "--spread must be 1", ""),
            (["--seeds", "5..3"], "5..3 runs backwards", "hint: write --seeds 3..5"),
            (["--seeds", "1..2", "--seed", "1"], "do not go together", "hint: "),
            (["--seeds", "1..2", "--from", "9"], "one seed", "hint: name it with --seed"),
            (["--nodes", "1500"], "cannot share 1348 rows", "hint: choose fewer --nodes"),
            (["--plot", "a.png"], "does not end in .svg", "hint: "),
            (["--plot", "no/a.svg"], "cannot write into the folder no/", "hint: "),
            (["--label", "kind"], "--label is for CSV files", "hint: "),
            (["--seeds", "7"], "'7' is invalid", ""),
            (["--partition", "fair"], "'fair' is invalid", "'dirichlet'"),
            (["--optimum"], "--optimum needs logistic regression", "hint: add --hidden none"),
            (["--fault", "gale=1"], "--fault does not know 'gale'", "bandwidth, "),
            (["--fault", "delay"], "'delay' is invalid", ""),
            (["--fault", "delay=-1"], "--fault delay must be 0 or more", ""),
            (["--weights", "1:0.5"], "--weights must be 1 to", ""),
            (["--weights", "1:9", "--weigh-samples"], "do not go together", "hint: "),
            (["--batch=-1"], "--batch must be 0 to", ""),
        ])
    func wrongOptions(_ options: [String], _ part: String, _ hint: String) throws {
        let run = try simulate(["digits"] + options, in: try Bench())
        expectRefused(run, 64, part, hint)
    }

    @Test(
        "Wrong options of averaging, cells and storm are refused with 64",
        arguments: [
            (["averaging", "--nodes", "1", "--parameters", "9", "--target", "0.1"], "--nodes"),
            (
                ["averaging", "--nodes", "4", "--parameters", "0", "--target", "0.1"],
                "--parameters"
            ),
            (["averaging", "--nodes", "4", "--parameters", "9", "--target", "1"], "--target"),
            (["averaging", "--nodes", "4", "--parameters", "9"], "--target"),
            (["cells", "--cells", "0"], "--cells must be 1"),
            (["cells", "--repeats", "0"], "--repeats must be 1"),
            (["storm", "--seeds", "9..2"], "runs backwards"),
            (["storm", "--from", "5"], "--from shows the events of one seed"),
        ])
    func wrongOthers(_ arguments: [String], _ part: String) throws {
        expectRefused(try simulate(arguments, in: try Bench()), 64, part)
    }

    @Test("A CSV file that is missing, or has a bad row, is refused with 65 as a daemon would")
    func wrongData() throws {
        let bench = try Bench()
        func refused(_ text: String, _ parts: String..., more: [String] = []) throws {
            try bench.write("rows.csv", text)
            let run = try simulate(["rows.csv", "--nodes", "3"] + more, in: bench)
            for part in parts { expectRefused(run, 65, part) }
        }
        expectRefused(
            try simulate(["none.csv"], in: bench), 65, "there is no data file at none.csv",
            "hint: name digits, tumours")
        try refused(
            Self.rows.replacingOccurrences(of: "\n1,3,", with: "\n1,,"),
            "rows.csv, line 3, column 2 ('height'): the cell is empty", "hint: ")
        try refused(
            Self.rows.replacingOccurrences(of: "\n1,3,", with: "\n1,tall,"),
            "rows.csv, line 3, column 2 ('height'): not a number")
        try refused(
            Self.rows.replacingOccurrences(of: "\n1,3,low", with: "\n1,3"),
            "rows.csv, line 3: 2 cells, the header has 3")
        try refused(
            Self.rows, "no column is called 'size'", "'width', 'height', 'kind'",
            more: ["--label", "size"])
        try refused("a,b\n1,x\n2,y\n", "too few", "hint: ")
        try refused("", "no rows")
        try bench.write("rows.csv", Self.rows)
        expectRefused(
            try simulate(["rows.csv", "--nodes", "31"], in: bench), 64, "cannot share 30 rows")
    }

    // MARK: Results

    @Test("The same seed is the same run, but for the time on the wall")
    func repeated() throws {
        let bench = try Bench()
        let arguments = ["digits", "--nodes", "4", "--rounds", "10", "--json"]
        let first = try repeatable(try simulate(arguments, in: bench))
        #expect(try repeatable(try simulate(arguments, in: bench)) == first)
        #expect(try repeatable(try simulate(arguments + ["--seed", "2"], in: bench)) != first)
        #expect(first["schema"] as? String == "starling.simulate/1")
        #expect((first["digest"] as? String)?.count == 16)
        let runs = try #require(first["runs"] as? [[String: Any]])
        #expect(runs.count == 1 && runs[0]["method"] as? String == "starling")
        #expect(runs[0]["rounds"] as? Int ?? 0 >= 10)
        let bytes = try #require(runs[0]["bytes"] as? [String: Any])
        // Ten rounds do not reach 95 %: null, and not left out.
        #expect(bytes["to_target_per_node"] is NSNull)
        #expect(bytes["per_node"] as? Double ?? 0 > 0)
        let laws = try #require(first["invariants"] as? [String: Int])
        #expect(laws["violations"] == 0 && laws["checked"] ?? 0 > 0)
    }

    @Test("Several seeds and all methods come in order, and each seed as if it were alone")
    func several() throws {
        let bench = try Bench()
        let common = ["tumours", "--nodes", "3", "--rounds", "8", "--json"]
        let both = try repeatable(
            try simulate(common + ["--seeds", "4..5", "--compare"], in: bench))
        let runs = try #require(both["runs"] as? [NSDictionary])
        let methods = ["starling", "fedavg", "dense-gossip", "alone", "pooled"]
        #expect(runs.map { $0["seed"] as? Int } == [4, 4, 4, 4, 4, 5, 5, 5, 5, 5])
        #expect(runs.map { $0["method"] as? String } == methods + methods)
        let alone = try repeatable(try simulate(common + ["--seed", "5"], in: bench))
        #expect((alone["runs"] as? [NSDictionary])?.first == runs[5])
    }

    @Test("Tables fit 80 columns, and nothing goes to stderr where all is well")
    func tables() throws {
        let bench = try Bench()
        try bench.write("rows.csv", Self.rows)
        for arguments in [
            ["tumours", "--nodes", "3", "--rounds", "8", "--compare", "--seeds", "1..3"],
            [
                "rows.csv", "--nodes", "3", "--rounds", "8", "--hidden", "4", "--spread", "10",
                "--weigh-samples", "--no-correction", "--faults", "partitions",
            ],
            ["averaging", "--nodes", "8", "--parameters", "200", "--target", "0.01"],
            ["storm", "--seeds", "1..2"],
        ] {
            let run = try simulate(arguments, in: bench)
            #expect(run.status == 0 && run.errors == "", "\(arguments): \(run.errors)")
            #expect(run.lines.allSatisfy { $0.count <= 80 }, "\(run.output)")
            #expect(run.output.contains("none broken"))
        }
    }

    @Test("Averaging and storm print one object each, the same twice")
    func others() throws {
        let bench = try Bench()
        for (arguments, schema) in [
            (
                ["averaging", "--nodes", "8", "--parameters", "200", "--target", "0.01"],
                "starling.averaging/1"
            ),
            (["storm", "--seeds", "3..4"], "starling.storm/1"),
        ] {
            let first = try repeatable(try simulate(arguments + ["--json"], in: bench))
            #expect(first["schema"] as? String == schema)
            #expect(try repeatable(try simulate(arguments + ["--json"], in: bench)) == first)
        }
    }

    /// On two cores eight daemons wait for a processor for a third of a round and more: as long a
    /// delay here. Alone on the machine they agree to a tenth of the bytes and a point of accuracy
    /// (`Sources/Gossip/README.md`); beside other tests the daemons wait longer.
    @Test("The same task by real daemons and in the simulator comes to about the same")
    func asTheDaemonsDo() throws {
        let bench = try Bench()
        mkdir(bench.path("t"), 0o700)
        let common = ["digits", "--nodes", "8", "--seed", "3", "--rounds", "60", "--json"]
        let demo = try object(
            try Run(
                ["demo"] + common, in: bench.folder, ["TMPDIR": bench.path("t")], within: 120))
        let virtual = try object(
            try simulate(common + ["--round-time", "0.008", "--delay", "0.003"], in: bench))
        func figure(_ object: [String: Any], _ path: String...) throws -> Double {
            var value: Any? = object
            for key in path { value = (value as? [String: Any])?[key] }
            return try #require(value as? Double, "\(path)")
        }
        let runs = try #require(virtual["runs"] as? [[String: Any]])
        let run = try #require(runs.first)
        let sent = try figure(demo, "bytes", "payload_per_node")
        let simulated = try figure(run, "bytes", "per_node")
        #expect(abs(simulated - sent) < 0.3 * sent, "\(simulated), \(sent) by the daemons")
        let accuracy = try figure(demo, "accuracy", "federated", "mean")
        let reached = try figure(run, "accuracy", "mean")
        #expect(abs(reached - accuracy) < 0.03, "\(reached), \(accuracy) by the daemons")
    }

    @Test("Cells are drawn by their seed, run with the correction and without, and counted")
    func cells() throws {
        let bench = try Bench()
        let arguments = ["cells", "--cells", "2", "--seed", "\(Self.quickCell)"]
        let first = try repeatable(try simulate(arguments + ["--json"], in: bench))
        #expect(first["schema"] as? String == "starling.cells/1")
        let cells = try #require(first["cells"] as? [[String: Any]])
        #expect(cells.map { $0["seed"] as? Int } == [Self.quickCell, Self.quickCell + 1])
        for cell in cells {
            let sides = ["uncorrected", "corrected"].compactMap { cell[$0] as? [String: Any] }
            let accuracies = sides.compactMap { $0["accuracy"] as? Double }
            try #require(accuracies.count == 2)
            let gain = try #require((cell["gains"] as? [Double])?.first)
            #expect(abs(gain - (accuracies[1] - accuracies[0])) < 1e-9)
            #expect(accuracies.allSatisfy { $0 > 0.05 && $0 <= 1 })
        }
        // A cell is the same whatever run it is part of.
        let alone = try repeatable(
            try simulate(
                ["cells", "--cells", "1", "--seed", "\(Self.quickCell + 1)", "--json"],
                in: bench))
        #expect((alone["cells"] as? [NSDictionary])?.first == cells[1] as NSDictionary)
        let run = try simulate(arguments, in: bench)
        #expect(run.status == 0 && run.errors == "", "\(run.errors)")
        #expect(run.lines.allSatisfy { $0.count <= 80 }, "\(run.output)")
        #expect(run.output.contains("2 cells: ") && run.output.contains("none broken"))
    }

    @Test("--from shows the events from there on, on stderr")
    func events() throws {
        let bench = try Bench()
        let common = ["tumours", "--nodes", "3", "--rounds", "4", "--json"]
        let quiet = try simulate(common, in: bench)
        let told = try simulate(common + ["--from", "20"], in: bench)
        #expect(quiet.errors == "" && told.errors.split(separator: "\n").count > 10)
        // Being watched changes nothing.
        #expect(try repeatable(quiet) == repeatable(told))
    }

    // MARK: The picture

    @Test("--plot writes well-formed SVG: four panels, a line each, both themes, no scripts")
    func picture() throws {
        let bench = try Bench()
        let run = try simulate(
            [
                "tumours", "--nodes", "3", "--rounds", "8", "--target", "0.5", "--compare",
                "--plot", "run.svg",
            ], in: bench)
        #expect(run.status == 0, "\(run.errors)")
        let text = try bench.read("run.svg")
        let picture = Picture(text)
        #expect(picture.isWellFormed)
        #expect(picture.size == ["960", "720"])
        #expect(picture.panels == 4)
        #expect(picture.lines[0] ?? 0 >= 4 + 1, "Starling in each panel and in the legend")
        for style in 1...3 { #expect(picture.lines[style] ?? 0 >= 2 + 1) }
        #expect(picture.words.contains("target 50 %"))
        #expect(picture.words.contains("payload bytes sent, a node"))
        #expect(picture.words.contains("virtual seconds"))
        #expect(picture.words.contains("dense-gossip"))
        #expect(picture.elements.isDisjoint(with: ["script", "image", "foreignObject", "a"]))
        #expect(text.contains("prefers-color-scheme:dark"))
        #expect(picture.strays == [], "outside of 960 by 720")
    }

    @Test("A file name with signs of XML in it does not break the picture")
    func escaping() throws {
        let bench = try Bench()
        try bench.write("a<b&c.csv", Self.rows)
        let run = try simulate(
            ["a<b&c.csv", "--nodes", "3", "--rounds", "4", "--plot", "x.svg"], in: bench)
        #expect(run.status == 0, "\(run.errors)")
        let picture = Picture(try bench.read("x.svg"))
        #expect(picture.isWellFormed)
        #expect(picture.words.contains { $0.contains("a<b&c.csv") })
    }
}

/// What is in an SVG file.
private final class Picture: NSObject, XMLParserDelegate {
    private(set) var isWellFormed = false
    private(set) var size: [String?] = []
    private(set) var panels = 0
    /// Paths by the number of their style.
    private(set) var lines: [Int: Int] = [:]
    private(set) var words: [String] = []
    private(set) var elements: Set<String> = []
    /// Points of lines that lie outside.
    private(set) var strays: [String] = []
    private var isText = false

    init(_ text: String) {
        super.init()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        isWellFormed = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        elements.insert(name)
        isText = name == "text"
        if isText { words.append("") }
        if name == "svg" { size = [attributes["width"], attributes["height"]] }
        if name == "clipPath" { panels += 1 }
        guard name == "path", let kinds = attributes["class"]?.split(separator: " "),
            kinds.first == "c", kinds.count > 1, let style = Int(kinds[1].dropFirst())
        else { return }
        lines[style, default: 0] += 1
        let path = attributes["d"] ?? ""
        guard !path.contains("H") else { return }
        for point in path.dropFirst().split(separator: "L") {
            let place = point.split(separator: " ").compactMap { Double($0) }
            let isInside =
                place.count == 2 && (0...960).contains(place[0]) && (0...720).contains(place[1])
            if !isInside { strays.append(String(point)) }
        }
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if isText { words[words.count - 1] += text }
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
        qualifiedName: String?
    ) {
        isText = false
    }
}
