// Room:  Codec (floor 2, pure).
// Task:  how much of a difference is said at once, and how finely.
// May:   nothing but the standard library.
// Proof: Tests/CodecTests/SelectionTests.swift

/// How finely the values of a delta are written.
public enum ValueKind: String, Sendable, CaseIterable {
    /// As they are, 32 bits each.
    case float32 = "f32"
    /// Rounded to bfloat16, 16 bits each.
    case bfloat16 = "bf16"
    /// 255 levels times one scale for 64 values.
    case int8 = "q8"
    /// 15 levels times one scale for 64 values.
    case int4 = "q4"

    /// The largest level, or nil where values are not levels of a scale.
    var levels: Int? {
        switch self {
        case .float32, .bfloat16: nil
        case .int8: 127
        case .int4: 7
        }
    }
}

/// How much of a difference one delta says.
public struct CodecOptions: Sendable, Equatable {
    /// Share of the coordinates in one delta, 0 to 1. Default 3 % (DESIGN §3).
    public var fraction: Double
    /// The least number of coordinates, whatever the fraction. Default 64 (DESIGN §3).
    public var minimum: Int
    public var values: ValueKind

    public init(fraction: Double = 0.03, minimum: Int = 64, values: ValueKind = .int4) {
        self.fraction = fraction
        self.minimum = minimum
        self.values = values
    }

    /// k: the most coordinates of one delta of a model with `dimension` parameters, at least 1.
    ///
    /// A fraction that is not a number counts as 0.
    public func count(_ dimension: Int) -> Int {
        let share = (fraction * Double(dimension)).rounded(.up)
        let wanted = share >= Double(dimension) ? dimension : share > 0 ? Int(share) : 0
        return min(max(wanted, minimum, 1), dimension)
    }
}
