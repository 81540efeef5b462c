// Room:  starling (floor 6).
// Task:  a chart as SVG text: light or dark as the reader's theme is, no scripts, no fonts.
// May:   nothing but the standard library.
// Proof: Tests/EndToEndTests/SimulateTests.swift

extension Chart {
    private enum Size {
        static let width = 960.0
        static let head = 104.0
        static let left = 76.0
        static let plotWidth = 382.0
        static let plotHeight = 238.0
        /// From the left edge of one panel to that of the next, and from top to top.
        static let across = 488.0
        static let down = 314.0
        static let foot = 64.0
    }

    /// The whole file.
    var svg: String {
        let rows = (panels.count + 1) / 2
        let height =
            Size.head + Double(rows - 1) * Size.down + Size.plotHeight + Size.foot
        var out = SVGText()
        out.line(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(n(Size.width))\" "
                + "height=\"\(n(height))\" viewBox=\"0 0 \(n(Size.width)) \(n(height))\" "
                + "role=\"img\">")
        out.line("<title>\(SVGText.escaped(title))</title>")
        out.line("<style>\(Self.styles)</style>")
        out.line("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>")
        out.text(title, x: Size.left, y: 34, "head")
        drawLegend(into: &out)
        for (number, panel) in panels.enumerated() {
            let frame = Frame(
                left: Size.left + Double(number % 2) * Size.across,
                top: Size.head + Double(number / 2) * Size.down,
                width: Size.plotWidth, height: Size.plotHeight)
            draw(panel, number, in: frame, into: &out)
        }
        out.line("</svg>")
        return out.text
    }

    // MARK: Colours

    /// Okabe and Ito's colours, which differ to the colour-blind too; lighter ones on dark.
    private static let styles = """
        text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;\
        fill:#3c4043}\
        .head{font-size:17px;font-weight:600;fill:#111}\
        .name{font-size:14px;font-weight:600;fill:#111}\
        .paper{fill:#fff}\
        .grid{stroke:#e3e6ea;stroke-width:1;fill:none}\
        .fine{stroke:#f1f3f5;stroke-width:1;fill:none}\
        .axis{stroke:#80868b;stroke-width:1;fill:none}\
        .level{stroke:#5f6368;stroke-width:1;stroke-dasharray:2 3;fill:none}\
        .c{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:butt}\
        .thin{stroke-width:1.2;stroke-opacity:.75}\
        .s0{stroke:#0072b2;stroke-width:2.8}\
        .s1{stroke:#d55e00;stroke-dasharray:9 4}\
        .s2{stroke:#00805d;stroke-dasharray:2.5 3}\
        .s3{stroke:#9c4f80;stroke-dasharray:11 3 2.5 3}\
        .s4{stroke:#80868b;stroke-width:1.4}\
        .s0.thin{stroke-width:1.4}\
        .ring{fill:#fff;stroke-width:2;stroke-dasharray:none}\
        .over{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}\
        .end{text-anchor:end}.middle{text-anchor:middle}\
        @media (prefers-color-scheme:dark){\
        text{fill:#bdc1c6}.head,.name{fill:#f1f3f4}.paper{fill:#16181c}\
        .grid{stroke:#33373d}.fine{stroke:#24272c}.axis{stroke:#80868b}.level{stroke:#9aa0a6}\
        .s0{stroke:#56b4e9}.s1{stroke:#f0954a}.s2{stroke:#2fc79a}.s3{stroke:#d68fba}\
        .s4{stroke:#9aa0a6}\
        .ring{fill:#16181c}.over{stroke:#16181c}}
        """

    // MARK: Parts

    private struct Frame {
        let left, top, width, height: Double
        var right: Double { left + width }
        var bottom: Double { top + height }

        func x(_ share: Double) -> Double { left + share * width }
        func y(_ share: Double) -> Double { bottom - share * height }
    }

    private func drawLegend(into out: inout SVGText) {
        var x = Size.left
        for entry in legend {
            out.line(
                "<path class=\"c s\(entry.style.rawValue)\" d=\"M\(n(x)) 56H\(n(x + 38))\"/>")
            out.text(entry.name, x: x + 46, y: 60.5, "")
            // A generous guess of the text's width.
            x += 46 + 7.2 * Double(entry.name.count) + 28
        }
    }

