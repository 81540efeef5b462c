// Room:  DaemonTests.
// Task:  the configuration file: every key, every default, every mistake with its place.
// May:   Daemon, Federation.
// Proof: itself

import Daemon
import Federation
import Foundation
import Model
import Testing

struct ConfigurationTests {
    private static let least = "[data]\nfile = \"rows.csv\"\n"

    private static let full = """
        [node]
        state = "home"
        federation = "/etc/starling/agreed.toml"
        listen = ["0.0.0.0:7447", "[::]:7448"]
        [data]
        file = "/data/rows.CSV"
        label = "diagnosis"
        holdout = 0.25
        [training]
        batch = 8
        rate = 0.05
        steps = 3
        seed = 7
        [checkpoint]
        interval = 2.5
        [links]
        heartbeat = 1
        suspect = 3
        down = 9
        backoff_cap = 4
        kept_references = 3
        [metrics]
        listen = "127.0.0.1:9464"
        [log]
        level = "debug"
        format = "json"

        """

    private func parse(
        _ text: String, file: String = "conf/starling.toml", _ environment: [String: String] = [:]
    ) throws -> Configuration {
        try Configuration.parse(text, file: file, environment: environment)
    }

    /// The fault of a text that must be refused.
    private func fault(
        _ text: String, _ environment: [String: String] = [:]
    ) -> ConfigurationError? {
        #expect(throws: ConfigurationError.self) { try parse(text, environment) }
        do { _ = try parse(text, environment) } catch { return error as? ConfigurationError }
        return nil
    }

