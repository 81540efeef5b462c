// Room:  Federation (floor 2, pure).
// Task:  at which line and column of a TOML text each key and each value stands.
// May:   nothing but the standard library.
// Proof: Tests/FederationTests/TOMLLocatorTests.swift

/// Finds the keys and values of a text.
///
/// TOMLKit tells places for syntax errors only, so this walks the text once more, before the parser
/// does. It knows tables, lists of tables, dotted, quoted and inline keys and all four kinds of
/// string, and leans on the parser for the rest: on a text that is no TOML it ends too, with places
/// that mean nothing.
struct TOMLLocator {
    struct Position: Hashable, Comparable {
        var line: Int
        var column: Int

        static func < (left: Position, right: Position) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// Where each key is written first; list elements have none.
    private(set) var keys: [[TOMLStep]: Position] = [:]
    /// Where each value begins; of a table with a head, the head.
    private(set) var values: [[TOMLStep]: Position] = [:]
    /// The first thing that must not reach the parser: a key or a value that begins as none
    /// can (the parser asserts that in debug builds and takes it for granted in release), nesting
    /// too deep for its stack, or an escape that stands for NUL, where C strings would end.
    private(set) var fault: (place: Position, message: String)?
    /// Behind the last character.
    private(set) var end = Position(line: 1, column: 1)

    private let bytes: [UInt8]
    private var offset = 0
    private var position = Position(line: 1, column: 1)
    private var current: [TOMLStep] = []
    /// How many elements each list of tables has so far.
    private var lengths: [[TOMLStep]: Int] = [:]

    init(_ text: String) {
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }  // A byte order mark.
        while skipToToken(), offset < bytes.count {
            let before = offset
            if peek() == UInt8(ascii: "[") {
                readHead()
            } else {
                readPair(under: current)
            }
            skipLine()
            if offset == before { advance() }
        }
        end = position
    }

    private mutating func refuse(_ message: String, at place: Position) {
        if fault == nil { fault = (place, message) }
    }

    // MARK: Lines

    private mutating func readHead() {
        let start = position
        advance()
        let isList = peek() == UInt8(ascii: "[")
        if isList { advance() }
        let names = readKey(nil)
        var path: [TOMLStep] = []
        for (place, name) in names.enumerated() {
            path.append(.key(name))
            if keys[path] == nil { keys[path] = start }
            if values[path] == nil { values[path] = start }
            let isLast = place == names.count - 1
            if isLast && isList {
                lengths[path, default: 0] += 1
            }
            if let length = lengths[path], !isLast || isList {
                path.append(.index(length - 1))
                if isLast { values[path] = start }
            }
        }
        // A table that a dotted head opened before its own head came: the own head is the place.
        if !isList, !path.isEmpty { values[path] = start }
        current = path
    }

    private mutating func readPair(under table: [TOMLStep]) {
        let path = readKey(table)
        skipBlanks()
        guard peek() == UInt8(ascii: "=") else { return }
        advance()
        skipBlanks()
        readValue(table + path.map(TOMLStep.key))
    }

