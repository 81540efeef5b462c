// Room:  tests of Wire.
// Task:  streams cut anywhere, parts, limits, and peers that mean harm.
// May:   Wire.
// Proof: itself

import Testing
import Wire

@Suite struct FrameDecoderTests {
    @Test func aFrameHasItsGoldenBytes() throws {
        var queue = OutgoingQueue()
        queue.push(.reference(Sample.reference))
        queue.push(.farewell(WireFarewell(.leaving)))
        #expect(
            queue.popAll().map(hex) == [
                "00000003050801", "000000110208051a03010203218877665544332211",
            ])
    }

    @Test func theFramesOfAMessageInPartsHaveTheirGoldenHeaders() throws {
        var queue = OutgoingQueue()
        queue.push(Sample.delta(payload: 100_000))
        let frames = queue.popAll()
        #expect(frames.map { hex(Array($0.prefix(5))) } == ["0001000183", "000086e403"])
        #expect(frames[0].count == 65_541)
    }

    @Test func everySplitOfAStreamGivesTheSameMessages() throws {
        var queue = OutgoingQueue()
        for message in Sample.all { queue.push(message) }
        let stream = queue.popAll().flatMap { $0 }
        for cut in 0...stream.count {
            var decoder = FrameDecoder()
            decoder.push(Array(stream[..<cut]))
            var messages = try decoder.drain()
            decoder.push(Array(stream[cut...]))
            messages += try decoder.drain()
            // Control first, then bulk, as the queue gives them.
            #expect(messages.map(\.kind.rawValue) == [1, 6, 4, 5, 10, 2, 3, 11], "cut at \(cut)")
            #expect(Set(messages.map { hex($0.encodedBody()) }).count == Sample.all.count)
            #expect(decoder.isAtBoundary)
        }
    }

    @Test func byteByByteIsEnough() throws {
        var queue = OutgoingQueue()
        let long = Sample.delta(payload: 200_000)
        queue.push(long)
        queue.push(.heartbeat(Sample.heartbeat))
        var decoder = FrameDecoder(limit: 300_000)
        var messages: [Message] = []
        for byte in queue.popAll().joined() {
            decoder.push([byte])
            messages += try decoder.drain()
        }
        #expect(messages == [.heartbeat(Sample.heartbeat), long])
    }

    @Test func aLengthAloneAllocatesNothing() throws {
        var decoder = FrameDecoder(limit: 1 << 30)
        decoder.push(Sample.frame(3, [], length: 65_537))
        #expect(try decoder.next() == nil)
        #expect(decoder.bufferedBytes == 5)
    }

    @Test func tooLongAFrameIsRefusedByItsHeader() {
        for (kind, length, limit) in [
            (UInt8(3), UInt32(65_538), 65_536), (2, .max, 65_536), (0x83, 65_538, 65_536),
            (1, 4098, 4096), (4, 4098, 4096), (5, 65_537, 4096), (99, 65_538, 65_536),
        ] {
            var decoder = FrameDecoder(limit: 1 << 40)
            decoder.push(Sample.frame(kind, [], length: length))
            let expected = WireError.frameTooLong(
                FrameKind(rawValue: kind & 0x7f) ?? .hello, length: Int(length) - 1, limit: limit)
            #expect(throws: expected) { try decoder.next() }
            decoder.push(Sample.frame(4, []))
            #expect(throws: expected, "no way back") { try decoder.next() }
            #expect(decoder.bufferedBytes == 0)
        }
    }

    @Test func partsAddUpToTheLimitAndNoFurther() throws {
        let part = [UInt8](repeating: 7, count: 40_000)
        for raised in [false, true] {
            var decoder = FrameDecoder()
            if raised { decoder.raiseLimit(to: 80_000) }
            decoder.push(Sample.frame(0x83, part) + Sample.frame(3, part))
            if raised {
                let message = try decoder.next()
                let (kind, body) = try #require(message)
                #expect(kind == .delta && body == part + part)
            } else {
                let expected = WireError.frameTooLong(.delta, length: 80_000, limit: 65_536)
                #expect(throws: expected) { try decoder.next() }
            }
        }
    }

    @Test func theLimitOnlyRises() {
        var decoder = FrameDecoder(limit: 1000)
        decoder.raiseLimit(to: 10)
        #expect(decoder.limit == 1000)
    }

    @Test func onlyOneMessageMayBeOpen() throws {
        var decoder = FrameDecoder()
        decoder.push(Sample.frame(0x83, [1, 2]) + Sample.frame(0x82, [3]))
        #expect(throws: WireError.interleaved(.reference, open: .delta)) { try decoder.next() }
        var other = FrameDecoder()
        other.push(Sample.frame(0x82, [1, 2]) + Sample.frame(3, [3]))
        #expect(throws: WireError.interleaved(.delta, open: .reference)) { try other.next() }
    }

    @Test func controlFramesPassBetweenParts() throws {
        var decoder = FrameDecoder()
        decoder.push(
            Sample.frame(0x83, [1]) + Sample.frame(4, [8, 1]) + Sample.frame(0x83, [2])
                + Sample.frame(5, []) + Sample.frame(3, [3]))
        var taken: [String] = []
        while let (kind, body) = try decoder.next() { taken.append("\(kind) \(body)") }
        #expect(taken == ["heartbeat [8, 1]", "farewell []", "delta [1, 2, 3]"])
    }

    @Test func controlMessagesAreNeverCut() {
        for kind in [FrameKind.hello, .heartbeat, .farewell] {
            var decoder = FrameDecoder()
            decoder.push(Sample.frame(kind.rawValue | 0x80, [1]))
            #expect(throws: WireError.notBulk(kind)) { try decoder.next() }
        }
    }

    @Test func framesWithoutContentAreRefused() {
        for stream in [
            [0, 0, 0, 0], Sample.frame(0x83, []), Sample.frame(0x83, [1]) + Sample.frame(3, []),
        ] {
            var decoder = FrameDecoder()
            decoder.push(stream)
            #expect(throws: WireError.emptyFrame) { try decoder.next() }
        }
    }

    @Test func unknownKindsArePassedOverAndKeepNoMemory() throws {
        let body = [UInt8](repeating: 9, count: 65_536)
        var decoder = FrameDecoder()
        // Also between the parts of a known message, and in parts themselves.
        decoder.push(Sample.frame(0x83, [1]))
        for round in 0..<50 {
            let frame = Sample.frame(round % 2 == 0 ? 0xe3 : 99, body)
            for start in stride(from: 0, to: frame.count, by: 1000) {
                decoder.push(Array(frame[start..<min(start + 1000, frame.count)]))
                #expect(try decoder.next() == nil)
                #expect(decoder.bufferedBytes <= 1001)
            }
        }
        decoder.push(Sample.frame(3, [2]))
        let message = try decoder.next()
        let (kind, assembled) = try #require(message)
        #expect(kind == .delta && assembled == [1, 2])
        #expect(decoder.skippedFrames == 50)
    }

    @Test func noPeerCanMakeTheDecoderGrow() throws {
        // Endless parts, of every kind in turn, in every order a seed gives.
        for seed in UInt64(1)...200 {
            var random = Randomness(seed: seed)
            var decoder = FrameDecoder()
            var open = true
            while open {
                let kind = UInt8.random(in: 0...255, using: &random)
                let body = random.bytes(Int.random(in: 0...3000, using: &random))
                decoder.push(Sample.frame(kind, body))
                do {
                    while try decoder.next() != nil {}
                } catch {
                    open = false
                }
                #expect(decoder.bufferedBytes <= 65_536 + 3005, "seed \(seed)")
            }
        }
    }

    @Test func mutatedAndRandomStreamsThrowOrGiveMessages() {
        var queue = OutgoingQueue()
        for message in Sample.all { queue.push(message) }
        let sound = queue.popAll().flatMap { $0 }
        var cases = 0
        var refused = 0
        for seed in UInt64(1)...40_000 {
            var random = Randomness(seed: seed)
            var stream = sound
            if seed % 4 == 0 {
                stream = random.bytes(Int.random(in: 0...64, using: &random))
            } else {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let index = Int.random(in: 0..<stream.count, using: &random)
                    stream[index] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            var decoder = FrameDecoder()
            decoder.push(stream)
            cases += 1
            do {
                for message in try decoder.drain() { try message.validate() }
            } catch {
                refused += 1
                #expect(error is WireError, "seed \(seed)")
            }
        }
        #expect(cases == 40_000)
        #expect(refused > 10_000 && refused < 40_000, "the mutations reach both outcomes")
    }

    @Test func mutatedAndRandomBodiesThrowOrGiveSoundMessages() {
        let sound = Sample.all.map { ($0.kind, $0.encodedBody()) }
        var accepted = 0
        var refused = 0
        for seed in UInt64(1)...200_000 {
            var random = Randomness(seed: seed)
            var (kind, body) = sound[Int(seed % UInt64(sound.count))]
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                body = random.bytes(Int.random(in: 0...40, using: &random))
            case 1:
                body.removeLast(Int.random(in: 0...body.count, using: &random))
            default:
                let index = Int.random(in: 0..<body.count, using: &random)
                body[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            do {
                let message = try Message.decode(kind: kind, body: body)
                try message?.validate()
                accepted += 1
            } catch {
                refused += 1
            }
        }
        #expect(accepted + refused == 200_000)
        #expect(accepted > 20_000 && refused > 20_000, "\(accepted) accepted, \(refused) refused")
    }
}
