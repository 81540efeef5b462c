// Room:  starling (floor 6).
// Task:  aligned columns that fit a terminal of 80.
// May:   nothing but the standard library.
// Proof: Tests/EndToEndTests

/// Rows of cells under a header.
struct TextTable {
    enum Alignment {
        case left, right
    }

    struct Column {
        let title: String
        var alignment = Alignment.left
        /// Characters that it has at least, so that tables one below the other stand in line.
        var minimum = 0
        /// May be cut where the table is too wide.
        var isFlexible = false
    }

    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        var style: Terminal.Style?

        init(_ text: String, _ style: Terminal.Style? = nil) {
            self.text = Terminal.harmless(text)
            self.style = style
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "one cell a column")
        rows.append(row)
    }

    /// No blanks at the ends of lines.
    func lines(width most: Int = 80, for terminal: Terminal) -> [String] {
        var widths = columns.indices.map { index in
            rows.reduce(max(columns[index].title.count, columns[index].minimum)) {
                max($0, $1[index].text.count)
            }
        }
        let gaps = 2 * (columns.count - 1)
        for index in columns.indices where columns[index].isFlexible {
            let excess = widths.reduce(gaps, +) - most
            if excess > 0 { widths[index] = max(6, widths[index] - excess) }
        }
        let header = columns.map { Cell($0.title, .bold) }
        return ([header] + rows).map { row in
            var line = ""
            var blanks = 0
            for (index, cell) in row.enumerated() {
                let text = Self.cut(cell.text, to: widths[index])
                let room = widths[index] - text.count
                let isRight = columns[index].alignment == .right
                if !text.isEmpty {
                    line += String(repeating: " ", count: blanks + (isRight ? room : 0))
                    line += terminal.painted(text, cell.style)
                    blanks = isRight ? 0 : room
                } else {
                    blanks += room
                }
                blanks += 2
            }
            return line
        }
    }

    static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }
}

/// What is known of one thing, a line a fact.
struct FactSheet {
    private var facts: [(name: String, text: String, style: Terminal.Style?)] = []

    mutating func add(_ name: String, _ text: String, _ style: Terminal.Style? = nil) {
        facts.append((name, Terminal.harmless(text), style))
    }

    /// Long texts go on below themselves.
    func lines(width most: Int = 80, for terminal: Terminal) -> [String] {
        let indent = facts.reduce(0) { max($0, $1.name.count) } + 2
        return facts.flatMap { fact in
            Self.wrapped(fact.text, to: max(most - indent, 20)).enumerated().map { place, part in
                let name = place == 0 ? fact.name : ""
                let room = String(repeating: " ", count: indent - name.count)
                return terminal.painted(name, .dim) + room + terminal.painted(part, fact.style)
            }
        }
    }

    /// All facts one below the other beside one mark, four wide.
    func marked(
        _ mark: String, _ style: Terminal.Style, width most: Int = 80, for terminal: Terminal
    ) -> [String] {
        let indent = 6
        return facts.enumerated().flatMap { number, fact in
            Self.wrapped(fact.text, to: max(most - indent, 20)).enumerated().map { place, part in
                let isFirst = number == 0 && place == 0
                let room = String(repeating: " ", count: indent - (isFirst ? mark.count : 0))
                return (isFirst ? terminal.painted(mark, style) : "") + room
                    + terminal.painted(part, number == 0 ? nil : .dim)
            }
        }
    }

    /// Broken at blanks; a word longer than the width stays whole, so that it can be copied.
    private static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
