// Room:  tests of Wire.
// Task:  golden bytes of every message, and the range of every field.
// May:   Wire, Foundation (Data).
// Proof: itself

import Foundation
import Testing
import Wire

@Suite struct MessageTests {
    /// Made by protoc 3.21.12 from text (`protoc --encode=starling.Hello starling.proto`), so by
    /// an implementation that is not ours.
    static let golden: [(Message, String)] = [
        (
            .hello(Sample.hello),
            """
            080110021a20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2220fffefdfc
            fbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e02a0e737461726c696e6720302e312e30
            308a4b380140015001
            """
        ),
        (
            .resume(Sample.resume),
            "080310ac0219efcdab8967452301211032547698badcfe2801300138014007"
        ),
        (.reference(Sample.reference), "08051a03010203218877665544332211"),
        (
            .delta(Sample.delta),
            """
            0801100218012204deadbeef29000000000000f83f31000000000000d03f3d00002041450000003f4dcdcccc
            3d550000803f5dcdcc4c3f650000803f691122334455667788
            """
        ),
        (
            .heartbeat(Sample.heartbeat),
            "080110ffffffffffffffffff011a19080c10c80118e001250000003f2d0000403f350000003e3801"
        ),
        (
            .farewell(Sample.farewell),
            """
            080212106f746865722066656465726174696f6e1a20000102030405060708090a0b0c0d0e0f101112131415
            161718191a1b1c1d1e1f20012801
            """
        ),
        (.snapshotRequest(Sample.snapshotRequest), "0880800410ac02"),
        (
            .snapshotChunk(Sample.snapshotChunk),
            "0880800410ac021a030102032188776655443322112828"
        ),
        (.snapshotChunk(Sample.joining), "088080043001"),
    ]

    @Test func everyMessageHasItsGoldenBytes() throws {
        for (message, text) in MessageTests.golden {
            #expect(hex(message.encodedBody()) == hex(bytes(text)), "\(message.kind)")
            let read = try Message.decode(kind: message.kind, body: bytes(text))
            #expect(read == message)
        }
    }

