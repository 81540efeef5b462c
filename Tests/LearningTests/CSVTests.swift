// Room:  LearningTests.
// Task:  tables as RFC 4180 has them, and each fault with its line and column.
// May:   Learning, Model, Testing.

import Learning
import Model
import Testing

@Suite struct CSVTests {
    private func parse(
        _ text: String, classes: [String]? = nil, features: Int? = nil
    ) throws(DataError) -> Table {
        try CSV.parse(
            Array(text.utf8), label: "kind", classes: classes, features: features, file: "f.csv")
    }

    private func error(
        _ text: String, classes: [String]? = nil, features: Int? = nil
    ) -> DataError? {
        do {
            _ = try parse(text, classes: classes, features: features)
            return nil
        } catch { return error }
    }

    private func place(_ line: Int, _ column: Int, _ name: String?) -> DataPlace {
        DataPlace(file: "f.csv", line: line, column: column, name: name)
    }

    @Test func `a plain table is read, the label from any column`() throws {
        let table = try parse("a,kind,b\n1,x,2.5\n-3e1,y,+0.25\n")
        #expect(table.featureNames == ["a", "b"])
        #expect(table.classes == ["x", "y"])
        #expect(
            table.dataset == Dataset(features: 2, inputs: [1, 2.5, -30, 0.25], labels: [0, 1]))
    }

    @Test func `line ends, quotes, blanks and a byte order mark do not matter`() throws {
        let plain = try parse("a,kind\n1,x\n2,y\n")
        #expect(try parse("a,kind\r\n1,x\r\n2,y\r\n") == plain)
        #expect(try parse("a,kind\n1,x\n2,y") == plain)
        #expect(try parse("a,kind\n1,x\n2,y\n\r\n\n") == plain)
        #expect(try parse("\u{FEFF}a,kind\n1,x\n2,y\n") == plain)
        #expect(try parse("\"a\",\"kind\"\n\"1\",\"x\"\n 2 , \"y\" \n") == plain)
    }

    @Test func `quoted cells hold commas, line breaks and quotation marks`() throws {
        let table = try parse("\"a,\"\"1\"\"\",kind\n1,\"x\ny\"\n2,\"\"\"\"\n")
        #expect(table.featureNames == ["a,\"1\""])
        #expect(table.classes == ["\"", "x\ny"])
        // A line break inside a cell counts as a line of the file.
        #expect(error("a,kind\n1,\"x\ny\"\nz,y\n") == .notANumber(place(4, 1, "a")))
    }

    @Test func `classes keep the order given, and a class never seen keeps its place`() throws {
        let table = try parse("a,kind\n1,x\n2,x\n", classes: ["y", "x", "z"])
        #expect(table.classes == ["y", "x", "z"])
        #expect(table.dataset.labels == [1, 1])
    }

    @Test func `collected classes are sorted, numbers as numbers`() throws {
        #expect(try parse("a,kind\n1,10\n2,9\n").classes == ["9", "10"])
        #expect(try parse("a,kind\n1,b\n2,a\n").dataset.labels == [1, 0])
        #expect(try parse("a,kind\n1,b10\n2,b9\n").classes == ["b10", "b9"])
    }

    @Test func `a bad cell is named by line and column`() {
        #expect(error("a,kind\n1,x\n,y\n") == .missingCell(place(3, 1, "a")))
        #expect(error("a,kind\n1,x\n \t,y\n") == .missingCell(place(3, 1, "a")))
        #expect(error("a,kind\n1,\n") == .missingCell(place(2, 2, "kind")))
        #expect(error("a,b,kind\n1,1 2,x\n") == .notANumber(place(2, 2, "b")))
        #expect(error("a,kind\nNA,x\n") == .notANumber(place(2, 1, "a")))
        #expect(error("a,kind\n1;2,x\n") == .notANumber(place(2, 1, "a")))
        for word in ["NaN", "-inf", "Infinity", "1e39", "-1e99999"] {
            #expect(error("a,kind\n\(word),x\n") == .notFinite(place(2, 1, "a")), "\(word)")
        }
        #expect(
            error("a,kind\n1,x\n2,q\n", classes: ["x", "y"])
                == .unknownClass(place(3, 2, "kind"), known: ["x", "y"]))
    }

    @Test func `a bad line is named`() {
        func width(_ line: Int, _ found: Int) -> DataError {
            .wrongWidth(file: "f.csv", line: line, found: found, expected: 2)
        }
        #expect(error("a,kind\n1,x\n1,x,3\n") == width(3, 3))
        #expect(error("a,kind\n1\n") == width(2, 1))
        #expect(error("a,kind\n1,x,\n") == width(2, 3))
        // An empty line in the middle is a row with one cell, and that cell is empty.
        #expect(error("a,kind\n1,x\n\n2,y\n") == .missingCell(place(3, 1, "a")))
    }

    @Test func `bad quotation marks and line ends are named`() {
        #expect(error("a,kind\n1,x\"y\n") == .strayQuote(place(2, 2, "kind")))
        #expect(error("a,kind\n1,\"x\"y\n") == .strayQuote(place(2, 2, "kind")))
        #expect(error("a,kind\n1,\"x\n2,y\n") == .unclosedQuote(place(2, 2, "kind")))
        #expect(error("a,kind\n1,x\r2,y\n") == .bareCarriageReturn(place(2, 2, "kind")))
        let latin: [UInt8] = Array("a,kind\n1,".utf8) + [0xE9, 0x0A]
        #expect(throws: DataError.notText(place(2, 2, "kind"))) {
            try CSV.parse(latin, label: "kind", file: "f.csv")
        }
    }

    @Test func `a bad header is named`() {
        #expect(error("") == .noRows(file: "f.csv"))
        #expect(error("a,kind\n") == .noRows(file: "f.csv"))
        #expect(error("a,,kind\n1,2,x\n") == .emptyName(place(1, 2, nil)))
        #expect(error("a,a,kind\n1,2,x\n") == .duplicateName(place(1, 2, "a")))
        #expect(
            error("a,b\n1,2\n")
                == .noLabelColumn(file: "f.csv", label: "kind", columns: ["a", "b"]))
        #expect(
            error("a,kind\n1,x\n", features: 2)
                == .wrongFeatures(file: "f.csv", found: 1, expected: 2))
        #expect(error("kind\nx\n") == .wrongFeatures(file: "f.csv", found: 0, expected: 1))
        #expect(error("a,kind\n1,x\n2,x\n") == .tooFewClasses(file: "f.csv", found: 1))
    }

    @Test func `an error names the place and never the cell`() throws {
        let fault = try #require(error("age,kind\n1,x\nSmith,x\n"))
        #expect(fault.what == "f.csv, line 3, column 1 ('age'): not a number")
        #expect(fault.description.hasSuffix("(learning.not-a-number)"))
        #expect(fault.exitStatus == 65)
        #expect(fault.hint?.isEmpty == false)
        let unknown = try #require(error("age,kind\n1,Smith\n", classes: ["x", "y"]))
        #expect(!unknown.what.contains("Smith"))
        #expect(unknown.hint == "the classes are 'x', 'y'")
    }

    @Test func `what is written is read back to the bit`() throws {
        for seed in 0..<20 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let inputs = (0..<60).map { _ in
                var value = Float.nan
                while !value.isFinite {
                    value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
                }
                return generator.below(3) == 0 ? Float(generator.below(2000) - 1000) : value
            }
            let labels = (0..<20).map { _ in Int32(generator.below(3)) }
            let table = Table(
                dataset: Dataset(features: 3, inputs: inputs, labels: labels),
                featureNames: ["a", "b \"c\"", "d,e"], classes: ["x", "y\n", "z"])
            let read = try CSV.parse(
                CSV.text(table, label: "kind"), label: "kind", classes: table.classes,
                file: "f.csv")
            #expect(read == table, "seed \(seed)")
        }
    }

    @Test func `damaged and random files never crash`() {
        let good = Array("a,\"b\",kind\n1,2.5,x\n\"3\",-4e2,\"y\"\"z\"\n".utf8)
        let letters = Array("\",\n\r.e-+1x \u{FEFF}".utf8)
        var generator = SeededGenerator(seed: 4)
        var refused = 0
        for _ in 0..<20_000 {
            var bad = good
            for _ in 0...generator.below(4) {
                let byte = letters[generator.below(letters.count)]
                switch generator.below(3) {
                case 0: bad[generator.below(bad.count)] = byte
                case 1: bad.remove(at: generator.below(bad.count))
                default: bad.insert(byte, at: generator.below(bad.count))
                }
            }
            do {
                let table = try CSV.parse(bad, label: "kind", file: "f.csv")
                #expect(table.dataset.inputs.allSatisfy { $0.isFinite })
            } catch { refused += 1 }
        }
        #expect(refused > 5000)
    }
}
