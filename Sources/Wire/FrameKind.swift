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
    public static let directory = FrameKind(byte: 7)
    public static let endorsements = FrameKind(byte: 8)
    public static let question = FrameKind(byte: 9)
    public static let snapshotRequest = FrameKind(byte: 10)
    public static let snapshotChunk = FrameKind(byte: 11)
    public static let answer = FrameKind(byte: 12)

    /// The bit that says "more parts of this message follow".
    static let moreParts: UInt8 = 0x80

    /// Whether this version knows the kind. Frames of other kinds are skipped.
    public var isKnown: Bool { (1...12).contains(rawValue) }

    /// Whether messages of this kind may be cut in parts. All others go between the parts.
    public var isBulk: Bool {
        switch self {
        case .reference, .delta, .snapshotChunk: true
        default: false
        }
    }

    /// The longest body of a message that is never cut, in bytes: of the directory's and the
    /// roster's, twice what one holds; of the others, some ten times what their fields need today,
    /// so that later versions may add fields. Bulk kinds are bounded by the connection's limit.
    public var controlLimit: Int {
        switch self {
        case .directory, .endorsements: 32_768
        default: 4096
        }
    }

    public var description: String {
        switch self {
        case .hello: "hello"
        case .reference: "reference"
        case .delta: "delta"
        case .heartbeat: "heartbeat"
        case .farewell: "farewell"
        case .resume: "resume"
        case .directory: "directory"
        case .endorsements: "endorsements"
        case .question: "question"
        case .answer: "answer"
        case .snapshotRequest: "snapshot request"
        case .snapshotChunk: "snapshot chunk"
        default: "kind \(rawValue)"
        }
    }
}
