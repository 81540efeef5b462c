// Room:  Federation (floor 2, pure).
// Task:  the typed reads of one table: strings, numbers, lists, choices, tables inside.
// May:   nothing but the standard library.
// Proof: Tests/FederationTests/TOMLReaderTests.swift

/// One table of a text. Each read makes its key known to the reader.
///
/// A read without a `default` throws `missingKey` where the key is not there. All throw `wrongType`
/// for a value of another type and `badValue` outside a range, with the value's line and column.
public struct TOMLSection {
    let reader: TOMLReader
    /// The way here from the root, for `TOMLReader.fault`.
    public let path: [TOMLStep]

    init(reader: TOMLReader, path: [TOMLStep]) {
        self.reader = reader
        self.path = path
        reader.open(path)
    }

    /// Whether the text has this table.
    public var isPresent: Bool { reader.node(at: path) != nil }

    /// Whether the key has a value, in the text or by an override. Makes it known.
    public func has(_ key: String) -> Bool {
        reader.learn(key, at: path)
        let place = path + [.key(key)]
        return reader.override(for: place) != nil || reader.node(at: place) != nil
    }

    /// A fault at the value of `key`.
    public func fault(_ key: String, _ message: String, hint: String? = nil) -> TOMLFault {
        reader.fault(.badValue, at: path + [.key(key)], message, hint: hint)
    }

    // MARK: Tables inside

    public func section(_ name: String) -> TOMLSection {
        reader.learn(name, at: path)
        return TOMLSection(reader: reader, path: path + [.key(name)])
    }

    public func sections(_ name: String) throws(TOMLFault) -> [TOMLSection] {
        reader.learn(name, at: path)
        let place = path + [.key(name)]
        guard let node = reader.node(at: place) else { return [] }
        guard case .array(let elements) = node else {
            throw reader.fault(
                .wrongType, at: place, "'\(name)' must be a list of tables, this is \(node.kind)",
                hint: "write [[\(name)]] before each")
        }
        var sections: [TOMLSection] = []
        for (index, element) in elements.enumerated() {
            let inner = place + [.index(index)]
            guard case .table = element else {
                throw reader.fault(
                    .wrongType, at: inner,
                    "'\(name)' must be a list of tables, this is \(element.kind)")
            }
            sections.append(TOMLSection(reader: reader, path: inner))
        }
        return sections
    }

    // MARK: Single values

    public func string(_ key: String, default fallback: String) throws(TOMLFault) -> String {
        try optionalString(key) ?? fallback
    }

    public func string(_ key: String) throws(TOMLFault) -> String {
        try required(key, try optionalString(key))
    }

    public func optionalString(_ key: String) throws(TOMLFault) -> String? {
        try read(key, "a string", override: { $0 }) { node in
            if case .string(let text) = node { text } else { nil }
        }
    }

    public func integer(
        _ key: String, default fallback: Int, in range: ClosedRange<Int>? = nil
    ) throws(TOMLFault) -> Int {
        try optionalInteger(key, in: range) ?? fallback
    }

    public func integer(
        _ key: String, in range: ClosedRange<Int>? = nil
    ) throws(TOMLFault) -> Int {
        try required(key, try optionalInteger(key, in: range))
    }

    public func optionalInteger(
        _ key: String, in range: ClosedRange<Int>? = nil
    ) throws(TOMLFault) -> Int? {
        let value = try read(key, "a whole number", override: { Int($0) }) { node in
            if case .integer(let value) = node { value } else { nil }
        }
        if let value, let range, !range.contains(value) {
            throw fault(
                key, "'\(key)' must be \(range.lowerBound) to \(range.upperBound), this is \(value)"
            )
        }
        return value
    }

    public func number(
        _ key: String, default fallback: Double, in range: ClosedRange<Double>? = nil
    ) throws(TOMLFault) -> Double {
        try optionalNumber(key, in: range) ?? fallback
    }

    public func number(
        _ key: String, in range: ClosedRange<Double>? = nil
    ) throws(TOMLFault) -> Double {
        try required(key, try optionalNumber(key, in: range))
    }

    /// Whole numbers are numbers too; infinities and NaN are none.
    public func optionalNumber(
        _ key: String, in range: ClosedRange<Double>? = nil
    ) throws(TOMLFault) -> Double? {
        let value = try read(key, "a number", override: { Double($0) }, Self.number)
        guard let value else { return nil }
        guard value.isFinite else {
            throw fault(key, "'\(key)' must be finite, this is \(value)")
        }
        if let range, !range.contains(value) {
            throw fault(
                key, "'\(key)' must be \(range.lowerBound) to \(range.upperBound), this is \(value)"
            )
        }
        return value
    }

