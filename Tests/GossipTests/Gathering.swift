// Room:  GossipTests.
// Task:  some nodes, control and data halves, joined by a network that the test tears at will.
// May:   Gossip, Codec, Model.
// Proof: itself; used by GossipProperties.swift

import Codec
import Model

@testable import Gossip

/// What goes from one end of a link to the other. Order is kept within a connection.
enum Packet {
    case standing(LinkStanding)
    case delta(LinkDelta)
    case reference(LinkReference)
    case progress(PeerStage)
}

/// An exchange that an end has applied: what it said and what it heard.
struct Applied: Equatable {
    struct Key: Hashable {
        let peer: Int
        let epoch: UInt64
        let exchange: UInt64
    }
    let own: [UInt8]
    let peer: [UInt8]
    let counts: Bool
}

/// One end's view of a connection.
struct Cable {
    var isUp = false
    var ownSent = false
    var peerStanding: LinkStanding?
    var incoming: [Packet] = []
}

struct Member {
    struct Disk {
        var control: SavedGossip
        var data: ParameterSnapshot
        var applied: [Applied.Key: Applied]
        var added: [Double]
    }

    var control: GossipControl
    var data: ParameterState
    var work: [WorkItem] = []
    var training: [Float]?
    /// By peer; nil: no connection.
    var cables: [Cable?]
    var applied: [Applied.Key: Applied] = [:]
    /// Weighted sum of the local steps.
    var added: [Double]
    var told = PeerStage.inRounds
    var disk: Disk?
}

/// Mirrors what the room Peer does with one connection a link: both ends tell where they stand
/// while nothing is under way, and go on when both are known.
struct Gathering {
    let genesis: [Float]
    let codec: DeltaCodec
    let settings: [GossipSettings]
    var members: [Member] = []
    var generator: SeededGenerator
    var now = Duration.zero
    var broken: [String] = []
    var crashes = 0
    var epochs = 0
    var faults: [String] = []

    init(_ weights: [Float], rounds: UInt64, values: ValueKind, seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        let dimension = 16
        // Far from zero, so that a round moves the model by little of its norm: else the guard keeps
        // the correction off, and ledgers stay empty.
        genesis = uniformVector(dimension, &generator).map { 20 + $0 }
        codec = try smallCodec(dimension, k: 5, values: values)
        settings = weights.map { weight in
            var settings = GossipSettings(rounds: rounds, steps: 5, rate: 0.1)
            // Little overtime: the sum's bound is the rounding of some hundred additions.
            settings.overtime = 4
            settings.weight = weight
            settings.youngRounds = 3
            return settings
        }
        for node in weights.indices { members.append(fresh(node)) }
    }

    private func fresh(_ node: Int) -> Member {
        let data = ParameterState(genesis: genesis, codec: codec)
        var control = GossipControl(
            settings: settings[node], freshDigest: data.freshDigest,
            generator: SeededGenerator(seed: UInt64(node)))
        for peer in settings.indices where peer != node {
            control.register(LinkID(UInt32(peer)), ownIsLower: node < peer)
        }
        return Member(
            control: control, data: data,
            cables: Array(repeating: nil, count: settings.count),
            added: Array(repeating: 0, count: genesis.count))
    }

    // MARK: Driving

    private mutating func drive(
        _ node: Int, _ body: (inout GossipControl, Duration, inout [GossipEffect]) -> Void
    ) {
        var out: [GossipEffect] = []
        now += .microseconds(100)
        body(&members[node].control, now, &out)
        for effect in out {
            switch effect {
            case .work(let item): members[node].work.append(item)
            case .send(let link, let delta): post(.delta(delta), node, Int(link.rawValue))
            case .sendReference(let link, let reference):
                post(.reference(reference), node, Int(link.rawValue))
            case .fault(let link, let fault):
                faults.append("\(node) on \(link): \(fault.reason)")
                disconnect(node, Int(link.rawValue), forLong: [false, false])
            case .train(_, _, let parameters, _): members[node].training = parameters
            case .trainingRefused, .phase, .requestChunk, .joined, .joinedNobody: break
            }
        }
        guard members[node].told != members[node].control.stage else { return }
        members[node].told = members[node].control.stage
        for peer in members.indices where members[node].cables[peer]?.isUp == true {
            post(.progress(members[node].told), node, peer)
        }
    }

    private mutating func post(_ packet: Packet, _ from: Int, _ to: Int) {
        members[to].cables[from]?.incoming.append(packet)
    }

    // MARK: Connections

    mutating func connect(_ a: Int, _ b: Int) {
        guard members[a].cables[b] == nil else { return }
        members[a].cables[b] = Cable()
        members[b].cables[a] = Cable()
        tellWhereSteady(a)
        tellWhereSteady(b)
    }

    /// - forLong: whether each of the two takes the other for gone.
    mutating func disconnect(_ a: Int, _ b: Int, forLong: [Bool]) {
        guard members[a].cables[b] != nil else { return }
        members[a].cables[b] = nil
        members[b].cables[a] = nil
        for (end, peer, long) in [(a, b, forLong[0]), (b, a, forLong[1])] {
            drive(end) { $0.linkDown(LinkID(UInt32(peer)), forLong: long, at: $1, into: &$2) }
        }
    }

