// Room:  TidyTests.
// Task:  heads, lengths, unfinished work, and the escapes from the compiler's care.

import Testing

enum Shape {
    static let limit = 500

    // MARK: Heads

    /// The four lines with which a file begins: room, task, what it may, what proves it. A line
    /// too long for 100 columns goes on in a comment that is indented.
    static func headViolations(
        path: String, lines: [String], target: String, exists: (String) -> Bool
    ) -> [String] {
        var found: [String] = []
        var fields: [String: String] = [:]
        var order: [String] = []
        for line in lines.prefix(while: { $0.hasPrefix("//") && !$0.hasPrefix("///") }) {
            if let key = keys.first(where: { line.hasPrefix("// \($0):") }) {
                order.append(key)
                fields[key] = String(line.dropFirst(4 + key.count)).trimmed
            } else if line.hasPrefix("//   "), let key = order.last {
                fields[key, default: ""] += " " + line.dropFirst(2).trimmed
            }
        }
        guard order.filter({ $0 != "Long because" }) == ["Room", "Task", "May", "Proof"] else {
            return ["\(path): the head must say Room, Task, May, Proof in its first four lines"]
        }
        for key in order where fields[key, default: ""].isEmpty {
            found.append("\(path): \(key) is empty")
        }
        let room = fields["Room", default: ""].prefix { $0.isLetter || $0.isNumber }
        if room != target { found.append("\(path): Room is \(room), the target is \(target)") }
        let proofs = paths(in: fields["Proof", default: ""])
        if proofs.isEmpty { found.append("\(path): Proof names no path under Tests/") }
        for proof in proofs where !exists(proof) {
            found.append("\(path): Proof \(proof) does not exist")
        }
        return found
    }

    private static let keys = ["Room", "Task", "May", "Proof", "Long because"]

    private static func paths(in text: String) -> [String] {
        text.split(whereSeparator: { " ,;()".contains($0) }).filter { $0.hasPrefix("Tests/") }
            .map { String($0).trimming(".:") }
    }

    // MARK: Length

    static func isTooLong(lines: [String]) -> Bool {
        let count = lines.last == "" ? lines.count - 1 : lines.count
        let head = lines.prefix { $0.hasPrefix("//") }
        let reason = "// Long because:"
        return count > limit
            && !head.contains { $0.hasPrefix(reason) && $0.count > reason.count + 1 }
    }

    // MARK: Unfinished work

    /// In comments too, so this reads the whole text.
    static func unfinished(path: String, lines: [String]) -> [String] {
        lines.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" })
            let lower = line.lowercased()
            let loud = words.first { ["TODO", "FIXME", "XXX"].contains($0) }
            let soft = ["for now", "placeholder"].first { lower.contains($0) }
            guard let word = loud.map(String.init) ?? soft else { return nil }
            return "\(path):\(index + 1): \(word)"
        }
    }

    // MARK: Escapes

    /// Unwrapping by force, and promises that the compiler cannot check, without a reason in a
    /// comment on the line or right above it.
    static func escapes(path: String, code: StrippedCode) -> [String] {
        code.lines.enumerated().compactMap { index, line in
            guard let escape = escape(in: line) else { return nil }
            let explained =
                code.hasComment[index] || (index > 0 && code.hasComment[index - 1])
            return explained ? nil : "\(path):\(index + 1): \(escape) without a reason"
        }
    }

    private static func escape(in line: String) -> String? {
        for word in ["@unchecked Sendable", "nonisolated(unsafe)"] where line.contains(word) {
            return word
        }
        let bytes = Array(line.utf8)
        for index in bytes.indices where bytes[index] == UInt8(ascii: "!") {
            guard index > 0 else { continue }
            let before = bytes[index - 1]
            let isOperand =
                before >= 128 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(before)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(before | 32)
                || Array("_)]}>?\"`".utf8).contains(before)
            let compares = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "=")
            if isOperand, !compares {
                if line.contains("try!") { return "try!" }
                if line.contains("as!") { return "as!" }
                return "a forced unwrap"
            }
        }
        return nil
    }
}

extension StringProtocol {
    var trimmed: String { trimming(" \t") }

    func trimming(_ characters: String) -> String {
        var rest = self[...]
        while let first = rest.first, characters.contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, characters.contains(last) { rest = rest.dropLast() }
        return String(rest)
    }
}

struct ShapeTests {
    @Test("Every source file begins with its head: its own room, and a proof that exists")
    func heads() throws {
        for file in try Repository.sources.get() where !file.isGenerated {
            let found = Shape.headViolations(
                path: file.path, lines: file.lines, target: file.target ?? "",
                exists: { Repository.exists(Repository.root + "/" + $0) })
            #expect(found == [])
        }
    }

