// Room:  Gossip (pure core).
// Task:  the data half of a node: the parameters, the correction, each link's reference and ledger.
// May:   Codec, Model.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/GossipTests/ParameterStateTests.swift

import Codec
import Model

/// A link's two vectors. Both cost nothing until they differ from what they start as: storage is
/// shared with genesis and with one vector of zeros.
struct LinkVectors: Sendable {
    /// `s`: equal bit for bit at both ends.
    var reference: [Float]
    var digest: ReferenceDigest
    /// `b`: what this link has added to the correction.
    var ledger: [Float]
    var referenceIsGenesis: Bool
    var ledgerIsZero: Bool
}

/// `x`, `c`, and every link's `s` and `b`.
///
/// Knows nothing of phases, time or peers: the control half says what to do, in order. Each
/// operation either happens whole or, with a fault as its result, not at all.
public struct ParameterState: Sendable {
    /// No parameter may be larger, and no reference four times as large: so no difference of the
    /// two overflows, whatever peers send.
    static let largest: Float = 0x1p120

    public let genesis: [Float]
    public private(set) var parameters: [Float]
    /// Of a node that joins late: the runs that are here, from the first parameter on.
    var incoming: [Float] = []
    /// `c`, the sum of the open ledgers, in units of the gradient.
    public private(set) var correction: [Float]
    /// `|x - genesis|^2`: exact after local steps, kept up by each exchange in O(k).
    private(set) var travelledSquared = 0.0
    private var links = LinkTable<LinkVectors>()
    /// The newest own delta of each link, so that applying it need not decode it again.
    private var made = LinkTable<EncodedDelta>()
    private let zeros: [Float]
    private let genesisDigest: ReferenceDigest
    private let codec: DeltaCodec

    /// - genesis: `[d]` Float32, finite.
    /// - Complexity: O(d).
    public init(genesis: [Float], codec: DeltaCodec) {
        self.genesis = genesis
        self.codec = codec
        parameters = genesis
        zeros = [Float](repeating: 0, count: genesis.count)
        correction = zeros
        genesisDigest = ReferenceDigest(of: genesis)
    }

    /// Takes up a stored instant. Digests are computed anew, so a wrong one cannot survive.
    ///
    /// - Returns: nil when a vector has the wrong length or an entry that is not finite.
    public init?(genesis: [Float], codec: DeltaCodec, snapshot: ParameterSnapshot) {
        self.init(genesis: genesis, codec: codec)
        let vectors =
            [snapshot.parameters] + snapshot.links.compactMap(\.reference)
            + snapshot.links.compactMap(\.ledger)
        for vector in vectors {
            guard vector.count == genesis.count, vector.allSatisfy(\.isFinite) else { return nil }
        }
        replaceParameters(by: snapshot.parameters)
        for link in snapshot.links {
            links[link.id] = LinkVectors(
                reference: link.reference ?? genesis,
                digest: link.reference.map { ReferenceDigest(of: $0) } ?? genesisDigest,
                ledger: link.ledger ?? zeros, referenceIsGenesis: link.reference == nil,
                ledgerIsZero: link.ledger == nil)
        }
        sumLedgers()
    }

    /// - whole: `[d]`, finite.
    mutating func replaceParameters(by whole: [Float]) {
        precondition(whole.count == genesis.count, "all parameters, or none")
        parameters = whole
        travelledSquared = zip(parameters, genesis).reduce(0) { sum, pair in
            let away = Double(pair.0) - Double(pair.1)
            return sum + away * away
        }
    }

    /// The digest of a fresh link's reference.
    public var freshDigest: UInt64 { genesisDigest.value }

    public func reference(of link: LinkID) -> [Float] { links[link]?.reference ?? genesis }
    /// Whether the link has added anything to the correction.
    public func hasLedger(of link: LinkID) -> Bool { links[link].map { !$0.ledgerIsZero } ?? false }
    public func ledger(of link: LinkID) -> [Float] { links[link]?.ledger ?? zeros }
    public func digest(of link: LinkID) -> UInt64 { (links[link]?.digest ?? genesisDigest).value }

    /// - Complexity: O(d), `apply` O(k) once the guard is fully open (`near` = 1).
    public mutating func perform(_ item: WorkItem) -> WorkResult {
        switch item {
        case .makeDelta(let link, let epoch, let exchange):
            makeDelta(link, epoch: epoch, exchange: exchange)
        case .apply(let link, let own, let peer, let ownIsLower, let countsInLedger):
            apply(
                link, own: own, peer: peer, ownIsLower: ownIsLower, countsInLedger: countsInLedger)
        case .makeReference(let link, let epoch, let genesis):
            makeReference(link, epoch: epoch, genesis: genesis)
        case .adoptReference(let link, let reference): adoptReference(link, reference)
        case .clearLedger(let link): clearLedger(link)
        case .addLocal(let steps): addLocal(steps)
        case .fork: .forked(parameters: parameters, correction: correction)
        case .snapshot: .snapshot(snapshot())
        case .readChunk(let link, let start, let count):
            readChunk(link, start: start, count: count)
        case .takeChunk(let link, let chunk): takeChunk(link, chunk)
        case .dropChunks: dropChunks()
        case .forget(let link): forget(link)
        }
    }

