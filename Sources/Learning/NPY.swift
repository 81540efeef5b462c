// Room:  Learning (floor 2, pure).
// Task:  NumPy's array files: features and labels.
// May:   Model.   May not: files (bytes come in).
// Proof: Tests/LearningTests/NPYTests.swift

/// Reads `.npy` files of format 1 and 2: kinds `<f4 <f8 <i4 <i8 |u1`, C order, no objects.
///
/// - Source: NumPy enhancement proposal 1.
public enum NPY {
    /// Kinds of entries that are read.
    enum Kind: String, CaseIterable {
        case float32 = "<f4"
        case float64 = "<f8"
        case int32 = "<i4"
        case int64 = "<i8"
        case uint8 = "|u1"

        var bytes: Int {
            switch self {
            case .uint8: 1
            case .float32, .int32: 4
            case .float64, .int64: 8
            }
        }
    }

    /// An array of any shape, as Float32.
    public struct Contents: Sendable, Equatable {
        public let shape: [Int]
        /// Row-major. Doubles and whole numbers are rounded to Float32.
        public let values: [Float]
    }

    /// Reads an array; its entries may be anything, NaN too.
    ///
    /// - Throws: `DataError.badArray` with the reason.
    /// - Complexity: O(bytes); allocates no more than the bytes that are there account for.
    public static func parse(_ bytes: [UInt8], file: String) throws(DataError) -> Contents {
        let header = try NPYHeader(bytes, file: file)
        var values: [Float] = []
        values.reserveCapacity(header.count)
        for index in 0..<header.count { values.append(header.float(index, of: bytes)) }
        return Contents(shape: header.shape, values: values)
    }

    /// Reads features and labels that belong together.
    ///
    /// - featureBytes: `[rows, features]` of any kind, finite.
    /// - labelBytes: `[rows]` (or `[rows, 1]`) of a whole-number kind, or Float with whole numbers;
    ///   each from 0 up to `classes`.
    /// - features: how many the model takes; nil accepts any number.
    public static func dataset(
        featureBytes: [UInt8], labelBytes: [UInt8], classes: Int, features: Int? = nil,
        featureFile: String, labelFile: String
    ) throws(DataError) -> Dataset {
        let array = try parse(featureBytes, file: featureFile)
        guard array.shape.count == 2, array.shape[1] >= 1 else {
            throw .badArray(
                file: featureFile, reason: "the shape is \(array.shape), expected [rows, features]")
        }
        let width = array.shape[1]
        if let features, width != features {
            throw .wrongFeatures(file: featureFile, found: width, expected: features)
        }
        guard array.shape[0] > 0 else { throw .noRows(file: featureFile) }
        if let at = array.values.firstIndex(where: { !$0.isFinite }) {
            throw .notFiniteEntry(file: featureFile, row: at / width + 1, column: at % width + 1)
        }
        let labels = try labels(labelBytes, classes: classes, file: labelFile)
        guard labels.count == array.shape[0] else {
            throw .differentRows(features: array.shape[0], labels: labels.count)
        }
        return Dataset(features: width, inputs: array.values, labels: labels)
    }

    /// Reads labels: whole numbers from 0 up to `classes`, exactly.
    public static func labels(
        _ bytes: [UInt8], classes: Int, file: String
    ) throws(DataError) -> [Int32] {
        let header = try NPYHeader(bytes, file: file)
        let flat = header.shape.count == 1 || (header.shape.count == 2 && header.shape[1] == 1)
        guard flat else {
            throw .badArray(file: file, reason: "the shape is \(header.shape), expected [rows]")
        }
        var labels: [Int32] = []
        labels.reserveCapacity(header.count)
        for index in 0..<header.count {
            guard let label = header.whole(index, of: bytes), label >= 0, label < classes else {
                throw .badLabelEntry(file: file, row: index + 1, classes: classes)
            }
            labels.append(Int32(label))
        }
        return labels
    }
}
