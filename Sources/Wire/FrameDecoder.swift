// Room:  Wire (floor 1, pure).
// Task:  a stream of bytes, cut anywhere, to frames; parts of a bulk message to one body.
// May:   nothing but the standard library.
// Proof: Tests/WireTests/FrameDecoderTests.swift

/// The sizes that both directions of a connection keep.
public enum FrameLimits {
    /// Length field and kind.
    public static let header = 5
    /// The longest body of one frame. Longer messages are cut in parts.
    public static let part = 65_536
    /// The longest message until the peer's `Hello` has been accepted.
    public static let beforeHello = 65_536

    /// The limit for a connection whose deltas and references carry at most this many bytes.
    /// The surplus is for the other fields (about 100 bytes today) and for later ones.
    public static func message(payload: Int) -> Int { payload + 1024 }
}

/// Takes bytes as the network cuts them and gives back whole messages.
///
/// Order of use: `push` what was read, then `next` until nil. After an error the stream has no
/// frame boundary any more: every later `next` throws the same error.
///
/// Memory: at most one message within `limit`, one frame, and what was pushed and not yet taken.
/// A length alone allocates nothing; it is judged as soon as the header is there. Frames of
/// unknown kinds are passed over without a copy.
public struct FrameDecoder: Sendable {
    /// The longest message, in bytes of its body, put together from its parts.
    public private(set) var limit: Int
    /// Frames of unknown kinds passed over so far.
    public private(set) var skippedFrames: UInt64 = 0

    private var buffer: [UInt8] = []
    private var head = 0
    /// The bulk message whose parts are coming in: one at a time, of whichever kind.
    private var open: FrameKind?
    private var assembly: [UInt8] = []
    /// Bytes of an unknown frame's body that are still to be thrown away.
    private var toSkip = 0
    private var failure: WireError?

    public init(limit: Int = FrameLimits.beforeHello) {
        precondition(limit > 0, "a limit of no bytes lets no frame through")
        self.limit = limit
    }

    /// Lets longer messages through from now on. A lower limit than the present one is ignored.
    public mutating func raiseLimit(to newLimit: Int) {
        limit = max(limit, newLimit)
    }

    /// Bytes held: unread input and the parts of an open message.
    public var bufferedBytes: Int { buffer.count - head + assembly.count }

    /// Whether the stream may end here without losing a message.
    public var isAtBoundary: Bool { bufferedBytes == 0 && open == nil && toSkip == 0 }

    /// Adds bytes as they were read.
    ///
    /// - Complexity: O(bytes).
    public mutating func push(_ bytes: UnsafeRawBufferPointer) {
        guard failure == nil else { return }
        let skipped = min(toSkip, bytes.count)
        toSkip -= skipped
        guard bytes.count > skipped else { return }
        compact()
        buffer.append(contentsOf: bytes[skipped...])
    }

    /// Adds bytes as they were read.
    public mutating func push(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { push($0) }
    }

    /// The next whole message of a known kind, or nil where more bytes are needed.
    ///
    /// - Throws: `WireError`; the connection is to be closed then.
    public mutating func next() throws(WireError) -> (FrameKind, [UInt8])? {
        if let failure { throw failure }
        do {
            while let header = try readHeader() {
                if let message = takeBody(header) { return message }
            }
            return nil
        } catch {
            failure = error
            buffer = []
            assembly = []
            head = 0
            throw error
        }
    }

    private struct Header {
        let kind: FrameKind
        let more: Bool
        let bodyLength: Int
    }

    /// Reads and judges the header at `head`; nil where the frame is not there as a whole.
    /// Unknown kinds are passed over here.
    private mutating func readHeader() throws(WireError) -> Header? {
        while buffer.count - head >= 4 {
            let length =
                Int(buffer[head]) << 24 | Int(buffer[head + 1]) << 16
                | Int(buffer[head + 2]) << 8 | Int(buffer[head + 3])
            guard length > 0 else { throw .emptyFrame }
            guard buffer.count - head >= FrameLimits.header else { return nil }
            let byte = buffer[head + 4]
            let header = Header(
                kind: FrameKind(byte: byte), more: byte & FrameKind.moreParts != 0,
                bodyLength: length - 1)
            try judge(header)
            let held = buffer.count - head - FrameLimits.header
            if header.kind.isKnown {
                return held >= header.bodyLength ? header : nil
            }
            skippedFrames += 1
            let present = min(held, header.bodyLength)
            head += FrameLimits.header + present
            toSkip = header.bodyLength - present
        }
        return nil
    }

    private func judge(_ header: Header) throws(WireError) {
        let kind = header.kind
        let frameLimit = kind.isKnown && !kind.isBulk ? kind.controlLimit : FrameLimits.part
        guard header.bodyLength <= frameLimit else {
            throw .frameTooLong(kind, length: header.bodyLength, limit: frameLimit)
        }
        guard kind.isKnown else { return }
        guard kind.isBulk else {
            if header.more { throw .notBulk(kind) }
            return
        }
        if let open, open != kind { throw .interleaved(kind, open: open) }
        guard header.bodyLength > 0 || !(header.more || open != nil) else { throw .emptyFrame }
        let total = assembly.count + header.bodyLength
        guard total <= limit else { throw .frameTooLong(kind, length: total, limit: limit) }
    }

    /// Takes the body of a frame that is wholly there; nil for a part that is not the last one.
    private mutating func takeBody(_ header: Header) -> (FrameKind, [UInt8])? {
        let start = head + FrameLimits.header
        let body = buffer[start..<start + header.bodyLength]
        head = start + header.bodyLength
        guard header.kind.isBulk, header.more || open != nil else {
            return (header.kind, Array(body))
        }
        assembly.append(contentsOf: body)
        guard !header.more else {
            open = header.kind
            return nil
        }
        open = nil
        let message = assembly
        assembly = []
        return (header.kind, message)
    }

    /// Forgets what has been taken, so that the buffer never holds more than the rest of a frame
    /// and the newest bytes.
    private mutating func compact() {
        guard head > 0 else { return }
        if head == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 2 * FrameLimits.part)
        } else {
            buffer.removeSubrange(..<head)
        }
        head = 0
    }
}
