// Room:  Federation (floor 2, pure).
// Task:  strict reading of TOML: every mistake has its place, every unknown key is one.
// May:   nothing but the standard library.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/TOMLReaderTests.swift

/// Reads a TOML text key by key, and at the end refuses every key that nobody asked for.
///
///     let reader = try TOMLReader(text, file: "starling.toml", overrides: overrides)
///     let node = reader.section("node")
///     let listen = try node.string("listen", default: "[::]:7447")
///     let view = try node.integer("view", default: 7, in: 1...64)
///     try reader.finish()
///
/// Asking for a key makes it known, present or not; the known keys are what a hint proposes. The
/// federation file and the daemon's configuration are both read this way.
public final class TOMLReader {
    public let file: String
    let root: TOMLNode
    let locator: TOMLLocator
    private let overrides: [TOMLOverride]
    private var usedOverrides: Set<String> = []
    private var known: [[TOMLStep]: [String]] = [[]: []]

    /// - file: its name, for messages only; nothing is opened.
    /// - overrides: values that go before the text's; of two for one key the last one counts.
    /// - Throws: `TOMLFault` of kind `syntax`.
    public init(
        _ text: String, file: String, overrides: [TOMLOverride] = []
    ) throws(TOMLFault) {
        self.file = file
        self.overrides = overrides
        (root, locator) = try TOMLNode.parse(text, file: file)
    }

    /// The keys above the first table.
    public var top: TOMLSection { TOMLSection(reader: self, path: []) }

    /// The table `[name]`. It may be missing: then all its keys are.
    public func section(_ name: String) -> TOMLSection { top.section(name) }

    /// The tables `[[name]]`, none where there is none.
    public func sections(_ name: String) throws(TOMLFault) -> [TOMLSection] {
        try top.sections(name)
    }

    /// Refuses the first key, in the order of the text, that nobody asked for; then the first such
    /// override.
    public func finish() throws(TOMLFault) {
        var unknown: [[TOMLStep]] = []
        collectUnknown(root, at: [], into: &unknown)
        let first = unknown.min { keyPosition($0) < keyPosition($1) }
        if let first { throw unknownKey(first) }
        for override in overrides where !usedOverrides.contains(override.name) {
            let spoken = known.flatMap { table, keys in keys.map { table + [.key($0)] } }
                .compactMap(Self.overrideName)
            let nearest = Spelling.nearest(to: override.name, among: spoken.sorted())
            throw TOMLFault(
                .unknownKey, at: .variable(override.variable), "no key goes by this name",
                hint: nearest.map { "did you mean \(override.prefix)\($0)?" })
        }
    }

    /// A fault at a value of the text, or at the variable that overrides it. Where the value is
    /// missing, at the innermost table around it; where that is missing too, at the end.
    public func fault(
        _ kind: TOMLFault.Kind = .badValue, at path: [TOMLStep], _ message: String,
        hint: String? = nil
    ) -> TOMLFault {
        if let override = override(for: path) {
            return TOMLFault(kind, at: .variable(override.variable), message, hint: hint)
        }
        var path = path
        while !path.isEmpty {
            if let place = locator.values[path] {
                return TOMLFault(kind, at: spot(place), message, hint: hint)
            }
            path.removeLast()
        }
        return TOMLFault(kind, at: spot(locator.end), message, hint: hint)
    }

    // MARK: For sections

    func learn(_ key: String, at table: [TOMLStep]) {
        if known[table, default: []].contains(key) { return }
        known[table, default: []].append(key)
    }

    func open(_ table: [TOMLStep]) {
        if known[table] == nil { known[table] = [] }
    }

    func node(at path: [TOMLStep]) -> TOMLNode? {
        path.reduce(Optional(root)) { node, step in node?[step] }
    }

    func override(for path: [TOMLStep]) -> TOMLOverride? {
        guard let name = Self.overrideName(path) else { return nil }
        return overrides.last { $0.name == name }
    }

