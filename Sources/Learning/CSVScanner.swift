// Room:  Learning (floor 2, pure).
// Task:  cuts the bytes of a CSV file into records and cells, and knows where each stands.
// May:   nothing but the standard library.
// Proof: Tests/LearningTests/CSVTests.swift

/// Walks over a file: `beginRecord`, then `nextCell` until nil, and again.
struct CSVScanner {
    struct Cell {
        /// The content without quotation marks, and without blanks around it.
        var start: Int
        var end: Int
        /// Doubled quotation marks stand inside.
        var doubled: Bool
        var line: Int
        /// Counted from 1.
        var column: Int
    }

    let file: String
    var names: [String] = []
    private(set) var line = 1
    private let input: UnsafeBufferPointer<UInt8>
    private var at: Int
    private let end: Int
    private var column = 0
    private var recordEnded = true

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let feed = UInt8(ascii: "\n")
    private static let carriage = UInt8(ascii: "\r")

    init(_ input: UnsafeBufferPointer<UInt8>, file: String) {
        self.input = input
        self.file = file
        // A byte order mark is no part of the first name.
        at = input.count >= 3 && input[0] == 0xEF && input[1] == 0xBB && input[2] == 0xBF ? 3 : 0
        var end = input.count
        while end > at, input[end - 1] == Self.feed || input[end - 1] == Self.carriage { end -= 1 }
        self.end = end
    }

    /// False at the end of the file.
    mutating func beginRecord() -> Bool {
        guard at < end else { return false }
        column = 0
        recordEnded = false
        return true
    }

    /// The next cell of this record, nil after its last.
    mutating func nextCell() throws(DataError) -> Cell? {
        guard !recordEnded else { return nil }
        column += 1
        skipBlanks()
        let cell: Cell
        if at < end, input[at] == Self.quote {
            cell = try quotedCell()
        } else {
            cell = try plainCell()
        }
        guard at < end else {
            recordEnded = true
            return cell
        }
        if input[at] == Self.comma {
            at += 1
        } else {
            if input[at] == Self.carriage {
                guard at + 1 < input.count, input[at + 1] == Self.feed else {
                    throw .bareCarriageReturn(place(cell))
                }
                at += 1
            }
            at += 1
            line += 1
            recordEnded = true
        }
        return cell
    }

    func bytes(_ cell: Cell) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: input[cell.start..<cell.end])
    }

    func text(_ cell: Cell) throws(DataError) -> String {
        guard let text = String(validating: bytes(cell), as: UTF8.self) else {
            throw .notText(place(cell))
        }
        guard cell.doubled else { return text }
        var out = ""
        var skip = false
        for character in text.unicodeScalars {
            if character == "\"" {
                skip.toggle()
                if skip { continue }
            }
            out.unicodeScalars.append(character)
        }
        return out
    }

    func place(_ cell: Cell) -> DataPlace {
        DataPlace(
            file: file, line: cell.line, column: cell.column,
            name: cell.column <= names.count ? names[cell.column - 1] : nil)
    }

    private mutating func plainCell() throws(DataError) -> Cell {
        var cell = Cell(start: at, end: at, doubled: false, line: line, column: column)
        while at < end {
            let byte = input[at]
            if byte == Self.comma || byte == Self.feed || byte == Self.carriage { break }
            guard byte != Self.quote else { throw .strayQuote(place(cell)) }
            at += 1
        }
        cell.end = at
        while cell.end > cell.start, Self.isBlank(input[cell.end - 1]) { cell.end -= 1 }
        return cell
    }

    private mutating func quotedCell() throws(DataError) -> Cell {
        at += 1
        var cell = Cell(start: at, end: at, doubled: false, line: line, column: column)
        while true {
            guard at < end else { throw .unclosedQuote(place(cell)) }
            let byte = input[at]
            at += 1
            if byte == Self.feed {
                line += 1
            } else if byte == Self.quote {
                guard at < end, input[at] == Self.quote else { break }
                cell.doubled = true
                at += 1
            }
        }
        cell.end = at - 1
        skipBlanks()
        let next = at < end ? input[at] : Self.feed
        guard next == Self.comma || next == Self.feed || next == Self.carriage else {
            throw .strayQuote(place(cell))
        }
        return cell
    }

    private mutating func skipBlanks() {
        while at < end, Self.isBlank(input[at]) { at += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
