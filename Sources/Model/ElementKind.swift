// Room:  Model (floor 1, pure).
// Task:  how a tensor's values are written: the kinds of a safetensors file.
// May:   nothing but the standard library.
// Proof: Tests/ModelTests/SafetensorsTests.swift

/// Names are those of the safetensors format.
public enum ElementKind: String, Hashable, Sendable, CaseIterable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case float64 = "F64"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case unsigned64 = "U64"
    case unsigned32 = "U32"
    case unsigned16 = "U16"
    case unsigned8 = "U8"
    case boolean = "BOOL"

    /// Of one value.
    public var bytes: Int {
        switch self {
        case .float64, .int64, .unsigned64: 8
        case .float32, .int32, .unsigned32: 4
        case .float16, .bfloat16, .int16, .unsigned16: 2
        case .int8, .unsigned8, .boolean: 1
        }
    }

    /// Whether single precision holds every value: what can be gossiped.
    public var fitsFloat32: Bool {
        switch self {
        case .float32, .float16, .bfloat16: true
        case .float64, .int64, .int32, .int16, .int8, .unsigned64, .unsigned32, .unsigned16,
            .unsigned8, .boolean:
            false
        }
    }
}

extension ElementKind {
    /// IEEE half precision to single, exactly.
    static func widened(half: UInt16) -> Float {
        let sign = UInt32(half & 0x8000) << 16
        let exponent = UInt32(half >> 10 & 0x1F)
        let fraction = UInt32(half & 0x3FF)
        if exponent == 0x1F { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
        if exponent != 0 {
            return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
        // Subnormal or zero: fraction · 2^-24, exact in single precision.
        let magnitude = Float(fraction) * 0x1p-24
        return sign == 0 ? magnitude : -magnitude
    }

    static func widened(brain: UInt16) -> Float { Float(bitPattern: UInt32(brain) << 16) }

    /// To the nearest half, ties to even; too large becomes infinite.
    static func half(_ value: Float) -> UInt16 { Float16(value).bitPattern }

    /// To the nearest bfloat16, ties to even.
    static func brain(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        guard !value.isNaN else { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }
}
