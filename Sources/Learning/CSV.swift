// Room:  Learning (floor 2, pure).
// Task:  a table with a header line: numbers, and one column of class names.
// May:   Model.   May not: files (bytes come in).
// Proof: Tests/LearningTests/CSVTests.swift

/// What a CSV file holds.
public struct Table: Sendable, Equatable {
    public let dataset: Dataset
    /// Names of the columns but the label's, in the file's order.
    public let featureNames: [String]
    /// Names of the classes; a label is an index into it.
    public let classes: [String]

    public init(dataset: Dataset, featureNames: [String], classes: [String]) {
        precondition(featureNames.count == dataset.features, "one name for each feature")
        precondition(dataset.labels.allSatisfy { $0 < classes.count }, "one name for each class")
        self.dataset = dataset
        self.featureNames = featureNames
        self.classes = classes
    }
}

/// Comma-separated values by RFC 4180, in UTF-8.
public enum CSV {
    /// Reads a table. Every column but the label's holds finite numbers.
    ///
    /// Spaces and tabs around a cell do not count; empty lines at the end do not either.
    ///
    /// - label: name of the column that holds the class.
    /// - classes: the class names in the order of the model's outputs; nil collects those that
    ///   occur and sorts them (as numbers where all are whole numbers).
    /// - features: how many features the model takes; nil accepts any number.
    /// - file: name for the errors.
    /// - Throws: `DataError` for the first fault, with line and column.
    /// - Complexity: O(bytes); 100,000 rows of 30 columns take about an eighth of a second.
    public static func parse(
        _ bytes: [UInt8], label: String, classes: [String]? = nil, features: Int? = nil,
        file: String
    ) throws(DataError) -> Table {
        try bytes.withUnsafeBufferPointer { (buffer) throws(DataError) -> Table in
            var scanner = CSVScanner(buffer, file: file)
            let names = try header(&scanner)
            guard let labelColumn = names.firstIndex(of: label) else {
                throw .noLabelColumn(file: file, label: label, columns: names)
            }
            if let features, names.count - 1 != features {
                throw .wrongFeatures(file: file, found: names.count - 1, expected: features)
            }
            guard names.count >= 2 else {
                throw .wrongFeatures(file: file, found: 0, expected: features ?? 1)
            }
            scanner.names = names
            var classList = ClassList(known: classes)
            var inputs: [Float] = []
            var labels: [Int32] = []
            while scanner.beginRecord() {
                let line = scanner.line
                var column = 0
                while let cell = try scanner.nextCell() {
                    if column == labelColumn {
                        labels.append(try classList.index(of: cell, scanner))
                    } else if column < names.count {
                        inputs.append(try number(cell, scanner))
                    }
                    column += 1
                }
                guard column == names.count else {
                    throw .wrongWidth(file: file, line: line, found: column, expected: names.count)
                }
            }
            guard !labels.isEmpty else { throw .noRows(file: file) }
            let order = classList.sorted()
            guard order.names.count >= 2 else {
                throw .tooFewClasses(file: file, found: order.names.count)
            }
            let dataset = Dataset(
                features: names.count - 1, inputs: inputs,
                labels: labels.map { order.places[Int($0)] })
            var featureNames = names
            featureNames.remove(at: labelColumn)
            return Table(dataset: dataset, featureNames: featureNames, classes: order.names)
        }
    }

    /// Writes a table that `parse` reads back to the bit; the label is the last column.
    public static func text(_ table: Table, label: String) -> [UInt8] {
        var out: [UInt8] = []
        let (data, width) = (table.dataset, table.dataset.features)
        out.reserveCapacity(data.rows * (width + 1) * 6)
        out += (table.featureNames + [label]).map(quoted).joined(separator: ",").utf8
        out.append(UInt8(ascii: "\n"))
        for row in 0..<data.rows {
            for value in data.inputs[row * width..<(row + 1) * width] {
                // Whole numbers without ".0", as most files have them.
                let whole = value.rounded() == value && value.magnitude < 0x1p24
                out += (whole ? "\(Int32(value))" : "\(value)").utf8
                out.append(UInt8(ascii: ","))
            }
            out += quoted(table.classes[Int(data.labels[row])]).utf8
            out.append(UInt8(ascii: "\n"))
        }
        return out
    }

    private static func quoted(_ text: String) -> String {
        let special = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        guard special else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    private static func header(_ scanner: inout CSVScanner) throws(DataError) -> [String] {
        var names: [String] = []
        guard scanner.beginRecord() else { throw .noRows(file: scanner.file) }
        while let cell = try scanner.nextCell() {
            let name = try scanner.text(cell)
            guard !name.isEmpty else { throw .emptyName(scanner.place(cell)) }
            guard !names.contains(name) else {
                scanner.names = names + [name]
                throw .duplicateName(scanner.place(cell))
            }
            names.append(name)
        }
        return names
    }

    private static func number(
        _ cell: CSVScanner.Cell, _ scanner: CSVScanner
    ) throws(DataError) -> Float {
        let text = scanner.bytes(cell)
        guard text.count > 0 else { throw .missingCell(scanner.place(cell)) }
        switch Decimal.parse(text) {
        case .number(let value): return value
        case .notFinite: throw .notFinite(scanner.place(cell))
        case .notANumber: throw .notANumber(scanner.place(cell))
        }
    }
}

/// The classes: given, or collected in the order in which they occur.
private struct ClassList {
    private var names: [String]
    private var places: [String: Int32] = [:]
    private let closed: Bool

    init(known: [String]?) {
        names = known ?? []
        closed = known != nil
        for (place, name) in names.enumerated() where places[name] == nil {
            places[name] = Int32(place)
        }
    }

    mutating func index(
        of cell: CSVScanner.Cell, _ scanner: CSVScanner
    ) throws(DataError) -> Int32 {
        let name = try scanner.text(cell)
        guard !name.isEmpty else { throw .missingCell(scanner.place(cell)) }
        if let place = places[name] { return place }
        guard !closed else { throw .unknownClass(scanner.place(cell), known: names) }
        let place = Int32(names.count)
        places[name] = place
        names.append(name)
        return place
    }

    /// The names in their final order, and where each of the present ones went.
    func sorted() -> (names: [String], places: [Int32]) {
        guard !closed else { return (names, names.indices.map { Int32($0) }) }
        let numbers = names.compactMap { Int($0) }
        let order =
            numbers.count == names.count
            ? names.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
            : names.indices.sorted { names[$0] < names[$1] }
        var moved = [Int32](repeating: 0, count: names.count)
        for (place, old) in order.enumerated() { moved[old] = Int32(place) }
        return (order.map { names[$0] }, moved)
    }
}
