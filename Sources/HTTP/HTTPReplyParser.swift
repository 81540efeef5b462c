// Room:  HTTP (floor 2).
// Task:  the bytes of a reply, as they come, to status and body.
// May:   nothing but the standard library.
// Proof: Tests/HTTPTests/ReplyParserTests.swift

/// Reads one HTTP/1.1 reply: with a length, chunked, or up to the end of the connection.
///
/// Order of use: `push` what was read until it returns true; where the connection ends first,
/// `end`. RFC 9112 §6.
package struct HTTPReplyParser {
    package enum Failure: Error, Equatable {
        case malformed(String)
        case tooLong
    }

    private enum Phase {
        case head
        case length(left: Int)
        case chunkSize
        case chunk(left: Int)
        /// The line end after a chunk.
        case chunkEnd
        case trailer
        case untilEnd
        case done
    }

    package private(set) var status = 0
    package private(set) var body: [UInt8] = []
    /// The longest body taken.
    package let limit: Int
    private let bodiless: Bool
    private var phase: Phase = .head
    /// The head or a line that is not whole yet.
    private var line: [UInt8] = []

    private static let headLimit = 64 << 10
    private static let lineLimit = 4096

    /// - bodiless: the reply to a HEAD, which names a length and has no body.
    package init(limit: Int, bodiless: Bool = false) {
        self.limit = limit
        self.bodiless = bodiless
    }

    /// - Returns: whether the reply is whole.
    package mutating func push(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            switch phase {
            case .head:
                line.append(rest.removeFirst())
                if line.last == 10, line.suffix(4) == [13, 10, 13, 10] { try takeHead() }
                guard line.count <= HTTPReplyParser.headLimit else { throw .malformed("long head") }
            case .length(let left):
                try take(left, &rest) { .length(left: $0) }
                if case .length(0) = phase { phase = .done }
            case .chunk(let left):
                try take(left, &rest) { .chunk(left: $0) }
                if case .chunk(0) = phase { phase = .chunkEnd }
            case .untilEnd:
                try take(rest.count, &rest) { _ in .untilEnd }
            case .chunkSize, .chunkEnd, .trailer:
                line.append(rest.removeFirst())
                if line.suffix(2) == [13, 10] { try takeLine() }
                guard line.count <= HTTPReplyParser.lineLimit else { throw .malformed("long line") }
            case .done:
                return true
            }
        }
        if case .done = phase { return true }
        return false
    }

    /// The connection has ended.
    ///
    /// - Returns: whether the reply is whole.
    package mutating func end() -> Bool {
        switch phase {
        case .untilEnd, .done: true
        case .head, .length, .chunkSize, .chunk, .chunkEnd, .trailer: false
        }
    }

    private mutating func take(
        _ left: Int, _ rest: inout ArraySlice<UInt8>, _ next: (Int) -> Phase
    ) throws(Failure) {
        let count = min(left, rest.count)
        guard count <= limit - body.count else { throw .tooLong }
        body.append(contentsOf: rest.prefix(count))
        rest = rest.dropFirst(count)
        phase = next(left - count)
    }

    private mutating func takeHead() throws(Failure) {
        let lines = String(decoding: line, as: UTF8.self).split(separator: "\r\n")
        line = []
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
            let status = Int(words[1]), status >= 100
        else { throw .malformed("not an HTTP reply") }
        // 100 Continue and its like come before the reply.
        guard status >= 200 else { return }
        self.status = status
        var length: Int?
        var chunked = false
        for field in lines.dropFirst() {
            guard let colon = field.firstIndex(of: ":") else { throw .malformed("bad header") }
            let name = field[..<colon].lowercased()
            let value = field[field.index(after: colon)...].trimmed
            if name == "content-length" {
                guard value.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(value)
                else { throw .malformed("bad length") }
                length = number
            } else if name == "transfer-encoding" {
                guard value.lowercased() == "chunked" else { throw .malformed("bad encoding") }
                chunked = true
            }
        }
        if bodiless || status == 204 || status == 304 {
            phase = .done
        } else if chunked {
            phase = .chunkSize
        } else if let length {
            guard length <= limit else { throw .tooLong }
            body.reserveCapacity(min(length, 1 << 20))
            phase = length == 0 ? .done : .length(left: length)
        } else {
            phase = .untilEnd
        }
    }

    private mutating func takeLine() throws(Failure) {
        let text = String(decoding: line.dropLast(2), as: UTF8.self)
        line = []
        switch phase {
        case .chunkSize:
            let digits = (text.split(separator: ";").first ?? "").trimmed
            guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") }),
                let size = Int(digits, radix: 16)
            else { throw .malformed("bad chunk") }
            guard size <= limit - body.count else { throw .tooLong }
            phase = size == 0 ? .trailer : .chunk(left: size)
        case .chunkEnd:
            guard text.isEmpty else { throw .malformed("bad chunk") }
            phase = .chunkSize
        case .trailer:
            if text.isEmpty { phase = .done }
        case .head, .length, .chunk, .untilEnd, .done:
            preconditionFailure("no lines are read here")
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