    public func boolean(_ key: String, default fallback: Bool) throws(TOMLFault) -> Bool {
        try read(key, "true or false", override: { Bool($0) }) { node in
            if case .boolean(let value) = node { value } else { nil }
        } ?? fallback
    }

    /// One of a few words.
    public func choice<T: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: T
    ) throws(TOMLFault) -> T where T.RawValue == String {
        guard let text = try optionalString(key) else { return fallback }
        if let value = T(rawValue: text) { return value }
        let words = T.allCases.map { $0.rawValue }
        let nearest = Spelling.nearest(to: text, among: words)
        throw fault(
            key,
            "'\(key)' must be one of \(words.map { "\"\($0)\"" }.joined(separator: ", ")), "
                + "this is \"\(text)\"", hint: nearest.map { "did you mean \"\($0)\"?" })
    }

    // MARK: Lists

    /// Nil where the key is not there. As an override: words with commas between.
    public func strings(_ key: String) throws(TOMLFault) -> [String]? {
        try list(key, "a string", override: { $0 }) { node in
            if case .string(let text) = node { text } else { nil }
        }
    }

    public func integers(_ key: String) throws(TOMLFault) -> [Int]? {
        try list(key, "a whole number", override: { Int($0) }) { node in
            if case .integer(let value) = node { value } else { nil }
        }
    }

    /// Finite numbers.
    public func numbers(_ key: String) throws(TOMLFault) -> [Double]? {
        let values = try list(key, "a number", override: { Double($0) }, Self.number)
        if let values, let index = values.firstIndex(where: { !$0.isFinite }) {
            throw reader.fault(
                at: path + [.key(key), .index(index)],
                "'\(key)' must hold finite numbers, this is \(values[index])")
        }
        return values
    }

    // MARK: Machinery

    private static func number(_ node: TOMLNode) -> Double? {
        switch node {
        case .number(let value): value
        case .integer(let value): Double(value)
        case .string, .boolean, .other, .array, .table: nil
        }
    }

    private func required<T>(_ key: String, _ value: T?) throws(TOMLFault) -> T {
        guard let value else { throw reader.missing(key, at: path) }
        return value
    }

    private func read<T>(
        _ key: String, _ kind: String, override convert: (String) -> T?,
        _ extract: (TOMLNode) -> T?
    ) throws(TOMLFault) -> T? {
        reader.learn(key, at: path)
        let place = path + [.key(key)]
        if let override = reader.override(for: place) {
            reader.use(override)
            guard let value = convert(override.text) else {
                throw reader.fault(
                    .wrongType, at: place,
                    "'\(key)' must be \(kind), this is '\(override.text)'")
            }
            return value
        }
        try checkTable()
        guard let node = reader.node(at: place) else { return nil }
        guard let value = extract(node) else {
            throw reader.fault(
                .wrongType, at: place, "'\(key)' must be \(kind), this is \(node.kind)")
        }
        return value
    }

    private func list<T>(
        _ key: String, _ kind: String, override convert: (String) -> T?,
        _ extract: (TOMLNode) -> T?
    ) throws(TOMLFault) -> [T]? {
        reader.learn(key, at: path)
        let place = path + [.key(key)]
        if let override = reader.override(for: place) {
            reader.use(override)
            var values: [T] = []
            for part in override.text.split(separator: ",") {
                let word = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
                guard let value = convert(String(word)) else {
                    throw reader.fault(
                        .wrongType, at: place,
                        "'\(key)' must be a list, each \(kind), this holds '\(String(word))'")
                }
                values.append(value)
            }
            return values
        }
        try checkTable()
        guard let node = reader.node(at: place) else { return nil }
        guard case .array(let elements) = node else {
            throw reader.fault(
                .wrongType, at: place, "'\(key)' must be a list, this is \(node.kind)")
        }
        var values: [T] = []
        values.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let value = extract(element) else {
                throw reader.fault(
                    .wrongType, at: place + [.index(index)],
                    "each of '\(key)' must be \(kind), this is \(element.kind)")
            }
            values.append(value)
        }
        return values
    }

    /// `training = 3` where `[training]` is meant.
    private func checkTable() throws(TOMLFault) {
        guard let node = reader.node(at: path) else { return }
        if case .table = node { return }
        guard case .key(let name)? = path.last else { return }
        throw reader.fault(
            .wrongType, at: path, "'\(name)' must be a table, this is \(node.kind)",
            hint: "write [\(name)] on a line of its own")
    }
}
