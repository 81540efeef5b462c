// Room:  tests of Membership.
// Task:  the bytes of a record: golden, round, bounded, and kept where they are not understood.
// May:   anything.
// Proof: itself

import Identity
import Testing

@testable import Membership

@Suite struct DirectoryRecordTests {
    private let key = KeyPair(seed: [UInt8](repeating: 42, count: 32))

    private func demoRecord() throws -> DirectoryRecord {
        DirectoryRecord(
            signer: RecordSigner(key), federation: testFederation, incarnation: 1_790_000_000,
            sequence: 77,
            facts: try DirectoryFacts(
                addresses: ["127.0.0.1:7447", "hospital-a.example.org:7447"],
                software: "starling 0.6.0",
                progress: DirectoryProgress(
                    round: 120, rounds: 400, samples: 1500, phase: 1, disagreement: 0.5,
                    loss: 0.25, accuracy: 0.75)),
            refresh: 90)
    }

    @Test("The bytes of a record are these, for ever")
    func golden() throws {
        let record = try demoRecord()
        let hex = record.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == Self.goldenHex)
        #expect(
            record.isSigned(federation: testFederation) {
                KeyPair.verify(signature: $0, message: $1, publicKey: $2)
            })
    }

    @Test("A record with two addresses takes less than 250 bytes, one with eight at most 1,024")
    func sizes() throws {
        #expect(try demoRecord().bytes.count == 182)
        let long = String(repeating: "a", count: 60)
        let big = try DirectoryFacts(
            addresses: (0..<8).map { "\(long)\($0).\(long.prefix(28)):65535" },
            software: String(repeating: "s", count: 50),
            progress: DirectoryProgress(
                round: .max, rounds: .max, samples: .max, phase: 255, disagreement: 1, loss: 1,
                accuracy: 1))
        let record = DirectoryRecord(
            signer: RecordSigner(key), federation: testFederation,
            incarnation: DirectoryRecord.highest, sequence: DirectoryRecord.highest, facts: big,
            refresh: 86_400)
        #expect((980...1024).contains(record.bytes.count))
        #expect(DirectoryRecord(bytes: record.bytes) == record)
    }

    @Test("Bytes read back give the record, with loss and accuracy and without")
    func round() throws {
        let record = try demoRecord()
        #expect(DirectoryRecord(bytes: record.bytes) == record)
        #expect(record.id == key.nodeID)
        var secret = record.facts
        secret.progress.loss = nil
        secret.progress.accuracy = nil
        secret.state = .left
        let other = DirectoryRecord(
            signer: RecordSigner(key), federation: testFederation, incarnation: 1, sequence: 1,
            facts: secret, refresh: 60)
        let read = try #require(DirectoryRecord(bytes: other.bytes))
        #expect(read.facts.progress.loss == nil && read.facts.progress.accuracy == nil)
        #expect(read.facts.state == .left && read.facts == secret)
    }

    @Test("Fields of a later version are signed, kept and passed on")
    func extensions() throws {
        let owner = Owner(3)
        let later = record(owner, 1, 5, facts: try facts(3), extension: [99, 3, 1, 2, 3])
        let read = try #require(DirectoryRecord(bytes: later.bytes))
        #expect(read == later && read.facts == later.facts)
        var net = DirectoryNetwork(4, seed: 1)
        for node in 0..<4 { net.nodes[node].announce(try facts(node), at: time(0)) }
        let outcome = net.nodes[0].receive(
            newsBytes([later]), from: net.owners[2].id, isMember: net.isMember, at: time(1))
        #expect(outcome.changes == [.appeared(owner.id)])
        net.hear(1, from: 0, at: time(2))
        #expect(net.nodes[1].record(of: owner.id)?.bytes == later.bytes)
    }

    @Test("A signature holds for its federation and its bytes alone")
    func signatures() throws {
        let record = try demoRecord()
        let real: RecordVerifier = {
            KeyPair.verify(signature: $0, message: $1, publicKey: $2)
        }
        var other = testFederation
        other[31] ^= 1
        #expect(!record.isSigned(federation: other, verify: real))
        for index in [1, 40, 80, 110, 150] {
            var bytes = record.bytes
            bytes[index] ^= 1
            guard let changed = DirectoryRecord(bytes: bytes) else { continue }
            #expect(!changed.isSigned(federation: testFederation, verify: real), "byte \(index)")
        }
    }

    @Test("No truncation of a record is a record with its owner's signature")
    func truncated() throws {
        let good = record(Owner(1), 1, 1, facts: try facts(1))
        for count in 0..<good.bytes.count {
            let cut = DirectoryRecord(bytes: Array(good.bytes.prefix(count)))
            #expect(
                cut?.isSigned(federation: testFederation, verify: cheapVerifier) ?? false == false)
        }
    }

    @Test("A record from the future, a version unknown and one too long are told apart")
    func refusals() throws {
        let highest = DirectoryRecord.highest
        let good = try facts(1)
        func reason(_ bytes: [UInt8]) -> DirectoryDrop? {
            do throws(DirectoryDrop) {
                _ = try DirectoryRecord(reading: bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(reason(record(Owner(1), highest, highest, facts: good).bytes) == nil)
        #expect(reason(record(Owner(1), highest + 1, 1, facts: good).bytes) == .future)
        #expect(reason(record(Owner(1), 1, highest + 1, facts: good).bytes) == .future)
        var bytes = record(Owner(1), 1, 1, facts: good).bytes
        bytes[0] = 2
        #expect(reason(bytes) == .version)
        #expect(reason([UInt8](repeating: 1, count: 1025)) == .tooLong)
        #expect(reason([]) == .malformed)
        let bad = DirectoryFacts(
            read: .present, listening: true, addresses: ["no address"], software: "s",
            progress: DirectoryProgress())
        #expect(reason(record(Owner(1), 1, 1, facts: bad).bytes) == .address)
        let terminal = DirectoryFacts(
            read: .present, listening: true, addresses: [], software: "\u{1B}[2J",
            progress: DirectoryProgress())
        #expect(reason(record(Owner(1), 1, 1, facts: terminal).bytes) == .malformed)
    }

    @Test("What is no address, too many or too long cannot be announced")
    func badFacts() throws {
        for address in [
            "", "host", "host:", "host:0", "host:65536", ":80", "ho st:80", "[::1]", "[::g]:80",
            "a..b:80", "-a:80", "Host:80", String(repeating: "a", count: 250) + ":12345",
        ] {
            #expect(throws: DirectoryError.address(address)) {
                try DirectoryFacts(addresses: [address], software: "s")
            }
        }
        for address in ["host:1", "10.0.0.1:65535", "[::1]:80", "a-b.c_d:7447"] {
            #expect(try DirectoryFacts(addresses: [address], software: "s").addresses == [address])
        }
        #expect(throws: DirectoryError.addresses(9)) {
            try DirectoryFacts(addresses: (0..<9).map { "a\($0):1" }, software: "s")
        }
        #expect(throws: DirectoryError.software("\n")) {
            try DirectoryFacts(addresses: [], software: "\n")
        }
        let label = String(repeating: "a", count: 60)
        let long = (0..<8).map { "\(label).\(label).a\($0):1" }
        #expect(throws: DirectoryError.length(1016 + 1 + 8)) {
            try DirectoryFacts(addresses: long, software: "s")
        }
    }

    @Test("Numbers that are not finite stay at home")
    func notFinite() {
        let progress = DirectoryProgress(disagreement: .nan, loss: .infinity, accuracy: .nan)
        #expect(progress == DirectoryProgress())
    }

    private static let goldenHex =
        "01197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d6180f7c4d5064d0e5a02"
        + "0e3132372e302e302e313a373434371b686f73706974616c2d612e6578616d706c652e6f72673a373434"
        + "370e737461726c696e6720302e362e30789003dc0b013f0000003e8000003f4000006531b69739cbadd0"
        + "d9d8b16f037205271cca8692f3a6fbf4da065879c7a0f7307893de1641d4015d53dd08ded0ae2b275483"
        + "9663c914f46435508d98d805da02"
}
