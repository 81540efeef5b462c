// Room:  Federation (floor 2, pure).
// Task:  a TOML text as a tree of plain values; the one file that talks to TOMLKit.
// May:   TOMLKit.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/TOMLReaderTests.swift

import TOMLKit

/// One step of the way from the root of a text to a value.
public enum TOMLStep: Hashable, Sendable {
    case key(String)
    case index(Int)
}

/// A value of a TOML text. Tables keep their keys in the order of their bytes.
enum TOMLNode: Equatable {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    /// Dates and times; nothing of ours is one.
    case other(String)
    case array([TOMLNode])
    case table([TOMLEntry])

    /// With its article, for messages.
    var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "a boolean"
        case .other(let kind): "a \(kind)"
        case .array: "a list"
        case .table: "a table"
        }
    }

    subscript(step: TOMLStep) -> TOMLNode? {
        switch (self, step) {
        case (.table(let entries), .key(let key)): entries.first { $0.key == key }?.value
        case (.array(let elements), .index(let index)):
            elements.indices.contains(index) ? elements[index] : nil
        default: nil
        }
    }
}

struct TOMLEntry: Equatable {
    let key: String
    let value: TOMLNode
}

extension TOMLNode {
    /// The longest text that is read, in bytes: a thousand founders take a fifth of it.
    static let longestText = 1 << 20
    /// The deepest nesting that is read; our files need three.
    static let deepest = 32

    /// Parses a text, and finds where everything stands.
    ///
    /// TOMLKit keeps C++ memory behind every value and never gives it back, so the tree is copied
    /// out whole, once a text.
    static func parse(
        _ text: String, file: String
    ) throws(TOMLFault) -> (root: TOMLNode, places: TOMLLocator) {
        func fault(_ line: Int, _ column: Int, _ message: String) -> TOMLFault {
            TOMLFault(
                .syntax, at: .text(file: file, line: max(1, line), column: max(1, column)), message)
        }
        guard text.utf8.count <= longestText else {
            throw fault(1, 1, "the text is longer than \(longestText) bytes")
        }
        guard !text.utf8.contains(0) else { throw fault(1, 1, "the text holds a NUL character") }
        if let line = TOMLLocator.lineOfTooManyDots(text, limit: deepest) {
            throw fault(line, 1, "a key of more than \(deepest) parts")
        }
        let places = TOMLLocator(text)
        if let (place, message) = places.fault { throw fault(place.line, place.column, message) }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw fault(
                error.source.begin.line, error.source.begin.column, plain(error.description))
        } catch {
            throw fault(1, 1, "the text is no TOML")
        }
        guard let node = copy(table, depth: 0) else {
            throw fault(1, 1, "tables or lists are nested more than \(deepest) deep")
        }
        return (node, places)
    }

    /// The parser's words in our tone: one line, lower case at the start, no full stop.
    private static func plain(_ description: String) -> String {
        let line = description.split(whereSeparator: \.isNewline).joined(separator: " ")
        let start = line.prefix(1).lowercased() + line.dropFirst()
        return start.hasSuffix(".") ? String(start.dropLast()) : start
    }

    /// Nil where the nesting is too deep.
    private static func copy(_ table: TOMLTable, depth: Int) -> TOMLNode? {
        guard depth < deepest else { return nil }
        var entries: [TOMLEntry] = []
        for key in table.keys {
            guard let value = table[key], let node = copy(value.tomlValue, depth: depth + 1) else {
                return nil
            }
            entries.append(TOMLEntry(key: key, value: node))
        }
        return .table(entries)
    }

    private static func copy(_ value: TOMLValue, depth: Int) -> TOMLNode? {
        guard depth < deepest else { return nil }
        switch value.type {
        case .string: return value.string.map(TOMLNode.string)
        case .int: return value.int.map(TOMLNode.integer)
        case .double: return value.double.map(TOMLNode.number)
        case .bool: return value.bool.map(TOMLNode.boolean)
        case .date, .time, .dateTime: return .other(value.type.description)
        case .table: return value.table.flatMap { copy($0, depth: depth) }
        case .array:
            guard let array = value.array else { return nil }
            var nodes: [TOMLNode] = []
            for index in 0..<array.count {
                guard let node = copy(array[index].tomlValue, depth: depth + 1) else { return nil }
                nodes.append(node)
            }
            return .array(nodes)
        }
    }
}
