// Room:  Wire (floor 1, pure).
// Task:  the kinds of frames, and how long a message of each kind may be.
// May:   nothing but the standard library.
// Proof: Tests/WireTests/FrameDecoderTests.swift

/// What a frame carries. Bit 7 of the byte on the wire is not part of the kind: it says that more
/// parts of the same message follow.
public struct FrameKind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt8

    /// - Returns: nil where bit 7 is set.
    public init?(rawValue: UInt8) {
        guard rawValue & FrameKind.moreParts == 0 else { return nil }
        self.rawValue = rawValue
    }

    init(byte: UInt8) { rawValue = byte & ~FrameKind.moreParts }

    public static let hello = FrameKind(byte: 1)
    public static let reference = FrameKind(byte: 2)
    public static let delta = FrameKind(byte: 3)
    public static let heartbeat = FrameKind(byte: 4)
    public static let farewell = FrameKind(byte: 5)
    public static let resume = FrameKind(byte: 6)

    /// The bit that says "more parts of this message follow".
    static let moreParts: UInt8 = 0x80

    /// Whether this version knows the kind. Frames of other kinds are skipped.
    public var isKnown: Bool { (1...6).contains(rawValue) }

    /// Whether messages of this kind may be cut in parts. All others go between the parts.
    public var isBulk: Bool { self == .reference || self == .delta }

    /// The longest body of a message that is never cut, in bytes: some ten times what its fields
    /// need today, so that later versions may add fields. Bulk kinds are bounded by the
    /// connection's limit instead.
    public var controlLimit: Int { 4096 }

    public var description: String {
        switch self {
        case .hello: "hello"
        case .reference: "reference"
        case .delta: "delta"
        case .heartbeat: "heartbeat"
        case .farewell: "farewell"
        case .resume: "resume"
        default: "kind \(rawValue)"
        }
    }
}
