// Room:  starling (floor 6).
// Task:  a chart as data: panels, lines in them, and what tells the lines apart.
// May:   nothing but the standard library.
// Proof: Tests/EndToEndTests/SimulateTests.swift

/// Everything that is drawn; `svg` draws it.
struct Chart: Sendable {
    /// What a line looks like: colour, pattern and width together.
    enum Style: Int, Sendable, CaseIterable {
        case solid, dashed, dotted, dashDotted, fine
    }

    struct Line: Sendable {
        let style: Style
        /// Thin where one of many.
        let isThin: Bool
        let points: [(x: Double, y: Double)]
        /// A ring at this place of the line.
        var mark: (x: Double, y: Double)?
    }

    /// Across the whole panel at one height.
    struct Level: Sendable {
        let y: Double
        let words: String
        let place: Place

        /// Where the words stand: at the left or the right end, above or below the line.
        enum Place: Sendable {
            case aboveLeft, belowLeft, belowRight
        }
    }

    struct Panel: Sendable {
        let title: String
        let xTitle: String
        let x: ChartScale
        let y: ChartScale
        let lines: [Line]
        let level: Level?
        /// What cannot be drawn, in words.
        var note = ""
    }

    struct Entry: Sendable {
        let style: Style
        let name: String
    }

    let title: String
    let legend: [Entry]
    /// Two in a row.
    let panels: [Panel]
}
