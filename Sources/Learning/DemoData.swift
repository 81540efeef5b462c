// Room:  Learning (floor 2, pure).
// Task:  the two data sets that the binary carries for the demo.
// May:   Model.
// Proof: Tests/LearningTests/DemoDataTests.swift

import Model

/// Data carried in the binary; source and licence in `config/data/README.md`.
public enum DemoData {
    /// Handwritten digits: 1,797 rows of 8 × 8 pixels, 0…16 each; classes "0" to "9".
    ///
    /// - Complexity: reads about 117 kB each time it is called.
    public static func digits() -> Table {
        var inputs: [Float] = []
        var labels: [Int32] = []
        inputs.reserveCapacity(1797 * 64)
        EmbeddedDigits.text.withUTF8Buffer { text in
            for byte in text {
                if byte >= UInt8(ascii: "a") {
                    inputs.append(Float(byte - UInt8(ascii: "a")))
                } else if byte >= UInt8(ascii: "0") {
                    labels.append(Int32(byte - UInt8(ascii: "0")))
                }
            }
        }
        return Table(
            dataset: Dataset(features: 64, inputs: inputs, labels: labels),
            featureNames: (0..<64).map { "pixel_\($0 / 8)_\($0 % 8)" },
            classes: (0..<10).map { "\($0)" })
    }

    /// The label column's name in the digits' CSV file.
    public static let digitsLabel = "digit"

    /// What the digits are scaled by: pixel / 16.
    public static let digitsScale = Standardisation.scale(16, features: 64)

    /// Tumours: 569 rows of 30 measures; classes "benign", "malignant".
    ///
    /// - Complexity: reads about 120 kB each time it is called.
    public static func tumours() -> Table {
        let bytes = EmbeddedTumours.text.withUTF8Buffer { Array($0) }
        do {
            return try CSV.parse(
                bytes, label: tumoursLabel, classes: ["benign", "malignant"], features: 30,
                file: "tumours.csv")
        } catch {
            // A constant of ours: a test reads it.
            preconditionFailure("the embedded tumours are damaged: \(error)")
        }
    }

    /// The label column's name in the tumours' CSV file.
    public static let tumoursLabel = "diagnosis"

    /// The fixed test split: a quarter of the rows (rounded down: 449 digits, 142 tumours), the
    /// first of a permutation by `SeededGenerator(seed: 0)`; both parts in the rows' own order.
    public static func split(_ data: Dataset) -> (train: Dataset, test: Dataset) {
        let (test, train) = Dataset.cut(rows: data.rows, first: data.rows / 4, seed: 0)
        return (data.subset(train), data.subset(test))
    }
}