    @Test("The example in config/ is read, and says what the defaults are")
    func example() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("config/starling.toml").path
        let example = try Configuration.load(file)
        #expect(example.state == root.appendingPathComponent("config/state").path)
        #expect(example.listen.map(\.description) == ["0.0.0.0:7447", "[::]:7447"])
        #expect(example.data?.file == root.appendingPathComponent("config/data/digits.csv").path)
        #expect(FileManager.default.fileExists(atPath: example.data?.file ?? ""))
        #expect(FileManager.default.fileExists(atPath: example.federation))
        let plain = try parse(Self.least)
        #expect(example.checkpointInterval == plain.checkpointInterval)
        #expect(example.heartbeat == plain.heartbeat)
        #expect(example.suspectAfter == plain.suspectAfter)
        #expect(example.downAfter == plain.downAfter)
        #expect(example.backoffCap == plain.backoffCap)
        #expect(example.keptReferences == plain.keptReferences)
        #expect(example.logLevel == plain.logLevel)
        #expect(example.logFormat == plain.logFormat)
        #expect(example.data?.holdout == plain.data?.holdout)
    }

    @Test("Every key is read")
    func everyKey() throws {
        let read = try parse(Self.full)
        #expect(read.state == "conf/home")
        #expect(read.federation == "/etc/starling/agreed.toml")
        #expect(read.listen.map(\.description) == ["0.0.0.0:7447", "[::]:7448"])
        #expect(read.data?.file == "/data/rows.CSV")
        #expect(read.data?.format == .csv)
        #expect(read.data?.label == "diagnosis")
        #expect(read.data?.holdout == 0.25)
        #expect(read.batch == 8)
        #expect(read.rate == 0.05)
        #expect(read.steps == 3)
        #expect(read.seed == 7)
        #expect(read.checkpointInterval == .milliseconds(2500))
        #expect(read.heartbeat == .seconds(1))
        #expect(read.suspectAfter == .seconds(3))
        #expect(read.downAfter == .seconds(9))
        #expect(read.backoffCap == .seconds(4))
        #expect(read.keptReferences == 3_000_000)
        #expect(read.metricsListen?.description == "127.0.0.1:9464")
        #expect(read.logLevel == "debug")
        #expect(read.logFormat == .json)
    }

    @Test("Only the data must be said; the federation file is looked for in the state folder")
    func least() throws {
        let read = try parse(Self.least)
        #expect(read.state == "/var/lib/starling")
        #expect(read.federation == "/var/lib/starling/federation.toml")
        #expect(read.socket == "/var/lib/starling/starling.sock")
        #expect(read.listen.isEmpty)
        #expect(read.data?.label == nil)
        #expect(read.metricsListen == nil)
        let open = "\n[metrics]\nlisten = \"0.0.0.0:9464\"\nanywhere = true\n"
        #expect(try parse(Self.least + open).metricsListen?.ip == "0.0.0.0")
        #expect(read.batch == nil && read.rate == nil && read.steps == nil && read.seed == nil)
        #expect(
            try parse("[node]\nstate = \"s\"\n" + Self.least).federation
                == "conf/s/federation.toml")
    }

    @Test("Relative paths start at the configuration file's folder")
    func paths() throws {
        #expect(try parse(Self.least, file: "starling.toml").data?.file == "rows.csv")
        #expect(try parse(Self.least, file: "/starling.toml").data?.file == "/rows.csv")
        #expect(try parse(Self.least, file: "a/b/s.toml").data?.file == "a/b/rows.csv")
    }

    @Test("Variables go before the text, and others of our own do not matter")
    func overrides() throws {
        let read = try parse(
            Self.full,
            [
                "STARLING_NODE_STATE": "/elsewhere", "STARLING_NODE_LISTEN": "127.0.0.1:1, [::1]:2",
                "STARLING_TRAINING_RATE": "0.5", "STARLING_LINKS_BACKOFF_CAP": "1",
                "STARLING_BINARY": "/usr/bin/starling", "PATH": "/",
            ])
        #expect(read.state == "/elsewhere")
        #expect(read.listen.map(\.description) == ["127.0.0.1:1", "[::1]:2"])
        #expect(read.rate == 0.5)
        #expect(read.backoffCap == .seconds(1))
        #expect(try parse(Self.full, ["STARLING_NODE_LISTEN": ""]).listen.isEmpty)
    }

    @Test("A mistake in a variable names the variable")
    func wrongOverride() {
        let wrong = fault(Self.full, ["STARLING_TRAINING_RATE": "fast"])
        #expect(wrong?.what.hasPrefix("STARLING_TRAINING_RATE: ") == true)
        let unknown = fault(Self.full, ["STARLING_NODE_LISTN": "x"])
        #expect(unknown?.what.hasPrefix("STARLING_NODE_LISTN: ") == true)
        #expect(unknown?.hint == "did you mean STARLING_NODE_LISTEN?")
        #expect(unknown?.exitStatus == 78)
    }

    @Test("An unknown key is refused with line, column and the nearest key")
    func unknownKey() {
        let error = fault("[node]\n  listne = []\n" + Self.least)
        #expect(
            error?.description
                == "conf/starling.toml:2:3: unknown key 'listne' in [node] (toml.unknown-key)")
        #expect(error?.hint == "did you mean 'listen'?")
        #expect(error?.exitStatus == 78)
        #expect(fault("[nodes]\nlisten = []\n" + Self.least)?.hint == "did you mean 'node'?")
    }

    /// What replaces what in `full`, and where the mistake is then.
    static let mistakes: [(old: String, new: String, place: String, message: String)] = [
        (#""home""#, "3", "2:9", "'state' must be a string"),
        ("\"home\"", "\"\"", "2:9", "'state' must not be empty"),
        ("[\"0.0.0.0:7447\", \"[::]:7448\"]", "7447", "4:10", "'listen' must be a list"),
        ("0.0.0.0:7447", "localhost:7447", "4:10", "no address to listen on"),
        ("0.0.0.0:7447", "0.0.0.0", "4:10", "no address to listen on"),
        ("[::]:7448", "0.0.0.0:7447", "4:10", "stands twice"),
        ("/data/rows.CSV", "/data/rows.txt", "6:8", "neither .csv nor .npy"),
        ("/data/rows.CSV", "", "6:8", "'file' must not be empty"),
        ("/data/rows.CSV", "/data/rows.npy", "7:9", "no named columns"),
        ("label = \"diagnosis\"", "labels = \"l.npy\"", "7:10", "labels in a column"),
        ("0.25", "1", "8:11", "'holdout' must be 0.0 to 0.9"),
        ("0.25", "-0.1", "8:11", "'holdout' must be 0.0 to 0.9"),
        ("0.25", "nan", "8:11", "must be finite"),
        ("batch = 8", "batch = 0", "10:9", "'batch' must be 1 to"),
        ("0.05", "0", "11:8", "'rate' must be above 0"),
        ("0.05", "inf", "11:8", "must be finite"),
        ("steps = 3", "steps = 2.5", "12:9", "'steps' must be a whole number"),
        ("seed = 7", "seed = -1", "13:8", "'seed' must be 0 to"),
        ("2.5", "0", "15:12", "'interval' must be 0.01 to 86400 seconds"),
        ("heartbeat = 1", "heartbeat = \"1s\"", "17:13", "'heartbeat' must be a number"),
        ("suspect = 3", "suspect = 1", "18:11", "'suspect' must be longer than 'heartbeat'"),
        ("down = 9", "down = 3", "19:8", "'down' must be longer than 'suspect'"),
        ("backoff_cap = 4", "backoff_cap = 0.1", "20:15", "at least 0.25 seconds"),
        ("kept_references = 3", "kept_references = -3", "21:19", "'kept_references' must be 0 to"),
        ("127.0.0.1:9464", "localhost", "23:10", "'localhost' in 'listen' is no address"),
        ("127.0.0.1:9464", "0.0.0.0:9464", "23:10", "can be reached from other machines"),
        ("127.0.0.1:9464", "[::]:9464", "23:10", "can be reached from other machines"),
        (#""debug""#, #""loud""#, "25:9", "'level' must be one of"),
        (#""json""#, #""xml""#, "26:10", "'format' must be one of"),
    ]

    @Test("Every wrong value is named with line and column", arguments: mistakes.indices)
    func wrongValue(index: Int) {
        let (old, new, place, message) = Self.mistakes[index]
        let error = fault(Self.full.with(old, new))
        #expect(error?.what.hasPrefix("conf/starling.toml:\(place): ") == true, "\(error as Any)")
        #expect(error?.what.contains(message) == true, "\(error as Any)")
        #expect(error?.exitStatus == 78)
    }

    @Test("Without data, without labels of an NPY file, and with broken TOML, there is no node")
    func missing() throws {
        #expect(
            fault("[data]\nholdout = 0.1\n")?.what.contains("'file' is missing in [data]") == true)
        #expect(fault("[data]\nfile = \"a.npy\"\n")?.what.contains("'labels' is missing") == true)
        let error = fault("[data]\nfile = \n")
        #expect(error?.code == "toml.syntax")
        #expect(error?.what.hasPrefix("conf/starling.toml:2:") == true)
        let npy = try parse("[data]\nfile = \"a.npy\"\nlabels = \"b.npy\"\n")
        #expect(npy.data?.format == .npy && npy.data?.labels == "conf/b.npy")
    }

    @Test("The interface is on loopback or nowhere on TCP; a trainer's folder is beside the state")
    func trainers() throws {
        let plain = try parse("[node]\nstate = \"s\"\n")
        #expect(plain.data == nil && plain.interfaceListen == nil)
        #expect(plain.trainerFolder == "conf/s/trainer" && plain.trainerPatience == .seconds(60))
        let told = try parse(
            "[interface]\nlisten = \"[::1]:7448\"\n[trainer]\nfolder = \"/dev/shm/t\"\npatience = 5\n"
        )
        #expect(told.interfaceListen?.port == 7448)
        #expect(told.trainerFolder == "/dev/shm/t" && told.trainerPatience == .seconds(5))
        let open = fault("[interface]\nlisten = \"0.0.0.0:7448\"\n")
        #expect(open?.what.hasPrefix("conf/starling.toml:2:") == true)
        #expect(open?.what.contains("can be reached from other machines") == true)
    }

    @Test("A file that is missing, or not text, is told with its role")
    func unreadable() throws {
        let site = try Site()
        let missing = site.path("none.toml")
        do {
            _ = try Configuration.load(missing)
            Issue.record("a missing file was read")
        } catch {
            #expect(error.what == "there is no configuration file at \(missing)")
            #expect(error.exitStatus == 78)
            #expect(error.hint != nil)
        }
        try site.write("starling.toml", Data([0xFF, 0xFE, 0x00]))
        #expect(
            throws: ConfigurationError.notText(
                role: "configuration file", path: site.path("starling.toml"))
        ) { try site.load() }
    }
}