    @Test func kindsHaveTheirNumbers() {
        #expect(Sample.all.map(\.kind.rawValue) == [1, 6, 2, 3, 4, 5, 10, 11])
        #expect(
            Sample.all.map(\.isBulk) == [false, false, true, true, false, false, false, true])
        #expect(FrameKind(rawValue: 0x81) == nil)
    }

    @Test func unknownKindsAreNil() throws {
        let kind = try #require(FrameKind(rawValue: 77))
        #expect(try Message.decode(kind: kind, body: [1, 2, 3]) == nil)
    }

    @Test func unknownFieldsAreIgnored() throws {
        for message in Sample.all {
            // Field 1000 as a varint, field 1001 as bytes.
            let body = message.encodedBody() + [0xc0, 0x3e, 0x05, 0xca, 0x3e, 0x02, 0x61, 0x62]
            #expect(try Message.decode(kind: message.kind, body: body) == message)
        }
    }

    @Test func anUnknownCodeOrPhaseIsKeptAsUnknown() throws {
        let farewell = try Message.decode(kind: .farewell, body: [0x08, 0x63])
        #expect(farewell == .farewell(WireFarewell(.UNRECOGNIZED(99))))
    }

    @Test func whatDoesNotParseIsRefused() {
        for message in Sample.all {
            let body = Array(message.encodedBody().dropLast())
            #expect(throws: WireError.unparsable(message.kind)) {
                try Message.decode(kind: message.kind, body: body)
            }
        }
        // A string that is not UTF-8.
        #expect(throws: WireError.unparsable(.farewell)) {
            try Message.decode(kind: .farewell, body: [0x12, 0x01, 0xff])
        }
    }

    @Test func controlMessagesHaveALimitOfTheirOwn() {
        let body = [UInt8](repeating: 0, count: 4097)
        #expect(throws: WireError.frameTooLong(.heartbeat, length: 4097, limit: 4096)) {
            try Message.decode(kind: .heartbeat, body: body)
        }
    }

    @Test func theLargestControlMessagesFitTheirLimit() {
        var hello = Sample.hello
        hello.versionMin = .max
        hello.versionMax = .max
        hello.software = String(repeating: "x", count: Message.softwareLimit)
        hello.parameters = .max
        var resume = Sample.resume
        resume.epoch = .max
        resume.exchange = .max
        resume.ledgerFrom = .max
        var farewell = Sample.farewell
        farewell.reason = String(repeating: "x", count: Message.reasonLimit)
        var queue = OutgoingQueue()
        queue.push(.hello(hello))
        queue.push(.resume(resume))
        queue.push(.farewell(farewell))
        #expect(queue.popAll().allSatisfy { $0.count < FrameKind.hello.controlLimit / 4 })
    }

    @Test func everyFieldOutOfRangeIsNamed() {
        for (message, field) in MessageTests.invalid {
            #expect(throws: WireError.invalidField(message.kind, field: field)) {
                try Message.decode(kind: message.kind, body: message.encodedBody())
            }
        }
    }

    @Test func everyFieldAtItsEdgeIsAccepted() throws {
        for message in MessageTests.edges {
            #expect(try Message.decode(kind: message.kind, body: message.encodedBody()) == message)
        }
    }

    @Test func aReasonIsCutAtACharacter() {
        let farewell = WireFarewell(.leaving, reason: String(repeating: "é", count: 300))
        #expect(farewell.reason.utf8.count == 512)
        #expect(WireFarewell(.leaving, reason: "bye").reason == "bye")
    }

    @Test func errorsSayWhatAndCode() {
        let error = WireError.invalidField(.delta, field: "rate")
        #expect(error.description == "delta message with an invalid rate (wire.invalid-field)")
        #expect(error.exitStatus == 1)
    }

    static func delta(_ change: (inout WireDelta) -> Void) -> Message {
        var delta = Sample.delta
        change(&delta)
        return .delta(delta)
    }

    static func hello(_ change: (inout WireHello) -> Void) -> Message {
        var hello = Sample.hello
        change(&hello)
        return .hello(hello)
    }

    static func heartbeat(_ change: (inout WireHeartbeat) -> Void) -> Message {
        var heartbeat = Sample.heartbeat
        change(&heartbeat)
        return .heartbeat(heartbeat)
    }

    static func farewell(_ change: (inout WireFarewell) -> Void) -> Message {
        var farewell = Sample.farewell
        change(&farewell)
        return .farewell(farewell)
    }

    static func chunk(_ change: (inout WireSnapshotChunk) -> Void) -> Message {
        var chunk = Sample.snapshotChunk
        change(&chunk)
        return .snapshotChunk(chunk)
    }

    static var invalid: [(Message, String)] {
        var list: [(Message, String)] = []
        for bad in [Double.nan, .infinity, -1] {
            list.append((delta { $0.r = bad }, "r"))
            list.append((delta { $0.e = bad }, "e"))
        }
        for bad in [Float.nan, .infinity, -1] {
            list.append((delta { $0.h = bad }, "h"))
            list.append((delta { $0.v = bad }, "v"))
            list.append((delta { $0.rate = bad }, "rate"))
            list.append((delta { $0.weight = bad }, "weight"))
            list.append((delta { $0.cap = bad }, "cap"))
            list.append((delta { $0.near = bad }, "near"))
        }
        list.append((delta { $0.rate = 0 }, "rate"))
        list.append((delta { $0.weight = 0 }, "weight"))
        list.append((delta { $0.near = 1.0001 }, "near"))
        for count in [0, 31, 33] {
            let identifier = Data(repeating: 1, count: count)
            list.append((hello { $0.federationID = identifier }, "federation_id"))
            list.append((hello { $0.nodeID = identifier }, "node_id"))
            if count > 0 {
                list.append((farewell { $0.federationID = identifier }, "federation_id"))
            }
        }
        list.append((hello { $0.versionMin = 0 }, "version_min"))
        list.append((hello { $0.versionMax = 0 }, "version_max"))
        list.append((hello { $0.software = String(repeating: "é", count: 65) }, "software"))
        list.append((farewell { $0.reason = String(repeating: "é", count: 257) }, "reason"))
        for bad in [Float.nan, .infinity, -.infinity] {
            list.append((heartbeat { $0.progress.loss = bad }, "progress.loss"))
            list.append((heartbeat { $0.progress.accuracy = bad }, "progress.accuracy"))
            list.append((heartbeat { $0.progress.disagreement = bad }, "progress.disagreement"))
        }
        var reference = Sample.reference
        reference.genesis = true
        list.append((.reference(reference), "payload"))
        for bad in [0, Message.chunkLimit + 1, .max] as [UInt32] {
            var request = Sample.snapshotRequest
            request.count = bad
            list.append((.snapshotRequest(request), "count"))
            list.append((chunk { $0.count = bad }, "count"))
        }
        list.append((chunk { $0.joining = true }, "count"))
        list.append(
            (
                chunk {
                    $0.joining = true
                    $0.count = 0
                }, "payload"
            ))
        return list
    }

    static var edges: [Message] {
        var genesis = WireReference()
        genesis.genesis = true
        return [
            delta {
                $0.r = 0
                $0.e = 0
                $0.h = 0
                $0.v = 0
                $0.cap = 0
                $0.near = 0
                $0.rate = .leastNonzeroMagnitude
                $0.weight = .greatestFiniteMagnitude
                $0.payloadBytes = []
            },
            delta { $0.r = .greatestFiniteMagnitude },
            hello { $0.software = String(repeating: "x", count: 128) },
            hello { $0.versionMin = 2 },
            farewell { $0.reason = String(repeating: "x", count: 512) },
            farewell { $0.federationBytes = [] },
            .heartbeat(WireHeartbeat()),
            .farewell(WireFarewell()),
            .reference(genesis),
            .reference(WireReference()),
            .snapshotChunk(Sample.joining),
            chunk {
                $0.start = .max
                $0.count = Message.chunkLimit
            },
        ]
    }
}
