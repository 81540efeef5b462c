// Room:  TidyTests.
// Task:  Swift source without its comments and the insides of its strings, line for line.

/// The code of a file, so that checks do not stumble over words in prose.
///
/// A small lexer: nested comments, strings with escapes, raw and multi-line ones, interpolation
/// (what stands in it is code), regex literals on one line. Quotation marks stay, so that
/// `f("text")` becomes `f("")`.
struct StrippedCode {
    /// The code of each line; the same lines as in the source.
    let lines: [String]
    /// Whether a line has a comment or a part of one.
    let hasComment: [Bool]

    init(_ text: String) {
        var lexer = Lexer(bytes: Array(text.utf8))
        lexer.run()
        lines = lexer.lines.map { String(decoding: $0, as: UTF8.self) }
        hasComment = lexer.hasComment
    }
}

private struct Lexer {
    enum Mode: Equatable {
        /// At the file's level, or inside an interpolation with so many open parentheses.
        case code(parentheses: Int)
        case string(hashes: Int, multiline: Bool)
    }

    let bytes: [UInt8]
    var position = 0
    var modes: [Mode] = [.code(parentheses: 0)]
    var lines: [[UInt8]] = [[]]
    var hasComment = [false]

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() {
        while position < bytes.count {
            switch modes[modes.count - 1] {
            case .code(let parentheses): code(parentheses)
            case .string(let hashes, let multiline): string(hashes, multiline)
            }
        }
    }

    // MARK: Steps

    private mutating func code(_ parentheses: Int) {
        if at("//") { return lineComment() }
        if at("/*") { return blockComment() }
        if let opening = openingQuote() {
            take(opening.length, keeping: opening.multiline ? "\"\"\"" : "\"")
            modes.append(.string(hashes: opening.hashes, multiline: opening.multiline))
            return
        }
        if let length = regexLength() { return take(length, keeping: "//") }
        switch bytes[position] {
        case UInt8(ascii: "("):
            modes[modes.count - 1] = .code(parentheses: parentheses + 1)
            keep()
        case UInt8(ascii: ")"):
            if parentheses == 0, modes.count > 1 {
                modes.removeLast()
            } else {
                modes[modes.count - 1] = .code(parentheses: max(0, parentheses - 1))
            }
            keep()
        default: keep()
        }
    }

    private mutating func string(_ hashes: Int, _ multiline: Bool) {
        let marks = String(repeating: "#", count: hashes)
        let quotes = multiline ? "\"\"\"" : "\""
        if at("\\" + marks + "(") {
            take(2 + hashes, keeping: "\\(")
            modes.append(.code(parentheses: 0))
        } else if at("\\" + marks) {
            // The escaped character cannot end the string; an escaped line break still counts.
            take(1 + hashes, keeping: "")
            if position < bytes.count { drop() }
        } else if at(quotes + marks) {
            take(quotes.utf8.count + hashes, keeping: quotes)
            modes.removeLast()
        } else if !multiline, bytes[position] == UInt8(ascii: "\n") {
            modes.removeLast()  // Not legal Swift; go on with the next line as code.
        } else {
            drop()
        }
    }

    private mutating func lineComment() {
        hasComment[hasComment.count - 1] = true
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            hasComment[hasComment.count - 1] = true
            if at("/*") {
                depth += 1
                position += 2
            } else if at("*/") {
                depth -= 1
                position += 2
            } else {
                drop()
            }
        } while depth > 0 && position < bytes.count
        append(UInt8(ascii: " "))
    }

    // MARK: What stands here

    private func at(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private func openingQuote() -> (length: Int, hashes: Int, multiline: Bool)? {
        var next = position
        while next < bytes.count, bytes[next] == UInt8(ascii: "#") { next += 1 }
        let hashes = next - position
        guard next < bytes.count, bytes[next] == UInt8(ascii: "\"") else { return nil }
        if bytes[next...].starts(with: "\"\"\"".utf8) {
            // `#"""#` is a raw string that holds one quotation mark.
            let marks = Array(repeating: UInt8(ascii: "#"), count: hashes)
            if hashes == 0 || !bytes[(next + 3)...].starts(with: marks) {
                return (hashes + 3, hashes, true)
            }
        }
        return (hashes + 1, hashes, false)
    }

    /// The length of a regex literal that begins here. A slash between operands divides.
    private func regexLength() -> Int? {
        var next = position
        while next < bytes.count, bytes[next] == UInt8(ascii: "#") { next += 1 }
        let hashes = next - position
        guard next + 1 < bytes.count, bytes[next] == UInt8(ascii: "/") else { return nil }
        if hashes == 0 {
            let before = lines[lines.count - 1].last { $0 != UInt8(ascii: " ") }
            let opens = before.map { Array("(,=:[{&|!?;".utf8).contains($0) } ?? true
            guard opens, bytes[next + 1] != UInt8(ascii: " ") else { return nil }
        }
        let closing = [UInt8(ascii: "/")] + Array(repeating: UInt8(ascii: "#"), count: hashes)
        next += 1
        while next < bytes.count, bytes[next] != UInt8(ascii: "\n") {
            if bytes[next...].starts(with: closing) { return next + closing.count - position }
            next += bytes[next] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    // MARK: Output

    private mutating func append(_ byte: UInt8) { lines[lines.count - 1].append(byte) }

    private mutating func newLine() {
        lines.append([])
        hasComment.append(false)
    }

    private mutating func keep() {
        if bytes[position] == UInt8(ascii: "\n") { newLine() } else { append(bytes[position]) }
        position += 1
    }

    private mutating func drop() {
        if bytes[position] == UInt8(ascii: "\n") { newLine() }
        position += 1
    }

    private mutating func take(_ count: Int, keeping text: String) {
        for byte in text.utf8 { append(byte) }
        position += count
    }
}