    private func fresh() -> LinkVectors {
        LinkVectors(
            reference: genesis, digest: genesisDigest, ledger: zeros, referenceIsGenesis: true,
            ledgerIsZero: true)
    }

    // MARK: Exchanges

    private mutating func makeDelta(_ link: LinkID, epoch: UInt64, exchange: UInt64) -> WorkResult {
        let vectors = links[link] ?? fresh()
        do throws(CodecError) {
            let encoded = try codec.encode(parameters: parameters, reference: vectors.reference)
            made[link] = encoded
            return .deltaMade(
                link, epoch: epoch, exchange: exchange, payload: encoded.payload,
                before: encoded.before, after: encoded.after, digest: vectors.digest.value)
        } catch {
            // The parameters are kept finite by addLocal and by what decode lets through.
            preconditionFailure("own parameters do not encode: \(error)")
        }
    }

    private mutating func apply(
        _ link: LinkID, own: LinkDelta, peer: LinkDelta, ownIsLower: Bool, countsInLedger: Bool
    ) -> WorkResult {
        let mine: SparseDelta
        let theirs: SparseDelta
        do throws(CodecError) {
            mine = try decodeOwn(link, own.payload)
            theirs = try codec.decode(peer.payload)
        } catch {
            return .peerFault(link, .badPayload(error))
        }
        var vectors = links.take(link) ?? fresh()
        guard own.digest == vectors.digest.value, peer.digest == own.digest else {
            links[link] = vectors
            return .peerFault(link, .referencesDiffer(exchange: own.exchange))
        }
        let union =
            ownIsLower
            ? DeltaUnion(lower: mine, higher: theirs) : DeltaUnion(lower: theirs, higher: mine)
        let factors = ExchangeFactors(
            own: own.terms, peer: peer.terms, ownIsLower: ownIsLower,
            distanceSquared: union.distanceSquared, countsInLedger: countsInLedger)
        // Huge but finite values could add up to infinity, here or in a later delta: look first,
        // then leap.
        guard staysFinite(union, vectors.reference, factors) else {
            links[link] = vectors
            return .peerFault(link, .badPayload(.nonFinite))
        }

        leak(&vectors, keep: factors.keep)
        let moved = move(&vectors, union, ownIsLower: ownIsLower, factors)
        if union.count > 0 { vectors.referenceIsGenesis = false }
        links[link] = vectors
        return .applied(
            link, epoch: own.epoch, exchange: own.exchange, digest: vectors.digest.value,
            moved: moved, travelled: max(0, travelledSquared).squareRoot())
    }

    /// After a restart, or where a delta was made in vain since, the bytes have to be read.
    private mutating func decodeOwn(
        _ link: LinkID, _ payload: [UInt8]
    ) throws(CodecError) -> SparseDelta {
        if let encoded = made.take(link), encoded.payload == payload { return encoded.delta }
        return try codec.decode(payload)
    }

    /// The exchange itself: `x += m`, `b += gain m`, `c += gain m`, `s += mean q`.
    private mutating func move(
        _ vectors: inout LinkVectors, _ union: DeltaUnion, ownIsLower: Bool,
        _ factors: ExchangeFactors
    ) -> Double {
        var moved = 0.0
        var further = 0.0
        var digest = vectors.digest
        let gain = factors.gain
        let share = ownIsLower ? factors.share : -factors.share
        parameters.withUnsafeMutableBufferPointer { x in
            vectors.reference.withUnsafeMutableBufferPointer { s in
                union.forEach { i, low, high in
                    let m = share * (high - low)
                    let from = Double(x[i] - genesis[i])
                    x[i] += m
                    let to = Double(x[i] - genesis[i])
                    further += to * to - from * from
                    moved += Double(m) * Double(m)
                    let old = s[i]
                    s[i] = old + (factors.lowerShare * low + factors.higherShare * high)
                    digest.replace(at: i, old, by: s[i])
                }
            }
        }
        vectors.digest = digest
        travelledSquared += further
        guard gain != 0 else { return moved }
        vectors.ledgerIsZero = false
        correction.withUnsafeMutableBufferPointer { c in
            vectors.ledger.withUnsafeMutableBufferPointer { b in
                union.forEach { i, low, high in
                    let step = gain * (share * (high - low))
                    b[i] += step
                    c[i] += step
                }
            }
        }
        return moved
    }

    /// `b *= keep`, and `c` with it.
    private mutating func leak(_ vectors: inout LinkVectors, keep: Float) {
        guard keep != 1, !vectors.ledgerIsZero else { return }
        correction.withUnsafeMutableBufferPointer { c in
            vectors.ledger.withUnsafeMutableBufferPointer { b in
                for i in 0..<b.count {
                    let kept = b[i] * keep
                    c[i] -= b[i] - kept
                    b[i] = kept
                }
            }
        }
    }

