// Room:  Gossip (pure core).
// Task:  runs of the parameters for a node that joins late, and such a node's own taking of them.
// May:   Codec, Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/SnapshotTests.swift

import Codec
import Model

extension ParameterState {
    /// How finely a snapshot is written: as a new reference is (measured: see this room's README).
    static let snapshotKind = ValueKind.int8

    /// - Complexity: O(count).
    func readChunk(_ link: LinkID, start: Int, count: Int) -> WorkResult {
        precondition(start >= 0 && count > 0 && start + count <= genesis.count)
        let run = start..<(start + count)
        let difference = run.map { parameters[$0] - genesis[$0] }
        let payload = Self.codec(of: count).encodeDense(difference, kind: Self.snapshotKind)
        guard let values = try? decode(payload, run) else {
            preconditionFailure("an own run of finite parameters decodes")
        }
        return .chunkRead(
            link, start: start, count: count, payload: payload,
            digest: ReferenceDigest(of: values, from: start).value)
    }

    /// Takes the run that follows those that are here. `x` is replaced as a whole, with the last
    /// one: a node that crashes in the middle starts from nothing again, not from a mixture.
    ///
    /// - Complexity: O(count), O(d) with the last run.
    mutating func takeChunk(_ link: LinkID, _ chunk: SnapshotChunk) -> WorkResult {
        let run = chunk.start..<(chunk.start + chunk.count)
        precondition(run.upperBound <= genesis.count, "a run lies within the model")
        precondition(chunk.start == incoming.count, "runs are taken in order")
        let values: [Float]
        do throws(CodecError) {
            values = try decode(chunk.payload, run)
        } catch {
            return .chunkRefused(link, .badPayload(error))
        }
        guard values.allSatisfy({ abs($0) <= Self.largest }) else {
            return .chunkRefused(link, .badPayload(.nonFinite))
        }
        guard ReferenceDigest(of: values, from: chunk.start).value == chunk.digest else {
            return .chunkRefused(link, .badChunk(start: chunk.start))
        }
        if incoming.isEmpty { incoming.reserveCapacity(genesis.count) }
        incoming += values
        guard run.upperBound == genesis.count else {
            return .chunkTaken(link, upTo: run.upperBound, travelled: nil)
        }
        let whole = incoming
        incoming = []
        replaceParameters(by: whole)
        return .chunkTaken(
            link, upTo: run.upperBound, travelled: max(0, travelledSquared).squareRoot())
    }

    mutating func dropChunks() -> WorkResult {
        incoming = []
        return .chunksDropped
    }

    /// `genesis` plus what the payload says.
    private func decode(_ payload: [UInt8], _ run: Range<Int>) throws(CodecError) -> [Float] {
        let said = try Self.codec(of: run.count).decode(payload)
        var values = Array(genesis[run])
        for (index, value) in zip(said.indices, said.values) { values[Int(index)] += value }
        return values
    }

    /// A run is a model of its own to the codec.
    private static func codec(of count: Int) -> DeltaCodec {
        do {
            return DeltaCodec(layout: try ParameterLayout([("run", [count])]))
        } catch {
            preconditionFailure("one tensor of \(count) entries is a layout: \(error)")
        }
    }
}
