// Room:  Learning (floor 2, pure).
// Task:  what can be wrong with a user's data, and where exactly.
// May:   Model.   May not: show a cell's content: it may be somebody's data.
// Proof: Tests/LearningTests/CSVTests.swift, NPYTests.swift

import Model

/// Where a cell stands.
public struct DataPlace: Sendable, Equatable, CustomStringConvertible {
    public let file: String
    /// Line of the file on which the cell begins, counted from 1.
    public let line: Int
    /// Column of the table, counted from 1.
    public let column: Int
    /// The column's name in the header.
    public let name: String?

    public init(file: String, line: Int, column: Int, name: String?) {
        self.file = file
        self.line = line
        self.column = column
        self.name = name
    }

    public var description: String {
        let title = name.map { " ('\($0)')" } ?? ""
        return "\(file), line \(line), column \(column)\(title)"
    }
}

/// A fault in a data file. It names the place and never the cell's content.
public enum DataError: Error, Equatable {
    case missingCell(DataPlace)
    case notANumber(DataPlace)
    case notFinite(DataPlace)
    case unknownClass(DataPlace, known: [String])
    case notText(DataPlace)
    case strayQuote(DataPlace)
    case unclosedQuote(DataPlace)
    case bareCarriageReturn(DataPlace)
    case emptyName(DataPlace)
    case duplicateName(DataPlace)
    case wrongWidth(file: String, line: Int, found: Int, expected: Int)
    case noLabelColumn(file: String, label: String, columns: [String])
    case wrongFeatures(file: String, found: Int, expected: Int)
    case tooFewClasses(file: String, found: Int)
    case noRows(file: String)

    /// Not an NPY file, or one that is damaged or of a kind not read here.
    case badArray(file: String, reason: String)
    /// An entry that is NaN or infinite; both counted from 1.
    case notFiniteEntry(file: String, row: Int, column: Int)
    /// A label that is not a whole number from 0 up to the number of classes; `row` from 1.
    case badLabelEntry(file: String, row: Int, classes: Int)
    case differentRows(features: Int, labels: Int)
}

extension DataError: Fault {
    public var exitStatus: Int32 { 65 }

    public var code: String {
        switch self {
        case .missingCell: "learning.missing-cell"
        case .notANumber: "learning.not-a-number"
        case .notFinite, .notFiniteEntry: "learning.not-finite"
        case .unknownClass: "learning.unknown-class"
        case .notText: "learning.not-text"
        case .strayQuote: "learning.stray-quote"
        case .unclosedQuote: "learning.unclosed-quote"
        case .bareCarriageReturn: "learning.bare-carriage-return"
        case .emptyName: "learning.empty-name"
        case .duplicateName: "learning.duplicate-name"
        case .wrongWidth: "learning.wrong-width"
        case .noLabelColumn: "learning.no-label-column"
        case .wrongFeatures: "learning.wrong-features"
        case .tooFewClasses: "learning.too-few-classes"
        case .noRows: "learning.no-rows"
        case .badArray: "learning.bad-array"
        case .badLabelEntry: "learning.bad-label"
        case .differentRows: "learning.different-rows"
        }
    }

    public var what: String {
        switch self {
        case .missingCell(let place): "\(place): the cell is empty"
        case .notANumber(let place): "\(place): not a number"
        case .notFinite(let place): "\(place): not a finite number"
        case .unknownClass(let place, _): "\(place): a class that the federation does not know"
        case .notText(let place): "\(place): not UTF-8 text"
        case .strayQuote(let place): "\(place): a quotation mark inside a cell"
        case .unclosedQuote(let place): "\(place): the quotation mark is never closed"
        case .bareCarriageReturn(let place): "\(place): a carriage return without a line feed"
        case .emptyName(let place): "\(place): the column has no name"
        case .duplicateName(let place): "\(place): a second column of this name"
        case .wrongWidth(let file, let line, let found, let expected):
            "\(file), line \(line): \(found) cells, the header has \(expected)"
        case .noLabelColumn(let file, let label, _):
            "\(file), line 1: no column is called '\(label)'"
        case .wrongFeatures(let file, let found, let expected):
            "\(file): \(found) features, the model has \(expected)"
        case .tooFewClasses(let file, let found):
            "\(file): \(found) class in the label column, a model needs two"
        case .noRows(let file): "\(file): no rows"
        case .badArray(let file, let reason): "\(file): \(reason)"
        case .notFiniteEntry(let file, let row, let column):
            "\(file), row \(row), column \(column): not a finite number"
        case .badLabelEntry(let file, let row, let classes):
            "\(file), row \(row): not a class from 0 to \(classes - 1)"
        case .differentRows(let features, let labels):
            "\(features) rows of features, \(labels) labels"
        }
    }

    public var hint: String? {
        switch self {
        case .missingCell: "fill the cell or leave the row out; nothing is guessed"
        case .notANumber: "every column but the label holds numbers, with a point and no spaces"
        case .notFinite, .notFiniteEntry: "leave the row out or mend the value"
        case .unknownClass(_, let known): "the classes are \(Self.list(known))"
        case .notText: "save the file as UTF-8"
        case .strayQuote: "put the whole cell in quotation marks and double those inside it"
        case .unclosedQuote: "close it, or double a quotation mark that belongs to the text"
        case .bareCarriageReturn: "end lines with a line feed, with or without a carriage return"
        case .emptyName, .duplicateName: "the first line gives every column a name of its own"
        case .wrongWidth: "a comma inside a cell needs quotation marks around the cell"
        case .noLabelColumn(_, _, let columns): "the columns are \(Self.list(columns))"
        case .wrongFeatures: "all sites need the same columns; compare with the federation file"
        case .tooFewClasses: "give the class names in the federation file"
        case .noRows, .badArray, .differentRows: nil
        case .badLabelEntry: "labels are numbers of classes, in the federation file's order"
        }
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(12).map { "'\($0)'" }.joined(separator: ", ")
        return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
    }
}
