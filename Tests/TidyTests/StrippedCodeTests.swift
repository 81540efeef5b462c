// Room:  TidyTests.
// Task:  the lexer tells code from prose, or every check after it is worth nothing.

import Testing

struct StrippedCodeTests {
    static func strip(_ text: String) -> String {
        StrippedCode(text).lines.joined(separator: "\n")
    }

    @Test(
        "Comments and the insides of strings go, everything else stays",
        arguments: [
            ("let a = 1 // Date()", "let a = 1 "),
            ("a /* b /* c */ d */ e", "a   e"),
            ("f(\"open(\")", "f(\"\")"),
            ("f(\"a \\\" open(\") + g", "f(\"\") + g"),
            ("f(\"\\\\\") + open(x)", "f(\"\") + open(x)"),
            ("\"// no comment\" + b", "\"\" + b"),
            ("\"/* no\" + b + \"comment */\"", "\"\" + b + \"\""),
            ("/* \"no string */ b", "  b"),
            ("// \"no string\nb", "\nb"),
            ("\"a \\(open(b)) c\" + d", "\"\\(open(b))\" + d"),
            ("\"\\(f(\"in \\(g(1)) ner\"))\"", "\"\\(f(\"\\(g(1))\"))\""),
            ("#\"a \\(b) \" c\"# + d", "\"\" + d"),
            ("#\"a \\#(b) c\"# + d", "\"\\(b)\" + d"),
            ("##\"a \"# b\"## + d", "\"\" + d"),
            ("#\"\"\"# + d", "\"\" + d"),
            ("\"\"\"\n  print(\"x\") // y\n  \\(z)\n  \"\"\" + d", "\"\"\"\n\n\\(z)\n\"\"\" + d"),
            ("\"\"\"\n a \\\n b\n \"\"\"", "\"\"\"\n\n\n\"\"\""),
            ("let r = /open(\"/ + 1", "let r = // + 1"),
            ("let r = #/a \" b/# + 1", "let r = // + 1"),
            ("let q = a / b / c", "let q = a / b / c"),
            ("let q = (a + b)/c + d/e", "let q = (a + b)/c + d/e"),
            ("#if DEBUG\n#endif", "#if DEBUG\n#endif"),
        ])
    func strips(source: String, expected: String) {
        #expect(Self.strip(source) == expected)
    }

    @Test("Lines keep their numbers, and those with a comment are known")
    func lineNumbers() {
        let code = StrippedCode("a\n// b\nc /* d\ne */ f\n\"g\"\n\"\"\"\n// h\n\"\"\"\n")
        #expect(code.lines.count == 9)
        #expect(
            code.hasComment == [false, true, true, true, false, false, false, false, false])
    }

    @Test("The lexer ends on anything, and what is unfinished does not swallow the next line")
    func unfinished() {
        for source in ["\"abc", "/* abc", "\"\"\"\nabc", "#\"", "\"\\(", "\\", "\"\\", "/", "#"] {
            #expect(!StrippedCode(source).lines.isEmpty, "\(source)")
        }
        #expect(Self.strip("\"abc\nopen(x)") == "\"\nopen(x)")
    }

    @Test("Every source of ours keeps its number of lines and ends as code")
    func ours() throws {
        for file in try Repository.sources.get() + Repository.tests.get() {
            let code = StrippedCode(file.text + "\nlastLineOfAll")
            #expect(code.lines.count == file.lines.count + 1, "\(file.path)")
            #expect(code.lines.last == "lastLineOfAll", "\(file.path)")
        }
    }
}