    private mutating func tellWhereSteady(_ node: Int) {
        for peer in members.indices where members[node].cables[peer]?.isUp == false {
            let link = LinkID(UInt32(peer))
            if members[node].cables[peer]?.ownSent == false,
                let standing = members[node].control.tellStanding(of: link)
            {
                members[node].cables[peer]?.ownSent = true
                post(.standing(standing), node, peer)
            }
            raise(node, peer)
        }
    }

    private mutating func raise(_ node: Int, _ peer: Int) {
        guard let cable = members[node].cables[peer], cable.ownSent, !cable.isUp,
            let standing = cable.peerStanding
        else { return }
        members[node].cables[peer]?.isUp = true
        let link = LinkID(UInt32(peer))
        if let own = members[node].control.standing(of: link),
            case .newEpoch = LinkResume.decide(own: own, peer: standing)
        {
            epochs += 1
        }
        drive(node) { $0.linkUp(link, peer: standing, at: $1, into: &$2) }
        post(.progress(members[node].control.stage), node, peer)
    }

    // MARK: Steps

    mutating func deliver(_ to: Int, _ from: Int) {
        guard members[to].cables[from]?.incoming.isEmpty == false,
            let packet = members[to].cables[from]?.incoming.removeFirst()
        else { return }
        let link = LinkID(UInt32(from))
        switch packet {
        case .standing(let standing):
            members[to].cables[from]?.peerStanding = standing
            raise(to, from)
        case .delta(let delta):
            if members[to].cables[from]?.isUp != true { broken.append("a delta before the link") }
            drive(to) { $0.received(delta, on: link, at: $1, into: &$2) }
        case .reference(let reference):
            drive(to) { $0.received(reference, on: link, at: $1, into: &$2) }
        case .progress(let stage):
            drive(to) {
                $0.peer(link, is: stage, at: $1, into: &$2)
            }
        }
    }

    mutating func work(_ node: Int) {
        guard !members[node].work.isEmpty else { return }
        let item = members[node].work.removeFirst()
        let result = members[node].data.perform(item)
        record(node, item, result)
        drive(node) { $0.workDone(result, at: $1, into: &$2) }
        if case .snapshot(let snapshot) = result {
            let member = members[node]
            members[node].disk = Member.Disk(
                control: member.control.saved, data: snapshot, applied: member.applied,
                added: member.added)
        }
        tellWhereSteady(node)
    }

    private mutating func record(_ node: Int, _ item: WorkItem, _ result: WorkResult) {
        switch (item, result) {
        case (.apply(let link, let own, let peer, _, let counts), .applied):
            let key = Applied.Key(
                peer: Int(link.rawValue), epoch: own.epoch, exchange: own.exchange)
            if members[node].applied[key] != nil { broken.append("\(node) applied \(key) twice") }
            members[node].applied[key] = Applied(
                own: own.payload, peer: peer.payload, counts: counts)
        case (.addLocal(let steps), .localAdded):
            let weight = Double(settings[node].weight)
            for i in steps.indices { members[node].added[i] += weight * Double(steps[i]) }
        default: break
        }
    }

    /// The node's trainer goes away, or comes back.
    mutating func comeOrGo(_ node: Int, isAway: Bool) {
        drive(node) { $0.trainer(isAway: isAway, at: $1, into: &$2) }
    }

    mutating func train(_ node: Int) {
        guard let parameters = members[node].training else { return }
        // A trainer that is away hands nothing in, and its round may be closed meanwhile.
        let control = members[node].control
        guard !control.trainerIsAway || !control.awaitsOutcome else { return }
        members[node].training = nil
        guard control.awaitsOutcome else { return }
        // Towards a place of the node's own, with some noise.
        let delta = parameters.enumerated().map { i, x in
            0.2 * (Float((i * 7 + node * 5) % 9) + 16 - x) + Float(generator.uniform() - 0.5) * 0.1
        }
        let norm = delta.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
        let outcome = TrainingOutcome(
            delta: delta, steps: 5, samples: 5, loss: 1, gradientNorm: norm, rate: 0.1)
        drive(node) { $0.trained(outcome, at: $1, into: &$2) }
    }

    mutating func tick(_ node: Int) {
        now += .milliseconds(1)
        drive(node) { $0.tick(at: $1, into: &$2) }
    }

    mutating func checkpoint(_ node: Int) { members[node].work.append(.snapshot) }

    /// Comes back at once from its last checkpoint, or fresh.
    mutating func crash(_ node: Int) {
        crashes += 1
        for peer in members.indices where members[node].cables[peer] != nil {
            members[node].cables[peer] = nil
            members[peer].cables[node] = nil
            let long = generator.below(3) == 0
            drive(peer) { $0.linkDown(LinkID(UInt32(node)), forLong: long, at: $1, into: &$2) }
        }
        let disk = members[node].disk
        members[node] = fresh(node)
        members[node].disk = disk
        guard let disk,
            let data = ParameterState(genesis: genesis, codec: codec, snapshot: disk.data)
        else { return }
        members[node].data = data
        members[node].control = GossipControl(
            settings: settings[node], freshDigest: data.freshDigest,
            seed: generator.next(), saved: disk.control, ownIsLower: { node < Int($0.rawValue) })
        members[node].applied = disk.applied
        members[node].added = disk.added
        members[node].told = members[node].control.stage
        tick(node)
    }

    var somethingToDo: Bool {
        members.contains { member in
            !member.work.isEmpty || member.training != nil || member.control.nextWake != nil
                || member.cables.contains { $0?.incoming.isEmpty == false }
        }
    }
}
