// Room:  Membership (floor 3, pure).
// Task:  the three messages by which two directories become one: their bytes.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/DirectoryFuzzTests.swift

/// How a row is named in a summary: the start of the owner's ID, and what is known of it.
struct DirectoryEntry: Sendable, Equatable {
    var prefix: UInt64
    var version: DirectoryVersion
    var isDown: Bool

    /// What an owner's record leads to rises: a newer version, or a claim about the same.
    func covers(_ row: DirectoryRow) -> Bool {
        version == row.version ? isDown || !row.isDown : version > row.version
    }
}

/// A piece of news.
enum DirectoryItem: Sendable, Equatable {
    /// A record's bytes, and whether its owner is claimed down.
    case record([UInt8], isDown: Bool)
    /// A claim alone, for one who has the record.
    case claim(prefix: UInt64, DirectoryVersion)
}

/// Serials of one node's table: the changes after `from`, up to and with `upTo`.
struct DirectorySpan: Sendable, Equatable {
    var from: UInt64
    var upTo: UInt64

    static let none = DirectorySpan(from: 0, upTo: 0)
}

/// A sync has three messages: summary, answer, news; the last only where the answer wants any.
enum DirectoryMessage: Sendable, Equatable {
    /// "I was told your changes up to `told`. Of mine, this is what changed in `span`."
    case summary(told: UInt64, span: DirectorySpan, [DirectoryEntry])
    /// "These are my changes in `span` that you lack; of what you named in `named` I want these."
    /// `more`: there are later changes; ask again.
    case answer(
        span: DirectorySpan, more: Bool, named: DirectorySpan, wanted: [UInt64], [DirectoryItem])
    /// "Here is what you wanted of `span`."
    case news(span: DirectorySpan, [DirectoryItem])

    /// Nil for a kind that a later version may have.
    init?(reading bytes: [UInt8]) throws(DirectoryDrop) {
        guard bytes.count <= DirectoryLimits.message else { throw .tooLong }
        var reader = DirectoryReader(bytes[...])
        switch try reader.byte() {
        case 1:
            let told = try reader.number()
            self = .summary(
                told: told, span: try Self.span(from: &reader), try Self.entries(from: &reader))
        case 2:
            let span = try Self.span(from: &reader)
            let more = try reader.byte() != 0
            let named = try Self.span(from: &reader)
            let count = try reader.number()
            guard count <= UInt64(reader.left) else { throw .malformed }
            var wanted: [UInt64] = []
            for _ in 0..<count { wanted.append(try reader.prefix()) }
            self = .answer(
                span: span, more: more, named: named, wanted: wanted,
                try Self.items(from: &reader))
        case 3:
            self = .news(span: try Self.span(from: &reader), try Self.items(from: &reader))
        default: return nil
        }
    }

    private static func span(
        from reader: inout DirectoryReader
    ) throws(DirectoryDrop) -> DirectorySpan {
        let from = try reader.number()
        let upTo = try reader.number()
        guard from <= upTo else { throw .malformed }
        return DirectorySpan(from: from, upTo: upTo)
    }

    private static func entries(
        from reader: inout DirectoryReader
    ) throws(DirectoryDrop) -> [DirectoryEntry] {
        let least = try reader.number()
        let count = try reader.number()
        guard count <= UInt64(reader.left) else { throw .malformed }
        var entries: [DirectoryEntry] = []
        for _ in 0..<count {
            let prefix = try reader.prefix()
            let (incarnation, overflow) = least.addingReportingOverflow(try reader.number())
            let sequence = try reader.number()
            let tag = try reader.byte()
            guard !overflow, prefix >= entries.last?.prefix ?? 0 else { throw .malformed }
            entries.append(
                DirectoryEntry(
                    prefix: prefix,
                    version: DirectoryVersion(
                        incarnation: incarnation, sequence: sequence >> 1, tag: tag),
                    isDown: sequence & 1 != 0))
        }
        // What follows, a later version may have added.
        return entries
    }

    private static func items(
        from reader: inout DirectoryReader
    ) throws(DirectoryDrop) -> [DirectoryItem] {
        var items: [DirectoryItem] = []
        while !reader.isAtEnd {
            let kind = try reader.byte()
            let content = try reader.block(most: DirectoryLimits.message)
            switch kind {
            case 0, 1: items.append(.record(Array(content), isDown: kind == 1))
            case 2:
                var inner = DirectoryReader(content)
                let prefix = try inner.prefix()
                let incarnation = try inner.number()
                let sequence = try inner.number()
                let version = DirectoryVersion(
                    incarnation: incarnation, sequence: sequence, tag: try inner.byte())
                items.append(.claim(prefix: prefix, version))
            default: break  // A kind of a later version.
            }
        }
        return items
    }

    // MARK: Writing

    /// - entries: ascending by prefix.
    var bytes: [UInt8] {
        var out = DirectoryWriter()
        switch self {
        case .summary(let told, let span, let entries):
            out.byte(1)
            out.number(told)
            out.span(span)
            // Incarnations lie close together where they are times: their differences are short.
            let least = entries.map(\.version.incarnation).min() ?? 0
            out.number(least)
            out.number(UInt64(entries.count))
            for entry in entries {
                out.prefix(entry.prefix)
                out.number(entry.version.incarnation - least)
                out.number(entry.version.sequence << 1 | (entry.isDown ? 1 : 0))
                out.byte(entry.version.tag)
            }
        case .answer(let span, let more, let named, let wanted, let items):
            out.byte(2)
            out.span(span)
            out.byte(more ? 1 : 0)
            out.span(named)
            out.number(UInt64(wanted.count))
            for prefix in wanted { out.prefix(prefix) }
            out.items(items)
        case .news(let span, let items):
            out.byte(3)
            out.span(span)
            out.items(items)
        }
        return out.bytes
    }
}

extension DirectoryItem {
    /// Bytes that it takes at most in a message.
    var longest: Int {
        switch self {
        case .record(let bytes, _): bytes.count + 3
        case .claim: 27
        }
    }
}

extension DirectoryWriter {
    fileprivate mutating func span(_ span: DirectorySpan) {
        number(span.from)
        number(span.upTo)
    }

    fileprivate mutating func items(_ items: [DirectoryItem]) {
        for item in items {
            switch item {
            case .record(let bytes, let isDown):
                byte(isDown ? 1 : 0)
                block(bytes)
            case .claim(let prefix, let version):
                byte(2)
                var inner = DirectoryWriter()
                inner.prefix(prefix)
                inner.number(version.incarnation)
                inner.number(version.sequence)
                inner.byte(version.tag)
                block(inner.bytes)
            }
        }
    }
}
