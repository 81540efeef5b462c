// Room:  tests of Membership.
// Task:  owners with a cheap signature, directories of them, and a network that hands messages on.
// May:   anything.
// Proof: itself

import Model

@testable import Membership

/// Owner number n, with a signature that costs nothing and that only the tests believe in.
struct Owner: Sendable {
    let signer: RecordSigner
    let id: NodeID

    init(_ number: Int) {
        var key = [UInt8](repeating: 7, count: 32)
        key[0] = UInt8(number >> 8)
        key[1] = UInt8(number & 255)
        let publicKey = key
        signer = RecordSigner(publicKey: publicKey) { cheapSignature($0, publicKey) }
        id = NodeID(publicKey: publicKey)
    }
}

private func cheapSignature(_ message: [UInt8], _ publicKey: [UInt8]) -> [UInt8] {
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in publicKey { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for byte in message { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var mixer = SplitMix64(state: sum)
    let word = mixer.next()
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    // Rotated, so that their parity, a record's tag, is no constant.
    return bytes + bytes + bytes + bytes + bytes + bytes + bytes + bytes.reversed().map { $0 &* 3 }
}

let cheapVerifier: RecordVerifier = { $0 == cheapSignature($1, $2) }
let testFederation = [UInt8](repeating: 9, count: 32)

func facts(
    _ number: Int = 0, state: DirectoryFacts.State = .present, address: String? = nil,
    round: UInt64 = 0, phase: UInt8 = 0
) throws -> DirectoryFacts {
    try DirectoryFacts(
        state: state, addresses: [address ?? "n\(number).example:7447"], software: "starling 1.0",
        progress: DirectoryProgress(
            round: round, rounds: 500, samples: 12_000 + round, phase: phase,
            disagreement: 0.031, loss: 0.25, accuracy: 0.93))
}

func directory(
    _ owner: Owner, incarnation: UInt64 = 1, members: Int = 10
) -> Directory {
    Directory(
        own: owner.signer, federation: testFederation, incarnation: incarnation,
        members: members, verify: cheapVerifier)
}

func record(
    _ owner: Owner, _ incarnation: UInt64, _ sequence: UInt64, facts: DirectoryFacts,
    federation: [UInt8] = testFederation, extension more: [UInt8] = []
) -> DirectoryRecord {
    DirectoryRecord(
        signer: owner.signer, federation: federation, incarnation: incarnation,
        sequence: sequence, facts: facts, refresh: 90, extension: more)
}

func newsBytes(_ records: [DirectoryRecord]) -> [UInt8] {
    DirectoryMessage.news(span: .none, records.map { .record($0.bytes, isDown: false) }).bytes
}

/// Directories whose heartbeats and messages this hands on, some of them lost or sent twice.
struct DirectoryNetwork {
    let owners: [Owner]
    private let members: Set<NodeID>
    var nodes: [Directory]
    var random: SeededGenerator
    /// Chances of a message's being lost, and of its coming twice.
    var losses = 0.0
    var doubles = 0.0
    private(set) var bytes = 0
    private(set) var messages = 0
    /// Rows that rose.
    private(set) var changes = 0

    init(_ count: Int, seed: UInt64) {
        owners = (0..<count).map { Owner($0) }
        members = Set(owners.map(\.id))
        nodes = owners.map { directory($0, members: count) }
        random = SeededGenerator(seed: seed)
    }

    var isEqual: Bool { nodes.allSatisfy { $0.digest == nodes[0].digest } }

    /// Node `a` hears the digest of `b`; what follows is handed on until both are silent.
    mutating func hear(_ a: Int, from b: Int, at now: Instant) {
        guard let summary = nodes[a].hear(nodes[b].digest, from: owners[b].id, at: now) else {
            return
        }
        var queue = [(from: a, to: b, bytes: summary)]
        while !queue.isEmpty {
            let next = queue.removeFirst()
            bytes += next.bytes.count
            messages += 1
            if random.uniform() < losses { continue }
            let times = random.uniform() < doubles ? 2 : 1
            for _ in 0..<times {
                let outcome = nodes[next.to].receive(
                    next.bytes, from: owners[next.from].id, isMember: isMember, at: now)
                precondition(outcome.offence == nil, "an honest node gives no offence")
                changes += outcome.changes.count
                queue += outcome.replies.map { (from: next.to, to: next.from, bytes: $0) }
            }
        }
    }

    func isMember(_ id: NodeID) -> Bool { members.contains(id) }

    var stale: UInt64 { nodes.reduce(0) { $0 + $1.drops[.stale] } }
}
