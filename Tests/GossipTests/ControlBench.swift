// Room:  GossipTests.
// Task:  a control half that the tests drive by hand.
// May:   Gossip, Model.
// Proof: itself

import Model

@testable import Gossip

/// A control half without data: work is answered by hand or as if nothing were ever far apart.
struct Node {
    var control: GossipControl
    var now = Duration.zero
    var effects: [GossipEffect] = []

    init(
        rounds: UInt64 = 3, exchanges: Int = 2, overtime: UInt64 = 4, links: UInt32 = 3,
        alone: Bool = false, up: Bool = true, keeps: Int = .max
    ) {
        var settings = GossipSettings(rounds: rounds, steps: 5, exchanges: exchanges, rate: 0.1)
        settings.overtime = overtime
        settings.isAlone = alone
        settings.keptReferences = keeps
        control = GossipControl(
            settings: settings, freshDigest: 7, generator: SeededGenerator(seed: 1))
        for link in 0..<links {
            control.register(LinkID(link), ownIsLower: true)
            if up { self.up(LinkID(link)) }
        }
        if alone { tick() }
    }

    mutating func act(_ body: (inout GossipControl, Duration, inout [GossipEffect]) -> Void) {
        body(&control, now, &effects)
    }

    mutating func take() -> [GossipEffect] {
        defer { effects = [] }
        return effects
    }

    /// Links whose references were given up since the last look.
    mutating func forgotten() -> [LinkID] {
        take().compactMap { if case .work(.forget(let link)) = $0 { link } else { nil } }
    }

    mutating func tick(after milliseconds: Int = 0) {
        now += .milliseconds(milliseconds)
        act { $0.tick(at: $1, into: &$2) }
    }

    mutating func up(_ link: LinkID) {
        guard let standing = control.standing(of: link) else { return }
        act { $0.linkUp(link, peer: standing, at: $1, into: &$2) }
        done(.ledgerCleared(link))
    }

    mutating func down(_ link: LinkID, forLong: Bool = false) {
        act { $0.linkDown(link, forLong: forLong, at: $1, into: &$2) }
    }

    mutating func done(_ result: WorkResult) { act { $0.workDone(result, at: $1, into: &$2) } }

    mutating func peer(_ link: LinkID, is stage: PeerStage, hops: Int = 0) {
        act { $0.peer(link, is: stage, hops: hops, at: $1, into: &$2) }
    }

    mutating func made(_ link: LinkID, before: Double = 1) {
        let exchange = control.standing(of: link)?.exchange ?? 0
        done(
            .deltaMade(
                link, epoch: 0, exchange: exchange, payload: before > 0 ? [1] : [],
                before: before, after: 0, digest: control.standing(of: link)?.digest ?? 0))
    }

    /// The peer starts an exchange, if this node has not, and it is applied.
    mutating func exchange(_ link: LinkID) {
        let digest = control.standing(of: link)?.digest ?? 0
        act { $0.received(delta(0, digest: digest), on: link, at: $1, into: &$2) }
        made(link)
        answer(link)
    }

    /// The peer answers, and the exchange is applied.
    mutating func answer(_ link: LinkID, moved: Double = 1) {
        let standing = control.standing(of: link)
        let (exchange, digest) = (standing?.exchange ?? 0, standing?.digest ?? 0)
        act { $0.received(delta(exchange, digest: digest), on: link, at: $1, into: &$2) }
        done(
            .applied(
                link, epoch: 0, exchange: exchange, digest: digest + 1, moved: moved,
                travelled: 0.5))
    }

    /// Fork to result of a round; what else is asked for meanwhile stays undone.
    mutating func train(
        loss: Double = 1, norm: Double = 2, rate: Float = 0.1, takes milliseconds: Int = 10
    ) {
        done(.forked(parameters: [1], correction: [0]))
        now += .milliseconds(milliseconds)
        let outcome = TrainingOutcome(
            delta: [0.1], steps: 5, samples: 40, loss: loss, gradientNorm: norm, rate: rate)
        act { $0.trained(outcome, at: $1, into: &$2) }
        guard loss.isFinite, norm.isFinite else { return }
        done(.localAdded(moved: 0.1, size: 10, travelled: 0.5))
    }

    /// Links for which a delta is asked, in order.
    static func asked(_ effects: [GossipEffect]) -> [LinkID] {
        effects.compactMap { effect in
            if case .work(.makeDelta(let link, _, _)) = effect { return link }
            return nil
        }
    }

    static func sent(_ effects: [GossipEffect]) -> [LinkDelta] {
        effects.compactMap { if case .send(_, let delta) = $0 { delta } else { nil } }
    }
}