    /// Reads a dotted key and notes where each part of it stands, unless `table` is nil.
    private mutating func readKey(_ table: [TOMLStep]?) -> [String] {
        var names: [String] = []
        while true {
            skipBlanks()
            let start = position
            let name: String
            switch peek() {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): name = readString()
            default:
                let first = offset
                while let byte = peek(), Self.isBare(byte) { advance() }
                guard offset > first else {
                    refuse("a key is missing here", at: start)
                    return names
                }
                name = String(decoding: bytes[first..<offset], as: UTF8.self)
            }
            names.append(name)
            if let table {
                let path = table + names.map(TOMLStep.key)
                if keys[path] == nil { keys[path] = start }
                if values[path] == nil { values[path] = start }
            }
            skipBlanks()
            guard peek() == UInt8(ascii: ".") else { return names }
            advance()
        }
    }

    // MARK: Values

    private mutating func readValue(_ path: [TOMLStep]) {
        guard path.count <= TOMLNode.deepest else {
            refuse("tables or lists are nested more than \(TOMLNode.deepest) deep", at: position)
            offset = bytes.count
            return
        }
        guard let first = peek(), Self.beginsValue(first) else {
            refuse("a value is missing here", at: position)
            return
        }
        values[path] = position
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = readString()
        case UInt8(ascii: "["):
            readList(until: UInt8(ascii: "]")) { locator, index in
                locator.readValue(path + [.index(index)])
            }
        case UInt8(ascii: "{"):
            readList(until: UInt8(ascii: "}")) { locator, _ in locator.readPair(under: path) }
        default:
            while let byte = peek(), !Self.endsScalar(byte) { advance() }
            // A blank may stand between a date and its time.
            let next = Array(bytes[offset...].prefix(4))
            if next.count == 4, next[0] == UInt8(ascii: " "), next[3] == UInt8(ascii: ":") {
                advance()
                while let byte = peek(), !Self.endsScalar(byte) { advance() }
            }
        }
    }

    private mutating func readList(
        until closing: UInt8, _ element: (inout TOMLLocator, Int) -> Void
    ) {
        advance()
        var index = 0
        while skipToToken(), let byte = peek() {
            if byte == closing {
                advance()
                return
            }
            if byte == UInt8(ascii: ",") {
                index += 1
                advance()
                continue
            }
            let before = offset
            element(&self, index)
            if offset == before { advance() }  // No TOML: the parser will say so.
        }
    }

    /// Reads a string of any of the four kinds, standing on its first quote.
    private mutating func readString() -> String {
        guard let quote = peek() else { return "" }
        let isBasic = quote == UInt8(ascii: "\"")
        let isLong = starts(with: [quote, quote, quote])
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        var content: [UInt8] = []
        while let byte = peek() {
            if byte == quote && (!isLong || starts(with: [quote, quote, quote])) {
                for _ in 0..<(isLong ? 3 : 1) { advance() }
                // Up to two quotes may stand directly before the three that close.
                while isLong, peek() == quote { advance() }
                break
            }
            if !isLong && byte == UInt8(ascii: "\n") { break }
            if isBasic && byte == UInt8(ascii: "\\") {
                content += readEscape()
            } else {
                content.append(byte)
                advance()
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func readEscape() -> [UInt8] {
        let start = position
        advance()
        guard let letter = peek() else { return [] }
        advance()
        switch letter {
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "u") ? 4 : 8
            let digits = String(decoding: bytes[offset...].prefix(count), as: UTF8.self)
            let code = UInt32(digits, radix: 16)
            for _ in 0..<count { advance() }
            if code == 0 { refuse("a NUL character cannot stand in a string", at: start) }
            let scalar = code.flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
            return Array(String(Character(scalar)).utf8)
        default: return [letter]
        }
    }

    // MARK: Bytes

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func starts(with prefix: [UInt8]) -> Bool { bytes[offset...].starts(with: prefix) }

    private mutating func advance() {
        guard offset < bytes.count else { return }
        let byte = bytes[offset]
        offset += 1
        if byte == UInt8(ascii: "\n") {
            position = Position(line: position.line + 1, column: 1)
        } else if byte & 0xC0 != 0x80 {  // Not within a character.
            position.column += 1
        }
    }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
            advance()
        }
    }

    /// Skips blanks, line ends and comments. Always true, so that it can stand in a condition.
    private mutating func skipToToken() -> Bool {
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                advance()
            case UInt8(ascii: "#"): skipLine()
            default: return true
            }
        }
        return true
    }

    private mutating func skipLine() {
        while let byte = peek(), byte != UInt8(ascii: "\n") { advance() }
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func beginsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "["), UInt8(ascii: "{"),
            UInt8(ascii: "+"), UInt8(ascii: "."):
            true
        default: isBare(byte)
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"),
            UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
            true
        default: false
        }
    }
}

extension TOMLLocator {
    /// The first line that holds a key of more than `limit` parts; nil where none does.
    ///
    /// The parser nests tables as deep as a dotted key says and takes them down by recursion, so a
    /// key of a million parts would take the process with it. This looks before the parser does.
    static func lineOfTooManyDots(_ text: String, limit: Int) -> Int? {
        let bytes = Array(text.utf8)
        var line = 1
        var dots = 0
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                dots = 0
            case UInt8(ascii: "."):
                dots += 1
                if dots >= limit { return line }
            case UInt8(ascii: "#"):
                while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let isLong = bytes[offset...].starts(with: [byte, byte])
                if isLong { offset += 2 }
                while offset < bytes.count {
                    let next = bytes[offset]
                    if next == byte
                        && (!isLong || bytes[offset...].starts(with: [byte, byte, byte]))
                    {
                        offset += isLong ? 3 : 1
                        break
                    }
                    if next == UInt8(ascii: "\n") {
                        guard isLong else { break }
                        line += 1
                    }
                    let isEscape = next == UInt8(ascii: "\\") && byte == UInt8(ascii: "\"")
                    offset += isEscape && bytes[offset...].dropFirst().first != 10 ? 2 : 1
                }
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            default: if !isBare(byte) { dots = 0 }
            }
        }
        return nil
    }
}
