// Room:  tests of Wire.
// Task:  order, parts and accounts of what leaves.
// May:   Wire.
// Proof: itself

import Testing
import Wire

@Suite struct OutgoingQueueTests {
    func kinds(_ frames: [[UInt8]]) -> [UInt8] { frames.map { $0[4] } }

    @Test func controlGoesBetweenThePartsOfBulk() throws {
        var queue = OutgoingQueue()
        let long = Sample.delta(payload: 200_000)
        queue.push(long)
        var frames = queue.pop(2)
        queue.push(.heartbeat(Sample.heartbeat))
        queue.push(.farewell(Sample.farewell))
        frames += queue.popAll()
        #expect(kinds(frames) == [0x83, 0x83, 4, 5, 0x83, 3])

        var decoder = FrameDecoder(limit: 250_000)
        decoder.push(frames.flatMap { $0 })
        #expect(
            try decoder.drain() == [.heartbeat(Sample.heartbeat), .farewell(Sample.farewell), long])
    }

    @Test func bulkMessagesKeepTheirOrder() throws {
        var queue = OutgoingQueue()
        let messages: [Message] = [
            .reference(Sample.reference), Sample.delta(payload: 150_000, exchange: 1),
            Sample.delta(payload: 10, exchange: 2), Sample.delta(payload: 70_000, exchange: 3),
        ]
        for message in messages { queue.push(message) }
        #expect(queue.queuedBulk == 4)
        var decoder = FrameDecoder(limit: 200_000)
        decoder.push(queue.popAll().flatMap { $0 })
        #expect(try decoder.drain() == messages)
    }

    @Test func aMessageOfExactlyOnePartIsNotCut() throws {
        var payload = FrameLimits.part
        while Sample.delta(payload: payload).encodedBody().count > FrameLimits.part { payload -= 1 }
        #expect(Sample.delta(payload: payload).encodedBody().count == FrameLimits.part)
        for (size, expected) in [(payload, [UInt8(3)]), (payload + 1, [0x83, 3])] {
            var queue = OutgoingQueue()
            queue.push(Sample.delta(payload: size))
            #expect(kinds(queue.popAll()) == expected)
        }
    }

    @Test func theAccountIsWhatComesOut() {
        for seed in UInt64(1)...100 {
            var random = Randomness(seed: seed)
            var queue = OutgoingQueue()
            for _ in 0..<40 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: queue.push(.heartbeat(Sample.heartbeat))
                case 1: queue.push(Sample.delta(payload: .random(in: 0...200_000, using: &random)))
                case 2: queue.dropWaitingBulk()
                default:
                    let before = queue.queuedBytes
                    let frame = queue.popFrame()
                    #expect(queue.queuedBytes == before - (frame?.count ?? 0), "seed \(seed)")
                }
            }
            let before = queue.queuedBytes
            let frames = queue.popAll()
            #expect(frames.reduce(0) { $0 + $1.count } == before, "seed \(seed)")
            #expect(queue.queuedBytes == 0 && queue.isEmpty && queue.queuedBulk == 0)
        }
    }

    @Test func aHalfSentMessageIsFinishedWhenTheRestIsDropped() throws {
        var queue = OutgoingQueue()
        let long = Sample.delta(payload: 100_000, exchange: 1)
        queue.push(long)
        queue.push(Sample.delta(payload: 10, exchange: 2))
        var stream = queue.pop(1).flatMap { $0 }
        queue.push(.farewell(WireFarewell(.leaving)))
        queue.dropWaitingBulk()
        stream += queue.popAll().flatMap { $0 }
        var decoder = FrameDecoder(limit: 200_000)
        decoder.push(stream)
        #expect(try decoder.drain() == [.farewell(WireFarewell(.leaving)), long])
        #expect(decoder.isAtBoundary)
    }

    @Test func aFreshQueueIsEmpty() {
        var queue = OutgoingQueue()
        #expect(queue.isEmpty && queue.queuedBytes == 0)
        #expect(queue.popFrame() == nil)
    }
}
