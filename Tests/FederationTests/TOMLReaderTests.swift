// Room:  FederationTests.
// Task:  the strict reader: types, ranges, unknown keys, overrides, and the place of each mistake.
// May:   Testing.
// Proof: itself

import Federation
import Testing

@Suite struct TOMLReaderTests {
    enum Level: String, CaseIterable { case info, debug }

    static let text = """
        count = 3
        [node]
        listen = "[::]:7447"
          rate = 2
        level = "debug"
        on = false
        names = ["a", "b"]
        [[peer]]
        name = "x"
        """

    /// What a daemon's configuration does in small.
    static func read(
        _ text: String, overrides: [TOMLOverride] = []
    ) throws(TOMLFault) -> String {
        let reader = try TOMLReader(text, file: "s.toml", overrides: overrides)
        let count = try reader.top.integer("count", default: 1, in: 1...9)
        let node = reader.section("node")
        let listen = try node.string("listen")
        let rate = try node.number("rate", default: 0.5, in: 0...10)
        let level = try node.choice("level", default: Level.info)
        let on = try node.boolean("on", default: true)
        let names = try node.strings("names") ?? []
        let shares = try node.numbers("shares") ?? []
        var peers: [String] = []
        for peer in try reader.sections("peer") { peers.append(try peer.string("name")) }
        try reader.finish()
        return "\(count) \(listen) \(rate) \(level) \(on) \(names) \(shares) \(peers)"
    }

