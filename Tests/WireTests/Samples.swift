// Room:  tests of Wire.
// Task:  one filled-in message of each kind, bytes from hex, a generator with a seed.
// May:   Wire.
// Proof: the tests that use it

import Wire

func bytes(_ hex: String) -> [UInt8] {
    var digits = hex.filter { !$0.isWhitespace }[...]
    var result: [UInt8] = []
    while let byte = UInt8(digits.prefix(2), radix: 16) {
        result.append(byte)
        digits = digits.dropFirst(2)
    }
    precondition(digits.isEmpty, "not hexadecimal: \(digits)")
    return result
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// xorshift64*, so that a failure is found again by its seed.
struct Randomness: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }
}

enum Sample {
    static let ascending = (0..<32).map { UInt8($0) }
    static let descending = (0..<32).map { 255 - UInt8($0) }

    static var hello: WireHello {
        var hello = WireHello()
        hello.versionMin = 1
        hello.versionMax = 2
        hello.federationBytes = ascending
        hello.nodeBytes = descending
        hello.software = "starling 0.1.0"
        hello.parameters = 9610
        hello.listening = true
        hello.isolated = true
        hello.grown = true
        return hello
    }

    static var resume: WireResume {
        var resume = WireResume()
        resume.epoch = 3
        resume.exchange = 300
        resume.digest = 0x0123_4567_89ab_cdef
        resume.previousDigest = 0xfedc_ba98_7654_3210
        resume.pending = true
        resume.holdsPrevious = true
        resume.ledgerOpen = true
        resume.ledgerFrom = 7
        return resume
    }

    static var reference: WireReference {
        var reference = WireReference()
        reference.epoch = 5
        reference.payloadBytes = [1, 2, 3]
        reference.digest = 0x1122_3344_5566_7788
        return reference
    }

    static var delta: WireDelta {
        var delta = WireDelta()
        delta.epoch = 1
        delta.exchange = 2
        delta.answer = true
        delta.payloadBytes = [0xde, 0xad, 0xbe, 0xef]
        delta.r = 1.5
        delta.e = 0.25
        delta.h = 10
        delta.v = 0.5
        delta.rate = 0.1
        delta.weight = 1
        delta.cap = 0.8
        delta.near = 1
        delta.digest = 0x8877_6655_4433_2211
        return delta
    }

    static var heartbeat: WireHeartbeat {
        var heartbeat = WireHeartbeat()
        heartbeat.probe = true
        heartbeat.token = .max
        heartbeat.progress.round = 12
        heartbeat.progress.rounds = 200
        heartbeat.progress.samples = 224
        heartbeat.progress.loss = 0.5
        heartbeat.progress.accuracy = 0.75
        heartbeat.progress.disagreement = 0.125
        heartbeat.progress.phase = .settling
        return heartbeat
    }

    static var farewell: WireFarewell {
        var farewell = WireFarewell(.otherFederation, reason: "other federation")
        farewell.federationBytes = ascending
        farewell.versionMin = 1
        farewell.versionMax = 1
        return farewell
    }

    static var snapshotRequest: WireSnapshotRequest {
        var request = WireSnapshotRequest()
        request.start = 65_536
        request.count = 300
        return request
    }

    static var snapshotChunk: WireSnapshotChunk {
        var chunk = WireSnapshotChunk()
        chunk.start = 65_536
        chunk.count = 300
        chunk.payloadBytes = [1, 2, 3]
        chunk.digest = 0x1122_3344_5566_7788
        chunk.round = 40
        return chunk
    }

    static var joining: WireSnapshotChunk {
        var chunk = WireSnapshotChunk()
        chunk.start = 65_536
        chunk.joining = true
        return chunk
    }

    static var all: [Message] {
        [
            .hello(hello), .resume(resume), .reference(reference), .delta(delta),
            .heartbeat(heartbeat),
            .farewell(farewell), .snapshotRequest(snapshotRequest), .snapshotChunk(snapshotChunk),
        ]
    }

    /// A delta whose payload has this many bytes.
    static func delta(payload count: Int, exchange: UInt64 = 1) -> Message {
        var delta = delta
        delta.exchange = exchange
        // 251 is prime: no two parts of a message are alike.
        let block = (0..<251).map { UInt8($0) }
        var payload: [UInt8] = []
        while payload.count < count { payload += block }
        payload.removeLast(payload.count - count)
        delta.payloadBytes = payload
        return .delta(delta)
    }

    /// A frame as a peer may make it, sound or not.
    static func frame(_ kindByte: UInt8, _ body: [UInt8]) -> [UInt8] {
        frame(kindByte, body, length: UInt32(body.count + 1))
    }

    static func frame(_ kindByte: UInt8, _ body: [UInt8], length: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + [kindByte] + body
    }
}

extension FrameDecoder {
    /// Every message that is wholly there.
    mutating func drain() throws -> [Message] {
        var messages: [Message] = []
        while let (kind, body) = try next() {
            if let message = try Message.decode(kind: kind, body: body) { messages.append(message) }
        }
        return messages
    }
}

extension OutgoingQueue {
    mutating func popAll() -> [[UInt8]] { pop(.max) }

    /// At most so many frames.
    mutating func pop(_ count: Int) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while frames.count < count, let frame = popFrame() { frames.append(frame) }
        return frames
    }
}
