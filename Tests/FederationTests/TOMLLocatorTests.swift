// Room:  FederationTests.
// Task:  places in TOML texts of every form that keys and values may have.
// May:   Testing.
// Proof: itself

import Testing

@testable import Federation

@Suite struct TOMLLocatorTests {
    static let text = """
        top = 1 # top = 2
        "quoted key" = 'a = "b"'
        dotted . inner.'deep'   =   true
        long = \"\"\"
        [not.a.table]
        x = \\"\"\" \"\"\"\"\"
        after = [ 1, # comment ]
           [ "a,]", 'b' ],
          { x = 1, y.z = [2] } ]
        time = 1979-05-27 07:32:00
        ünicode = 1
        [table . "sub"]
          key = { a = 1, "b" = 2 }
        é = 3
        [[list]]
        k = 1
        [[list.inner]]
        k = 2
        [[list.inner]]
        k = 3
        [list.table]
        k = 4
        [[list]]
        k = 5
        [table]
        last = 1
        """

    /// Path, then line and column of the key and of the value.
    static let places: [([TOMLStep], key: (Int, Int)?, value: (Int, Int))] = [
        ([.key("top")], (1, 1), (1, 7)),
        ([.key("quoted key")], (2, 1), (2, 16)),
        ([.key("dotted")], (3, 1), (3, 1)),
        ([.key("dotted"), .key("inner"), .key("deep")], (3, 16), (3, 29)),
        ([.key("long")], (4, 1), (4, 8)),
        ([.key("after"), .index(0)], nil, (7, 11)),
        ([.key("after"), .index(1)], nil, (8, 4)),
        ([.key("after"), .index(1), .index(1)], nil, (8, 13)),
        ([.key("after"), .index(2), .key("x")], (9, 5), (9, 9)),
        ([.key("after"), .index(2), .key("y"), .key("z"), .index(0)], nil, (9, 19)),
        ([.key("time")], (10, 1), (10, 8)),
        ([.key("table"), .key("sub")], (12, 1), (12, 1)),
        ([.key("table"), .key("sub"), .key("key"), .key("b")], (13, 18), (13, 24)),
        ([.key("list"), .index(0)], nil, (15, 1)),
        ([.key("list"), .index(0), .key("k")], (16, 1), (16, 5)),
        ([.key("list"), .index(0), .key("inner"), .index(1), .key("k")], (20, 1), (20, 5)),
        ([.key("list"), .index(0), .key("table"), .key("k")], (22, 1), (22, 5)),
        ([.key("list"), .index(1), .key("k")], (24, 1), (24, 5)),
        ([.key("table"), .key("last")], (26, 1), (26, 8)),
        ([.key("table")], (12, 1), (25, 1)),
    ]

    @Test func every_form_of_key_and_value_is_found() {
        let locator = TOMLLocator(Self.text.replacing("ünicode", with: "\"ünicode\""))
        for (path, key, value) in Self.places {
            if let key {
                #expect(locator.keys[path] == .init(line: key.0, column: key.1), "\(path)")
            }
            #expect(locator.values[path] == .init(line: value.0, column: value.1), "\(path)")
        }
        // Columns count characters, not bytes.
        #expect(locator.values[[.key("ünicode")]] == .init(line: 11, column: 13))
    }

    /// The parser and the locator walk the same tree: each value of the one has a place in the other.
    @Test func every_value_of_the_parser_has_a_place() throws {
        let texts = [
            Self.text.replacing("ünicode", with: "\"ünicode\"").replacing(
                "\né =", with: "\n\"é\" ="),
            Sample.full, Sample.least, Sample.tensors, "\u{FEFF}a.b = 1\r\n[c]\r\nd = [{}, {}]\r\n",
            "a = [[[]]]\nb = {}\n''.\"\" = 1", "a.\"\\u00e9\\n\\\"\" = \"\"\"\\\n  x\"\"\"",
        ]
        for text in texts {
            let (root, locator) = try TOMLNode.parse(text, file: "t")
            var open: [([TOMLStep], TOMLNode)] = [([], root)]
            while let (path, node) = open.popLast() {
                #expect(path.isEmpty || locator.values[path] != nil, "\(path) in \(text)")
                switch node {
                case .table(let entries):
                    for entry in entries {
                        let inner = path + [.key(entry.key)]
                        #expect(locator.keys[inner] != nil, "\(inner) in \(text)")
                        open.append((inner, entry.value))
                    }
                case .array(let elements):
                    for (index, element) in elements.enumerated() {
                        open.append((path + [.index(index)], element))
                    }
                case .string, .integer, .number, .boolean, .other: break
                }
            }
        }
    }

    @Test func keys_of_too_many_parts_are_seen_before_they_are_parsed() {
        func line(_ text: String) -> Int? { TOMLLocator.lineOfTooManyDots(text, limit: 5) }
        #expect(line("a.b.c.d.e = 1") == nil)
        #expect(line("x = 1\na.b.c.d.e.f = 1") == 2)
        #expect(line("['a'.\"b,\".c . d.e.f]") == 1)
        #expect(line("m = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]") == nil)
        #expect(line("s = \"a.b.c.d.e.f.g\" # a.b.c.d.e.f.g") == nil)
        #expect(line("s = \"\"\"a.\"b.c\\\"\"\".d.e.f\ng.......\"\"\"\na.b.c.d.e.f = 1") == 3)
        #expect(line("s = '\\'\na.b.c.d.e.f = 1") == 2)
    }
}