    @Test func values_are_read_and_defaults_stand_in() throws {
        #expect(
            try Self.read(Self.text)
                == "3 [::]:7447 2.0 debug false [\"a\", \"b\"] [] [\"x\"]")
        #expect(try Self.read("node.listen = 'x'") == "1 x 0.5 info true [] [] []")
    }

    /// An edit of the text, and the error it gives; hints behind ` | `.
    static let mistakes: [(String, String, String)] = [
        ("count = 3", "count = ", "s.toml:1:9: a value is missing here"),
        ("count = 3", "count = 3\ncount = 4", "s.toml:2:"),
        ("count = 3", "cuont = 3", "s.toml:1:1: unknown key 'cuont' | did you mean 'count'?"),
        ("count = 3", "zebra = 3", "s.toml:1:1: unknown key 'zebra'"),
        (
            "count = 3", "level = 3",
            "s.toml:1:1: unknown key 'level' | 'level' belongs under [node]"
        ),
        (
            "count = 3", "count = \"3\"",
            "s.toml:1:9: 'count' must be a whole number, this is a string"
        ),
        (
            "count = 3", "count = 3.0",
            "s.toml:1:9: 'count' must be a whole number, this is a number"
        ),
        ("count = 3", "count = 10", "s.toml:1:9: 'count' must be 1 to 9, this is 10"),
        ("count = 3", "count = 0", "s.toml:1:9: 'count' must be 1 to 9, this is 0"),
        (
            "count = 3", "count = 1979-05-27",
            "s.toml:1:9: 'count' must be a whole number, this is a date"
        ),
        ("[node]", "[nod]", "s.toml:2:1: unknown key 'nod' | did you mean 'node'?"),
        (
            "listen = \"[::]:7447\"", "lisen = \"x\"",
            "s.toml:3:1: unknown key 'lisen' in [node] | did you mean 'listen'?"
        ),
        ("listen = \"[::]:7447\"", "", "s.toml:2:1: 'listen' is missing in [node]"),
        ("rate = 2", "rate = 11", "s.toml:4:10: 'rate' must be 0.0 to 10.0, this is 11.0"),
        ("rate = 2", "rate = inf", "s.toml:4:10: 'rate' must be finite, this is inf"),
        ("rate = 2", "rate = nan", "s.toml:4:10: 'rate' must be finite, this is nan"),
        ("rate = 2", "raet = 2", "s.toml:4:3: unknown key 'raet' in [node] | did you mean 'rate'?"),
        (
            "\"debug\"", "\"debig\"",
            "s.toml:5:9: 'level' must be one of \"info\", \"debug\", this is \"debig\""
                + " | did you mean \"debug\"?"
        ),
        ("on = false", "on = 0", "s.toml:6:6: 'on' must be true or false, this is a whole number"),
        ("[\"a\", \"b\"]", "\"a\"", "s.toml:7:9: 'names' must be a list, this is a string"),
        ("\"b\"]", "2]", "s.toml:7:15: each of 'names' must be a string, this is a whole number"),
        (
            "on = false", "shares = [1, nan]",
            "s.toml:6:14: 'shares' must hold finite numbers, this is nan"
        ),
        (
            "[[peer]]", "[peer]",
            "s.toml:8:1: 'peer' must be a list of tables, this is a table | write [[peer]] before each"
        ),
        ("name = \"x\"", "nmae = \"x\"", "s.toml:9:1: unknown key 'nmae' in [[peer]]"),
        ("name = \"x\"", "name = \"x\"\nport = 1", "s.toml:10:1: unknown key 'port' in [[peer]]"),
        ("name = \"x\"", "name = \"x\\u0000\"", "s.toml:9:10: a NUL character cannot stand in a"),
    ]

    @Test func each_mistake_has_its_place_and_hint() {
        for (old, new, expected) in Self.mistakes {
            do {
                let read = try Self.read(Self.text.with(old, new))
                Issue.record("\(new): read \(read)")
            } catch {
                let said = error.what + (error.hint.map { " | \($0)" } ?? "")
                #expect(said.hasPrefix(expected), "\(new): \(said)")
                #expect(error.exitStatus == 78)
                #expect(error.description.hasSuffix(" (\(error.code))"))
                #expect(error.line != nil && error.column != nil)
            }
        }
    }

    @Test func a_value_where_a_table_should_be_is_named() {
        #expect(throws: TOMLFault.self) { try Self.read("node = 3") }
        do {
            _ = try Self.read("node = 3")
        } catch {
            #expect(error.what == "s.toml:1:8: 'node' must be a table, this is a whole number")
            #expect(error.hint == "write [node] on a line of its own")
        }
    }

    @Test func overrides_go_before_the_text() throws {
        let overrides = TOMLOverride.reading(
            [
                ("PATH", "/bin"), ("STARLING_NODE_NAMES", "c, d ,e"), ("STARLING_COUNT", "4"),
                ("STARLING_NODE_RATE", "1e-1"), ("STARLING_NODE_ON", "true"),
                ("STARLING_NODE_LISTEN", "h:1"), ("STARLING_HOME", "x"),
                ("STARLING_NODE_SHARES", "0.5,1"),
            ], except: ["STARLING_HOME"])
        #expect(
            try Self.read(Self.text, overrides: overrides)
                == "4 h:1 0.1 debug true [\"c\", \"d\", \"e\"] [0.5, 1.0] [\"x\"]")
        // They also stand in for what the text lacks.
        #expect(
            try Self.read("", overrides: [TOMLOverride(section: "node", key: "listen", text: "y")])
                == "1 y 0.5 info true [] [] []")
    }

    @Test func a_wrong_override_is_named_as_the_place() {
        for (name, text, expected) in [
            (
                "STARLING_COUNT", "four",
                "STARLING_COUNT: 'count' must be a whole number, this is 'four'"
            ),
            ("STARLING_COUNT", "99", "STARLING_COUNT: 'count' must be 1 to 9, this is 99"),
            (
                "STARLING_NODE_ON", "yes",
                "STARLING_NODE_ON: 'on' must be true or false, this is 'yes'"
            ),
            ("STARLING_NODE_RATE", "inf", "STARLING_NODE_RATE: 'rate' must be finite, this is inf"),
            ("STARLING_NODE_RAET", "1", "STARLING_NODE_RAET: no key goes by this name"),
            (
                "STARLING_NODE_SHARES", "1,x",
                "STARLING_NODE_SHARES: 'shares' must be a list, each a number"
            ),
        ] {
            do {
                _ = try Self.read(Self.text, overrides: TOMLOverride.reading([(name, text)]))
                Issue.record("\(name) passed")
            } catch {
                #expect(error.what.hasPrefix(expected), "\(error.what)")
                #expect(error.place == .variable(name))
                #expect(error.line == nil)
                if name.hasSuffix("RAET") {
                    #expect(error.hint == "did you mean STARLING_NODE_RATE?")
                }
            }
        }
    }

    @Test func texts_that_would_hurt_the_parser_are_refused() {
        let nested = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        let deep = Array(repeating: "a", count: 100_000).joined(separator: ".")
        let quoted = Array(repeating: "\",\"", count: 100_000).joined(separator: ".")
        for text in [
            "\(deep) = 1", "[\(deep)]", "\(deep) = ", "\(quoted) = 1", "x = \(nested)",
            "a = \u{0}1",
            String(repeating: "#", count: 2 << 20),
            "x = " + String(repeating: "[", count: 1_000_000),
            "x = " + String(repeating: "{a=", count: 300_000),
            "x = " + String(repeating: "[", count: 500_000), "x = ,", "x = ]", "x = [}]", "x = #",
            "x = { a = }", "[[ ]]", "[,]", "x = { , }", "= 1", "a. = 1", "x = [1, }",
            "x = \u{2028}1", "x = [\u{85}1]", "x =", "x = \u{A0}1",
        ] {
            #expect(throws: TOMLFault.self, "\(text.prefix(20))") {
                try TOMLReader(text, file: "t")
            }
        }
    }
}
