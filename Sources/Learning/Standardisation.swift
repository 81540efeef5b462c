// Room:  Learning (floor 2, pure).
// Task:  brings every feature to mean 0 and deviation 1, by numbers that all sites share.
// May:   nothing but the standard library.
// Proof: Tests/LearningTests/DatasetTests.swift

/// Means and deviations, one a feature. Which ones are used (the federation's, a site's own, none)
/// is the caller's policy.
public struct Standardisation: Sendable, Equatable, Codable {
    public let means: [Double]
    /// Standard deviations, all above 0.
    public let deviations: [Double]

    /// Nil unless both have the same length, means are finite and deviations finite and above 0.
    public init?(means: [Double], deviations: [Double]) {
        guard means.count == deviations.count, means.allSatisfy(\.isFinite),
            deviations.allSatisfy({ $0.isFinite && $0 > 0 })
        else { return nil }
        self.means = means
        self.deviations = deviations
    }

    private enum CodingKeys: String, CodingKey { case means, deviations }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let means = try values.decode([Double].self, forKey: .means)
        let deviations = try values.decode([Double].self, forKey: .deviations)
        guard let checked = Standardisation(means: means, deviations: deviations) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "one finite mean and one deviation above 0 for each feature"))
        }
        self = checked
    }

    /// Every feature divided by the same number, nothing subtracted (pixels, say).
    public static func scale(_ divisor: Double, features: Int) -> Standardisation {
        precondition(divisor.isFinite && divisor > 0, "a scale is above 0")
        return Standardisation(
            unchecked: [Double](repeating: 0, count: features),
            [Double](repeating: divisor, count: features))
    }

    /// Means and standard deviations (of the population) over the rows.
    ///
    /// A feature that is the same in every row has deviation 0; 1 is given for it, so that
    /// standardising makes it 0 and divides by nothing.
    ///
    /// - data: at least one row.
    /// - Complexity: O(rows · features), two passes, in Double.
    public static func measured(on data: Dataset) -> Standardisation {
        precondition(data.rows > 0, "no rows to measure")
        let width = data.features
        let rows = Double(data.rows)
        var means = [Double](repeating: 0, count: width)
        var squares = [Double](repeating: 0, count: width)
        var varies = [Bool](repeating: false, count: width)
        for row in 0..<data.rows {
            for column in 0..<width {
                let value = data.inputs[row * width + column]
                means[column] += Double(value)
                if value != data.inputs[column] { varies[column] = true }
            }
        }
        for column in 0..<width { means[column] /= rows }
        for row in 0..<data.rows {
            for column in 0..<width {
                let off = Double(data.inputs[row * width + column]) - means[column]
                squares[column] += off * off
            }
        }
        var deviations = [Double](repeating: 1, count: width)
        for column in 0..<width {
            if varies[column] {
                deviations[column] = (squares[column] / rows).squareRoot()
            } else {
                // Exactly that value, so that nothing is left of the sum's rounding.
                means[column] = Double(data.inputs[column])
            }
        }
        return Standardisation(unchecked: means, deviations)
    }

    /// `(x - mean) / deviation`, feature by feature.
    public func applied(to data: Dataset) -> Dataset {
        precondition(data.features == means.count, "one mean for each feature")
        let width = data.features
        var inputs = data.inputs
        for row in 0..<data.rows {
            for column in 0..<width {
                let off = Double(inputs[row * width + column]) - means[column]
                inputs[row * width + column] = Float(off / deviations[column])
            }
        }
        return Dataset(features: width, inputs: inputs, labels: data.labels)
    }

    private init(unchecked means: [Double], _ deviations: [Double]) {
        self.means = means
        self.deviations = deviations
    }
}