    @Test("No file of ours has more than 500 lines without a reason at its head")
    func lengths() throws {
        let files = try Repository.sources.get() + Repository.tests.get()
        let long = files.filter { !$0.isGenerated && Shape.isTooLong(lines: $0.lines) }
        #expect(long.map(\.path) == [])
    }

    @Test("Nothing in Sources says that it is unfinished")
    func unfinished() throws {
        for file in try Repository.sources.get() where !file.isGenerated {
            #expect(Shape.unfinished(path: file.path, lines: file.lines) == [])
        }
    }

    @Test("Every escape from the compiler's care has its reason beside it")
    func escapes() throws {
        for (file, code) in try Repository.code.get() {
            #expect(Shape.escapes(path: file.path, code: code) == [])
        }
    }

    // MARK: The checks themselves

    static let head = [
        "// Room:  Store (floor 2).", "// Task:  keeps a thing", "//        that is long.",
        "// May:   Model.", "// Proof: Tests/A.swift, Tests/B.", "", "import Model",
    ]

    static func headFindings(_ lines: [String], missing: Set<String> = []) -> [String] {
        Shape.headViolations(path: "p", lines: lines, target: "Store") { !missing.contains($0) }
    }

    @Test("A good head passes; another room, a lost proof, a missing or empty line do not")
    func plantedHeads() {
        #expect(Self.headFindings(Self.head) == [])
        #expect(Self.headFindings(["// Long because: data."] + Self.head) == [])
        #expect(
            Self.headFindings(Self.head, missing: ["Tests/B"]) == [
                "p: Proof Tests/B does not exist"
            ])
        for line in [0, 1, 3, 4] {
            var lines = Self.head
            lines.remove(at: line)
            #expect(Self.headFindings(lines).count == 1, "without line \(line)")
        }
        var lines = Self.head
        lines[0] = "// Room:  Storehouse."
        #expect(Self.headFindings(lines) == ["p: Room is Storehouse, the target is Store"])
        lines = Self.head
        lines[3] = "// May:"
        #expect(Self.headFindings(lines) == ["p: May is empty"])
        lines = Self.head
        lines[4] = "// Proof: none"
        #expect(Self.headFindings(lines) == ["p: Proof names no path under Tests/"])
        #expect(Self.headFindings(["import Model"] + Self.head).count == 1)
        #expect(Self.headFindings([]).count == 1)
    }

    @Test("The 501st line needs a reason, and an empty one is none")
    func plantedLengths() {
        let body = Array(repeating: "let x = 1", count: 500)
        #expect(!Shape.isTooLong(lines: body + [""]))
        #expect(Shape.isTooLong(lines: body + ["let y = 1", ""]))
        #expect(!Shape.isTooLong(lines: ["// Long because: a table."] + body + [""]))
        #expect(Shape.isTooLong(lines: ["// Long because:"] + body + [""]))
        #expect(Shape.isTooLong(lines: ["let x = 1", "// Long because: a table."] + body))
    }

    @Test("Planted words of unfinished work are caught, and words that hold them are not")
    func plantedWords() {
        let bad = ["// TODO: x", "// FIXME", "let a = 1 // XXX", "// good for now", "Placeholder"]
        for line in bad { #expect(Shape.unfinished(path: "p", lines: ["", line]).count == 1) }
        let good = ["let todo = 1", "// forknow", "XXXL", "// not for long"]
        for line in good {
            #expect(Shape.unfinished(path: "p", lines: [line]) == [], "\(line)")
        }
    }

    @Test(
        "A planted escape is caught, unless a comment is on its line or the one above",
        arguments: [
            "let a = b!", "let a = b!.c", "f(a[0]!)", "try! f()", "a as! B", "var a: Int!",
            "class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1", "a()!",
            "\"\\(a!)\"",
        ])
    func plantedEscapes(line: String) {
        #expect(Shape.escapes(path: "p", code: StrippedCode("\n" + line)).count == 1)
        #expect(Shape.escapes(path: "p", code: StrippedCode(line + "  // Why.")) == [])
        #expect(Shape.escapes(path: "p", code: StrippedCode("// Why.\n" + line)) == [])
        #expect(Shape.escapes(path: "p", code: StrippedCode("// Why.\n\n" + line)).count == 1)
    }

    @Test(
        "Negation, inequality and exclamations in prose are no escapes",
        arguments: ["a != b", "a !== b", "!a", "f(!a)", "\"Ha!\"", "// Ha!", "a&&(!b)", "a!=b"])
    func innocent(line: String) {
        #expect(Shape.escapes(path: "p", code: StrippedCode(line)) == [])
    }
}
