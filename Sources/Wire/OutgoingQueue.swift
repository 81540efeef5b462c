// Room:  Wire (floor 1, pure).
// Task:  the order in which messages leave a connection, and how big ones are cut.
// May:   nothing but the standard library.
// Proof: Tests/WireTests/OutgoingQueueTests.swift

/// Messages waiting for a connection, given back frame by frame.
///
/// Control messages go first, in order; bulk messages (reference, delta) go one at a time, in
/// order, cut in parts, so that a control message waits for one part at most. A delta of 20 MB
/// does not hold up a heartbeat.
///
/// The queue has no bound of its own: whoever pushes looks at `queuedBytes` and `queuedBulk`.
public struct OutgoingQueue: Sendable {
    private var control: Lane = Lane()
    private var bulk: Lane = Lane()
    /// Bytes of the first bulk message that have left.
    private var sent = 0
    /// Bytes that `popFrame` has still to give, headers included.
    public private(set) var queuedBytes = 0

    public init() {}

    /// Bulk messages waiting, the one that is half sent included.
    public var queuedBulk: Int { bulk.count }

    public var isEmpty: Bool { control.count == 0 && bulk.count == 0 }

    /// - Complexity: O(size of the message): it is encoded here.
    public mutating func push(_ message: Message) {
        let kind = message.kind
        let body = message.encodedBody()
        if kind.isBulk {
            bulk.append(kind, body)
            queuedBytes += OutgoingQueue.bytesOnWire(bulkBody: body.count)
        } else {
            precondition(
                body.count <= kind.controlLimit, "\(kind) message of \(body.count) bytes")
            control.append(kind, body)
            queuedBytes += FrameLimits.header + body.count
        }
    }

    /// The next frame, header included, or nil where nothing waits.
    ///
    /// - Complexity: O(size of the frame), which is at most 64 KiB and 5 bytes.
    public mutating func popFrame() -> [UInt8]? {
        if let (kind, body) = control.first {
            control.removeFirst()
            return frame(kind.rawValue, body[...])
        }
        guard let (kind, body) = bulk.first else { return nil }
        let end = min(sent + FrameLimits.part, body.count)
        let part = body[sent..<end]
        if end == body.count {
            bulk.removeFirst()
            sent = 0
            return frame(kind.rawValue, part)
        }
        sent = end
        return frame(kind.rawValue | FrameKind.moreParts, part)
    }

    /// Drops bulk messages that have not begun to leave; a half sent one is finished, since the
    /// peer waits for its last part. For a link that is about to say farewell.
    public mutating func dropWaitingBulk() {
        let started = sent > 0 ? bulk.first : nil
        bulk.removeAll()
        queuedBytes = control.bodyBytes + control.count * FrameLimits.header
        if let (kind, body) = started {
            bulk.append(kind, body)
            queuedBytes += OutgoingQueue.bytesOnWire(bulkBody: body.count - sent)
        }
    }

    private mutating func frame(_ kindByte: UInt8, _ body: ArraySlice<UInt8>) -> [UInt8] {
        let length = body.count + 1
        var frame: [UInt8] = []
        frame.reserveCapacity(FrameLimits.header + body.count)
        frame.append(UInt8(truncatingIfNeeded: length >> 24))
        frame.append(UInt8(truncatingIfNeeded: length >> 16))
        frame.append(UInt8(truncatingIfNeeded: length >> 8))
        frame.append(UInt8(truncatingIfNeeded: length))
        frame.append(kindByte)
        frame.append(contentsOf: body)
        queuedBytes -= frame.count
        return frame
    }

    private static func bytesOnWire(bulkBody count: Int) -> Int {
        let parts = max(1, (count + FrameLimits.part - 1) / FrameLimits.part)
        return count + parts * FrameLimits.header
    }

    /// First in, first out, without moving the rest at every removal.
    private struct Lane: Sendable {
        private var items: [(FrameKind, [UInt8])] = []
        private var head = 0
        private(set) var bodyBytes = 0

        var count: Int { items.count - head }
        var first: (FrameKind, [UInt8])? { head < items.count ? items[head] : nil }

        mutating func append(_ kind: FrameKind, _ body: [UInt8]) {
            items.append((kind, body))
            bodyBytes += body.count
        }

        mutating func removeFirst() {
            bodyBytes -= items[head].1.count
            items[head].1 = []
            head += 1
            if head > 16, head * 2 > items.count {
                items.removeSubrange(..<head)
                head = 0
            }
        }

        mutating func removeAll() {
            items = []
            head = 0
            bodyBytes = 0
        }
    }
}
