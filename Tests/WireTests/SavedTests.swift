// Room:  tests of Wire.
// Task:  golden bytes of a checkpoint's header, and what is none.
// May:   Wire.
// Proof: itself

import Testing
import Wire

@Suite struct SavedTests {
    /// Made by protoc 3.21.12 from text (`protoc --encode=starling.SavedNode saved.proto`), so by
    /// an implementation that is not ours. Old checkpoints must stay readable.
    static let golden = """
        0a020102120103180520a00129000000000000e03f31000000000000f83f3d0000003e41000000000000f43f4900
        0000000000144051000000000000d03f59000000000000e83f6100000000000000406a2001000000000000000200
        0000000000000300000000000000ffffffffffffffff722a0a01ff121a0802100919630000000000000021620000
        0000000000380140041a0708021009220101280c7a0209088101000000000000d03f8901000000000000e03f
        """

    static var sample: WireSavedNode {
        var node = WireSavedNode()
        node.federationBytes = [1, 2]
        node.nodeBytes = [3]
        node.round = 5
        node.samples = 160
        node.loss = 0.5
        node.travelled = 1.5
        node.rate = 0.125
        node.stepsBetween = 1.25
        node.stepsSince = 5
        node.overlap = 0.25
        node.gradient = 0.75
        node.stride = 2
        node.generator = [1, 2, 3, .max]
        var link = WireSavedLink()
        link.peerBytes = [255]
        link.standing.epoch = 2
        link.standing.exchange = 9
        link.standing.digest = 99
        link.standing.previousDigest = 98
        link.standing.ledgerOpen = true
        link.standing.ledgerFrom = 4
        link.own.epoch = 2
        link.own.exchange = 9
        link.own.payloadBytes = [1]
        link.exchanges = 12
        node.links = [link]
        node.trainerBytes = [9, 8]
        node.heldOutLoss = 0.25
        node.accuracy = 0.5
        return node
    }

    @Test func aSavedNodeHasItsGoldenBytes() throws {
        #expect(hex(Self.sample.encoded()) == hex(bytes(Self.golden)))
        let read = try #require(WireSavedNode(encoded: bytes(Self.golden)))
        #expect(read == Self.sample)
        #expect(read.federationBytes == [1, 2])
        #expect(read.nodeBytes == [3])
        #expect(read.trainerBytes == [9, 8])
        #expect(read.links.map(\.peerBytes) == [[255]])
    }

    @Test func bytesThatDoNotParseAreNoSavedNode() {
        #expect(WireSavedNode(encoded: [0xff, 0xff]) == nil)
        #expect(WireSavedNode(encoded: bytes(Self.golden).dropLast()) == nil)
    }
}
