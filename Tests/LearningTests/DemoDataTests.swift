// Room:  LearningTests.
// Task:  the embedded data are those of config/data, and the test split never moves.
// May:   Learning, Testing, Foundation (reads the two CSV files).

import Foundation
import Learning
import Testing

@Suite struct DemoDataTests {
    private func file(_ name: String) throws -> [UInt8] {
        // Links are resolved first: the folder may have been reached through one.
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        let house = here.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return Array(try Data(contentsOf: house.appendingPathComponent("config/data/\(name)")))
    }

    @Test func `the embedded digits are the CSV file's`() throws {
        let bytes = try file("digits.csv")
        let table = try CSV.parse(bytes, label: DemoData.digitsLabel, file: "digits.csv")
        #expect(DemoData.digits() == table)
        #expect(CSV.text(table, label: DemoData.digitsLabel) == bytes)
        #expect(table.dataset.rows == 1797)
        #expect(table.dataset.features == 64)
        #expect(table.dataset.inputs.allSatisfy { $0 >= 0 && $0 <= 16 })
    }

    @Test func `the embedded tumours are the CSV file's`() throws {
        let table = try CSV.parse(
            try file("tumours.csv"), label: DemoData.tumoursLabel, file: "tumours.csv")
        #expect(DemoData.tumours() == table)
        #expect(table.dataset.rows == 569)
        #expect(table.classes == ["benign", "malignant"])
        #expect(table.dataset.labels.count { $0 == 0 } == 357)
        #expect(table.dataset.inputs[0] == 17.99)
    }

    @Test func `the test split is fixed, whole and without overlap`() {
        for (data, held) in [
            (DemoData.digits().dataset, 449), (DemoData.tumours().dataset, 142),
        ] {
            let (train, test) = DemoData.split(data)
            #expect(test.rows == held)
            #expect(train.rows == data.rows - held)
            let sum = (train.inputs + test.inputs).reduce(0.0) { $0 + Double($1) }
            #expect(abs(sum - data.inputs.reduce(0.0) { $0 + Double($1) }) < 1e-4)
            #expect(DemoData.split(data).test == test)
        }
    }
}
