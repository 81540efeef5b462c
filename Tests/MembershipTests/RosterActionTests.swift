// Room:  tests of Membership.
// Task:  the encoding of actions and endorsements: golden bytes, limits, mutations.
// May:   anything.
// Proof: itself

import Identity
import Model
import Testing

@testable import Membership

private let parent = RosterHash(bytes: [UInt8](repeating: 7, count: 32))

private func admission(name: String, addresses: [String]) throws -> RosterAction {
    try RosterAction(
        generation: 1, parent: try #require(parent),
        change: .admit(Member(id: node(1), name: name, addresses: addresses)))
}

@Suite struct RosterActionTests {
    @Test("The bytes of an endorsement are fixed for ever")
    func golden() throws {
        let key = KeyPair(seed: [UInt8](repeating: 3, count: 32))
        let action = try admission(name: "köln", addresses: ["a.example:7447", "[::1]:1"])
        let vote = Endorsement(
            action, ballot: 2, by: key, federation: [UInt8](repeating: 9, count: 32))
        let head = "01006801" + "0000000000000001" + String(repeating: "07", count: 32)
        let subject = "01" + hex(node(1).bytes) + "056bc3b66c6e" + "02"
        let addresses = "0e" + hex(Array("a.example:7447".utf8)) + "07" + hex(Array("[::1]:1".utf8))
        let tail = "02" + hex(key.publicKey) + hex(vote.signature)
        #expect(hex(vote.bytes) == head + subject + addresses + tail)
        #expect(action.hash.description == goldenHash)
        #expect(hex(vote.signature) == goldenSignature)
        #expect(vote.id == goldenID)
    }

    @Test("Generation 0 is named by the federation and its founders, whatever their order")
    func genesis() throws {
        let federation = [UInt8](repeating: 9, count: 32)
        let founders = try roster(3)
        let hash = RosterHash(founders: founders, federation: federation)
        let input =
            Array("starling roster 0".utf8) + federation
            + (0..<3).flatMap { node($0).bytes }
        #expect(hash.bytes == SHA256.hash(input))
        let other = RosterHash(founders: founders, federation: [UInt8](repeating: 8, count: 32))
        #expect(hash != other)
    }

    @Test("What is encoded decodes to the same, for admissions and expulsions of any size")
    func roundTrip() throws {
        let longest = String(repeating: "a", count: 63) + "." + String(repeating: "b", count: 63)
        for addresses in [[], ["h:1"], [longest + ":65535", "[fe80::1]:443", "10.0.0.1:80"]] {
            let vote = RosterKeys.endorse(
                try admission(name: "x", addresses: addresses), by: 0, ballot: 63)
            let read = try #require(Endorsement(bytes: vote.bytes))
            #expect(read.saysSame(as: vote) && read.bytes == vote.bytes && read.id == vote.id)
            #expect(read.proven(for: RosterKeys.federation) != nil)
            #expect(read.proven(for: [UInt8](repeating: 1, count: 32)) == nil)
        }
        let expulsion = RosterKeys.endorse(
            try RosterKeys.expel(1, at: .max, on: try #require(parent)), by: 0)
        #expect(Endorsement(bytes: expulsion.bytes)?.saysSame(as: expulsion) == true)
    }

    @Test("Names and addresses that are none are refused, each with its reason")
    func badContent() {
        let names = [
            "", " a", "a ", String(repeating: "ä", count: 33), "a\nb", "a\u{202E}b", "a\u{200B}",
            "\u{1B}[2J", "\u{FEFF}a", "a\u{7F}",
        ]
        for name in names {
            #expect(throws: RosterRefusal.name) { try admission(name: name, addresses: []) }
        }
        for address in ["", "host", "host:0", "host:65536", "HOST:1", "a b:1", "[::1:1", ":1"] {
            #expect(throws: RosterRefusal.address(address)) {
                try admission(name: "a", addresses: [address])
            }
        }
        #expect(throws: RosterRefusal.tooManyAddresses) {
            try admission(name: "a", addresses: (1...9).map { "h:\($0)" })
        }
        let label = String(repeating: "a", count: 60)
        let long = [label, label, label, label].joined(separator: ".") + ":65535"
        #expect(throws: RosterRefusal.tooManyAddresses) {
            try admission(name: "a", addresses: [String](repeating: long, count: 8))
        }
    }

    @Test("No byte that is changed, cut off or added gives an endorsement that counts")
    func mutations() throws {
        var book = try RosterKeys.book(3)
        let action = try RosterKeys.admit(5, at: 1, on: book.hash)
        let good = RosterKeys.endorse(action, by: 0)
        let bytes = good.bytes
        var generator = SeededGenerator(seed: 11)
        var decoded = 0
        for at in bytes.indices {
            var bad = bytes
            bad[at] ^= UInt8(1 << generator.below(8))
            guard let vote = Endorsement(bytes: bad) else { continue }
            decoded += 1
            #expect(vote.bytes == bad, "two encodings of one value")
            if case .new = book.add(vote) { Issue.record("byte \(at) is not covered") }
        }
        #expect(decoded > 100)
        for count in bytes.indices { #expect(Endorsement(bytes: Array(bytes[..<count])) == nil) }
        #expect(Endorsement(bytes: bytes + [0]) == nil)
        #expect(book.addAll([good]) == 1)
    }

    @Test("Random bytes behind a right beginning never stop the process")
    func noise() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<2000 {
            let noise = (0..<generator.below(300)).map { _ in UInt8(generator.below(256)) }
            let framed = [1, 0, UInt8(generator.below(200)), 1] + noise
            #expect(Endorsement(bytes: framed) == nil)
        }
        #expect(Endorsement(bytes: [UInt8](repeating: 1, count: 2049)) == nil)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

private let goldenHash =
    "1bf322e11f9bcccef031978c509d5e894ad4c1752dfd1ac1d8f8e7c1bf653279"
private let goldenSignature =
    "5a24955844a7962e088178b40a4fe739e7d39a4ff261944fafc4ab1d93a2902c"
    + "1ac40acd533349f4f02ab08f3082eb6bbe29e7afd472fc7c28f7c5099bedd903"
private let goldenID: UInt64 = 16_086_330_095_203_577_227