    func use(_ override: TOMLOverride) { usedOverrides.insert(override.name) }

    /// A required key that is not there: perhaps it is, misspelt, or its table is.
    func missing(_ key: String, at table: [TOMLStep]) -> TOMLFault {
        if let path = misspelt(.key(key), in: table) { return unknownKey(path) }
        if node(at: table) == nil, let name = table.last,
            let path = misspelt(name, in: Array(table.dropLast()))
        {
            return unknownKey(path)
        }
        let place = Self.tableName(table)
        let message = "'\(key)' is missing" + (place.isEmpty ? "" : " in \(place)")
        guard table.isEmpty else { return fault(.missingKey, at: table, message) }
        return TOMLFault(.missingKey, at: .text(file: file, line: 1, column: 1), message)
    }

    /// The key in a table that nobody has asked for yet and that is spelt nearly as `step`.
    private func misspelt(_ step: TOMLStep, in table: [TOMLStep]) -> [TOMLStep]? {
        guard case .key(let key) = step, case .table(let entries) = node(at: table) else {
            return nil
        }
        let strange = entries.map(\.key).filter { !known[table, default: []].contains($0) }
        return Spelling.nearest(to: key, among: strange).map { table + [.key($0)] }
    }

    // MARK: Unknown keys

    private func collectUnknown(
        _ node: TOMLNode, at path: [TOMLStep], into unknown: inout [[TOMLStep]]
    ) {
        switch node {
        case .table(let entries):
            // A table read as a value of another kind has failed already.
            guard let asked = known[path] else { return }
            for entry in entries {
                let inner = path + [.key(entry.key)]
                if asked.contains(entry.key) {
                    collectUnknown(entry.value, at: inner, into: &unknown)
                } else {
                    unknown.append(inner)
                }
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                collectUnknown(element, at: path + [.index(index)], into: &unknown)
            }
        case .string, .integer, .number, .boolean, .other: break
        }
    }

    private func unknownKey(_ path: [TOMLStep]) -> TOMLFault {
        let table = Array(path.dropLast())
        guard case .key(let key)? = path.last else {
            preconditionFailure("only keys are unknown")
        }
        var hint: String?
        if let nearest = Spelling.nearest(to: key, among: known[table, default: []]) {
            hint = "did you mean '\(nearest)'?"
        } else {
            // The right key under the wrong head is the next likely slip.
            let homes = known.filter { $0.value.contains(key) && $0.key != table }
                .map { Self.tableName($0.key) }.sorted()
            hint = homes.first.map {
                "'\(key)' belongs \($0.isEmpty ? "to the top" : "under \($0)")"
            }
        }
        let place = Self.tableName(table)
        let inside = place.isEmpty ? "" : " in \(place)"
        return TOMLFault(
            .unknownKey, at: spot(keyPosition(path)), "unknown key '\(key)'\(inside)", hint: hint)
    }

    private func keyPosition(_ path: [TOMLStep]) -> TOMLLocator.Position {
        locator.keys[path] ?? locator.end
    }

    private func spot(_ place: TOMLLocator.Position) -> TOMLFault.Place {
        .text(file: file, line: place.line, column: place.column)
    }

    /// `[a.b]`, `[[a]]`, or empty for the top.
    private static func tableName(_ path: [TOMLStep]) -> String {
        let names = path.compactMap { step in
            if case .key(let key) = step { key } else { nil }
        }
        guard !names.isEmpty else { return "" }
        let name = names.joined(separator: ".")
        if case .index = path.last { return "[[\(name)]]" }
        return "[\(name)]"
    }

    /// `TRAINING_RATE` for `training.rate`; nil within lists.
    private static func overrideName(_ path: [TOMLStep]) -> String? {
        var names: [String] = []
        for step in path {
            guard case .key(let key) = step else { return nil }
            names.append(key.uppercased())
        }
        return names.joined(separator: "_")
    }
}
