// Room:  GossipTests.
// Task:  small models, terms and deltas that the tests of this room share.
// May:   Gossip, Codec, Model.
// Proof: itself

import Codec
import Gossip
import Model

let one = LinkID(1)
let two = LinkID(2)

func smallCodec(
    _ dimension: Int, k: Int = 4, values: ValueKind = .int4
) throws -> DeltaCodec {
    DeltaCodec(
        layout: try ParameterLayout([("x", [dimension])]),
        options: CodecOptions(fraction: 0, minimum: k, values: values))
}

func uniformVector(_ count: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<count).map { _ in Float(generator.uniform() * 2 - 1) }
}

/// Terms that let the whole gain through: no overlap, no leaping, a huge cap.
func terms(
    before: Double = 1, after: Double = 0, steps: Float = 5, overlap: Float = 0,
    rate: Float = 0.5, weight: Float = 1, cap: Float = 1e6, near: Float = 1
) -> Terms {
    Terms(
        before: before, after: after, stepsBetween: steps, overlap: overlap, rate: rate,
        weight: weight, cap: cap, near: near)
}

func delta(
    _ exchange: UInt64, epoch: UInt64 = 0, digest: UInt64 = 7, payload: [UInt8] = [1],
    isAnswer: Bool = false, terms said: Terms = terms()
) -> LinkDelta {
    LinkDelta(
        epoch: epoch, exchange: exchange, isAnswer: isAnswer, payload: payload, terms: said,
        digest: digest)
}

extension ParameterState {
    /// The own part of an exchange, with these terms beside what the data half says.
    func says(
        on link: LinkID, exchange: UInt64 = 0, _ said: Terms = terms()
    ) -> LinkDelta? {
        var state = self  // Saying something changes nothing.
        guard
            case .deltaMade(_, let epoch, let exchange, let payload, let before, let after, let d) =
                state.perform(.makeDelta(link, epoch: 0, exchange: exchange))
        else { return nil }
        var said = said
        said.before = before
        said.after = after
        return LinkDelta(
            epoch: epoch, exchange: exchange, payload: payload, terms: said, digest: d)
    }
}

func bits(_ vector: [Float]) -> [UInt32] { vector.map(\.bitPattern) }