    private func staysFinite(
        _ union: DeltaUnion, _ reference: [Float], _ factors: ExchangeFactors
    ) -> Bool {
        // Zero if all are; products with infinity or NaN are NaN, and stay so.
        var excess: Float = 0
        parameters.withUnsafeBufferPointer { x in
            correction.withUnsafeBufferPointer { c in
                reference.withUnsafeBufferPointer { s in
                    union.forEach { i, low, high in
                        let move = high - low
                        let mean = factors.lowerShare * low + factors.higherShare * high
                        excess += max(abs(x[i]) + abs(move), Self.largest) - Self.largest
                        excess += max(abs(s[i] + mean) / 4, Self.largest) - Self.largest
                        excess += 0 * (c[i] + factors.gain * move)
                    }
                }
            }
        }
        return excess == 0
    }

    // MARK: References

    private mutating func makeReference(
        _ link: LinkID, epoch: UInt64, genesis useGenesis: Bool
    ) -> WorkResult {
        var vectors = fresh()
        var payload: [UInt8]?
        if !useGenesis {
            let difference = zip(parameters, genesis).map { $0 - $1 }
            let encoded = codec.encodeDense(difference, kind: .int8)
            if let decoded = try? codec.decode(encoded) {
                payload = encoded
                vectors = genesisPlus(decoded)
            }
            precondition(payload != nil, "an own snapshot of finite parameters decodes")
        }
        replace(link, by: vectors)
        return .referenceMade(
            link, LinkReference(epoch: epoch, payload: payload, digest: vectors.digest.value))
    }

    private mutating func adoptReference(_ link: LinkID, _ reference: LinkReference) -> WorkResult {
        var vectors = fresh()
        if let payload = reference.payload {
            do throws(CodecError) {
                vectors = genesisPlus(try codec.decode(payload))
            } catch {
                return .peerFault(link, .badPayload(error))
            }
            guard vectors.reference.allSatisfy({ abs($0) <= 4 * Self.largest }) else {
                return .peerFault(link, .badPayload(.nonFinite))
            }
        }
        guard vectors.digest.value == reference.digest else {
            return .peerFault(link, .referencesDiffer(exchange: 0))
        }
        replace(link, by: vectors)
        return .referenceAdopted(link, epoch: reference.epoch, digest: reference.digest)
    }

    private func genesisPlus(_ delta: SparseDelta) -> LinkVectors {
        var vectors = fresh()
        for (index, value) in zip(delta.indices, delta.values) {
            let i = Int(index)
            let old = vectors.reference[i]
            vectors.reference[i] = old + value
            vectors.digest.replace(at: i, old, by: vectors.reference[i])
        }
        vectors.referenceIsGenesis = delta.indices.isEmpty
        return vectors
    }

    /// A new reference comes with an empty ledger.
    private mutating func replace(_ link: LinkID, by vectors: LinkVectors) {
        links[link] = vectors
        sumLedgers()
    }

    private mutating func clearLedger(_ link: LinkID) -> WorkResult {
        if links[link]?.ledgerIsZero == false, var vectors = links.take(link) {
            vectors.ledger = zeros
            vectors.ledgerIsZero = true
            links[link] = vectors
            sumLedgers()
        }
        return .ledgerCleared(link)
    }

    private mutating func forget(_ link: LinkID) -> WorkResult {
        precondition(links[link]?.ledgerIsZero ?? true, "an open ledger is not forgotten")
        links[link] = nil
        made[link] = nil
        return .forgotten(link)
    }

    /// `c` as the sum of the ledgers, afresh: taking one out by subtraction would leave the
    /// rounding of thousands of additions behind.
    private mutating func sumLedgers() {
        correction = zeros
        for vectors in links.values where !vectors.ledgerIsZero {
            for i in 0..<correction.count { correction[i] += vectors.ledger[i] }
        }
    }

    // MARK: Local steps

    private mutating func addLocal(_ steps: [Float]) -> WorkResult {
        precondition(steps.count == parameters.count, "the trainer's delta has the model's length")
        var moved = 0.0
        var size = 0.0
        var travelled = 0.0
        var largest: Float = 0
        for i in 0..<steps.count {
            let sum = parameters[i] + steps[i]
            largest = max(largest, abs(sum))
            let away = sum - genesis[i]
            moved += Double(steps[i]) * Double(steps[i])
            size += Double(sum) * Double(sum)
            travelled += Double(away) * Double(away)
        }
        // A sum of squares in Double is finite only if every Float of it is.
        guard moved.isFinite, size.isFinite, largest <= Self.largest else { return .localRefused }
        for i in 0..<steps.count { parameters[i] += steps[i] }
        travelledSquared = travelled
        return .localAdded(
            moved: moved.squareRoot(), size: size.squareRoot(), travelled: travelled.squareRoot())
    }

    // MARK: Instants

    public func snapshot() -> ParameterSnapshot {
        ParameterSnapshot(
            parameters: parameters,
            links: zip(links.ids, links.values).map { id, vectors in
                ParameterSnapshot.Link(
                    id: id, reference: vectors.referenceIsGenesis ? nil : vectors.reference,
                    digest: vectors.digest.value,
                    ledger: vectors.ledgerIsZero ? nil : vectors.ledger)
            })
    }
}
