// Room:  TidyTests.
// Task:  pure rooms have no clock, socket, file, log, thread, or randomness of their own.

import Testing

enum Purity {
    /// Names that no pure room's code may say, wherever they stand as a word.
    static let words: Set<String> = [
        "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday", "mach_absolute_time",
        "DispatchTime", "DispatchQueue", "DispatchSemaphore", "NSDate", "NSLock", "FileHandle",
        "FileManager", "FileDescriptor", "URLSession", "ProcessInfo", "CommandLine", "Logger",
        "SystemRandomNumberGenerator", "arc4random", "arc4random_uniform", "getrandom",
        "Task", "TaskGroup", "withTaskGroup", "Thread", "pthread_create", "sleep", "usleep",
        "nanosleep", "fopen", "fread", "fwrite", "fputs", "getenv", "readLine", "NSLog",
        "debugPrint", "autoreleasepool", "MainActor",
    ]
    /// Functions that no pure room may call. Methods and cases of ours may have such a name: they
    /// are called with a dot, and declared with `func` or `case`.
    static let calls: Set<String> = [
        "Date", "time", "clock", "socket", "open", "creat", "print", "dump", "rand", "random",
        "drand48", "UUID", "Hasher", "system", "fork", "gethostname",
    ]
    /// Members that draw from the system unless they are handed a generator.
    static let draws: Set<String> = ["random", "shuffled", "shuffle", "randomElement"]

    static func violations(path: String, code: StrippedCode) -> [String] {
        var found: [String] = []
        let text = Array(code.lines.joined(separator: "\n").utf8)
        var line = 1
        var position = 0
        while position < text.count {
            let byte = text[position]
            guard isWord(byte) else {
                if byte == UInt8(ascii: "\n") { line += 1 }
                position += 1
                continue
            }
            let start = position
            while position < text.count, isWord(text[position]) { position += 1 }
            let word = String(decoding: text[start..<position], as: UTF8.self)
            let afterDot = start > 0 && text[start - 1] == UInt8(ascii: ".")
            let called = position < text.count && text[position] == UInt8(ascii: "(")
            let declared = ["func", "case"].contains(previousWord(text, before: start))
            if words.contains(word) {
                found.append("\(path):\(line): \(word)")
            } else if called, !afterDot, !declared, calls.contains(word) {
                found.append("\(path):\(line): \(word)(")
            } else if called, afterDot, draws.contains(word),
                drawsFromSystem(argument(text, from: position))
            {
                found.append("\(path):\(line): .\(word)( without a generator")
            } else if afterDot, word == "hashValue" {
                found.append("\(path):\(line): .hashValue differs from process to process")
            }
        }
        return found
    }

    /// `(in: range)` and `()` do; `(in: range, using: &generator)` does not, nor do methods of a
    /// generator of ours, such as `generator.shuffle(&rows)`.
    private static func drawsFromSystem(_ argument: String) -> Bool {
        let inside = argument.dropFirst().dropLast().trimming(" \n\t")
        return inside.isEmpty || (inside.hasPrefix("in:") && !inside.contains("using:"))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 128
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
    }

    private static func previousWord(_ text: [UInt8], before start: Int) -> String {
        var end = start
        while end > 0, text[end - 1] == UInt8(ascii: " ") { end -= 1 }
        var begin = end
        while begin > 0, isWord(text[begin - 1]) { begin -= 1 }
        return String(decoding: text[begin..<end], as: UTF8.self)
    }

    /// What stands between the parenthesis at `start` and its partner.
    private static func argument(_ text: [UInt8], from start: Int) -> String {
        var depth = 0
        var end = start
        while end < text.count {
            if text[end] == UInt8(ascii: "(") { depth += 1 }
            if text[end] == UInt8(ascii: ")") { depth -= 1 }
            end += 1
            if depth == 0 { break }
        }
        return String(decoding: text[start..<end], as: UTF8.self)
    }
}

struct PurityTests {
    @Test("Pure rooms stay pure")
    func pure() throws {
        for (file, code) in try Repository.code.get() {
            guard let name = file.target, House.room(name)?.pure == true else { continue }
            #expect(Purity.violations(path: file.path, code: code) == [])
        }
    }

    @Test("The rooms that must be pure are marked so")
    func marked() {
        let pure = Set(House.rooms.filter(\.pure).map(\.name))
        #expect(
            pure.isSuperset(of: [
                "Model", "Codec", "Learning", "Federation", "Gossip", "Membership", "Peer", "Wire",
                "Simulation",
            ]))
    }

    @Test(
        "A planted sin is caught",
        arguments: [
            "let c = ContinuousClock()", "let c = SuspendingClock.now", "let d = Date()",
            "clock_gettime(CLOCK_REALTIME, &t)", "gettimeofday(&t, nil)", "let t = time(nil)",
            "let s = socket(AF_INET, 1, 0)", "let f = open(path, 0)", "fopen(path, \"r\")",
            "print(x)", "let l = Logger(label: \"x\")", "var g = SystemRandomNumberGenerator()",
            "let i = Int.random(in: 0..<3)", "let i = Float.random(\n    in: f(1)..<g(using))",
            "Bool.random()",
            "a.shuffled()", "a.shuffle()", "a.randomElement()", "Task { await x() }",
            "Thread.sleep(1)", "sleep(3)", "x.hashValue", "Hasher()", "\"\\(print(x))\"",
            "Task.detached { }", "a.randomElement( )", "UUID()",
        ])
    func planted(code: String) {
        #expect(!Purity.violations(path: "p", code: StrippedCode("\n" + code)).isEmpty)
    }

    @Test(
        "What is innocent is not caught",
        arguments: [
            "Int.random(in: 0..<3, using: &generator)", "a.shuffled(using: &g)",
            "a.randomElement(using: &g)", "link.open(at: now)", "mutating func open(x: Int) {}",
            "// print(x)", "let s = \"Date()\"", "let uptime = 3", "update(x)", "let Tasks = 1",
            "let timer = Timer.open(3)", "func hash(into hasher: inout Hasher) {}",
            "blueprint(x)", "generator.shuffle(&rows)", "case open(Int)", "runtime(x)",
            "a.random(in: f(1), using: &g)",
        ])
    func innocent(code: String) {
        #expect(Purity.violations(path: "p", code: StrippedCode(code)) == [])
    }

    @Test("A finding names the line")
    func line() {
        let found = Purity.violations(path: "p", code: StrippedCode("// a\n\nlet d = Date()"))
        #expect(found == ["p:3: Date("])
    }
}