    private func draw(_ panel: Panel, _ number: Int, in frame: Frame, into out: inout SVGText) {
        out.line("<g>")
        out.text(panel.title, x: frame.left, y: frame.top - 9, "name")
        if !panel.note.isEmpty {
            out.text(panel.note, x: frame.right, y: frame.top - 9, "end")
        }
        for tick in panel.x.ticks {
            guard let share = panel.x.place(tick.value) else { continue }
            let x = n(frame.x(share))
            let kind = tick.label.isEmpty ? "fine" : "grid"
            out.line("<path class=\"\(kind)\" d=\"M\(x) \(n(frame.top))V\(n(frame.bottom))\"/>")
            if !tick.label.isEmpty {
                out.text(tick.label, x: frame.x(share), y: frame.bottom + 19, "middle")
            }
        }
        for tick in panel.y.ticks {
            guard let share = panel.y.place(tick.value) else { continue }
            let y = n(frame.y(share))
            let kind = tick.label.isEmpty ? "fine" : "grid"
            out.line("<path class=\"\(kind)\" d=\"M\(n(frame.left)) \(y)H\(n(frame.right))\"/>")
            if !tick.label.isEmpty {
                out.text(tick.label, x: frame.left - 8, y: frame.y(share) + 4.5, "end")
            }
        }
        out.line(
            "<path class=\"axis\" d=\"M\(n(frame.left)) \(n(frame.top))V\(n(frame.bottom))"
                + "H\(n(frame.right))\"/>")
        out.text(
            panel.xTitle, x: frame.x(0.5), y: frame.bottom + 42, "middle")
        out.line(
            "<clipPath id=\"p\(number)\"><rect x=\"\(n(frame.left))\" y=\"\(n(frame.top - 3))\" "
                + "width=\"\(n(frame.width + 3))\" height=\"\(n(frame.height + 6))\"/></clipPath>")
        out.line("<g clip-path=\"url(#p\(number))\">")
        // The solid one below: it shows through the gaps of the others.
        for line in panel.lines { draw(line, of: panel, in: frame, into: &out) }
        out.line("</g>")
        drawLevel(panel, in: frame, into: &out)
        out.line("</g>")
    }

    private func drawLevel(_ panel: Panel, in frame: Frame, into out: inout SVGText) {
        guard let level = panel.level, let share = panel.y.place(level.y),
            (0...1).contains(share)
        else { return }
        let y = frame.y(share)
        out.line("<path class=\"level\" d=\"M\(n(frame.left)) \(n(y))H\(n(frame.right))\"/>")
        switch level.place {
        case .aboveLeft: out.text(level.words, x: frame.left + 6, y: y - 6, "over")
        case .belowLeft: out.text(level.words, x: frame.left + 6, y: y + 17, "over")
        case .belowRight: out.text(level.words, x: frame.right - 6, y: y + 17, "end over")
        }
    }

    private func draw(
        _ line: Line, of panel: Panel, in frame: Frame, into out: inout SVGText
    ) {
        func position(_ point: (x: Double, y: Double)) -> (x: Double, y: Double)? {
            guard let x = panel.x.place(point.x), let y = panel.y.place(point.y) else { return nil }
            return (frame.x(x), frame.y(y))
        }
        let places = line.points.compactMap(position)
        guard !places.isEmpty else { return }
        let kind = "c s\(line.style.rawValue)" + (line.isThin ? " thin" : "")
        let path = places.map { "\(n($0.x)) \(n($0.y))" }.joined(separator: "L")
        out.line("<path class=\"\(kind)\" d=\"M\(path)\"/>")
        if let mark = line.mark.flatMap(position) {
            out.line(
                "<circle class=\"\(kind) ring\" cx=\"\(n(mark.x))\" cy=\"\(n(mark.y))\" r=\"4\"/>")
        }
    }

    /// A length, down to a tenth of a pixel.
    private func n(_ value: Double) -> String {
        let text = Figures.fixed(value, 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// Lines of SVG.
private struct SVGText {
    private(set) var text = ""

    mutating func line(_ line: String) { text += line + "\n" }

    mutating func text(_ words: String, x: Double, y: Double, _ kind: String) {
        let name = kind.isEmpty ? "" : " class=\"\(kind)\""
        line(
            "<text\(name) x=\"\(Figures.fixed(x, 1))\" y=\"\(Figures.fixed(y, 1))\">"
                + "\(Self.escaped(words))</text>")
    }

    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in Terminal.harmless(text).unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
