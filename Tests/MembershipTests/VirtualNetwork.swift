// Room:  tests of Membership.
// Task:  many machines joined by a virtual network that delays, loses, splits and dies by one seed.
// May:   anything.
// Proof: NetworkTests.swift

import Membership
import Model

/// Frames in the network's own words.
enum Frame {
    case hello(listens: Bool, isolated: Bool)
    case farewell(CloseCause)
    case probe(UInt64)
    case answer(UInt64)
    /// The other end's kernel says that there is no such connection any more.
    case reset
    case news([News])
    case ask(NodeID, UInt64)
    case tell(UInt64, Bool)
}

/// One connection: end 0 opened it, end 1 accepted it.
struct Cable {
    let nodes: [Int]
    let lives: [Int]
    let attempt: UInt64
    var open = [true, true]
    /// Whether each end's machine was told `connected`.
    var told = [false, false]
    /// First in, first out in each direction.
    var lastArrival: [UInt64] = [0, 0]
}

enum Happening {
    case wake(node: Int, life: Int, at: UInt64)
    case syn(node: Int, life: Int, to: Int, addresses: [String], attempt: UInt64)
    case refused(node: Int, life: Int, to: Int, attempt: UInt64)
    case arrive(cable: Int, end: Int, Frame)
}

/// Of members that were well, and of those that were slow, or stopped just then.
struct Accusations {
    var healthy = 0
    var ailing = 0

    mutating func add(_ isAiling: Bool) {
        if isAiling { ailing += 1 } else { healthy += 1 }
    }
}

/// The network and its machines. Times are milliseconds of virtual time.
struct VirtualNetwork {
    struct Host {
        var machine: Membership
        var isUp = false
        var life = 0
        var listens: Bool
        var wake: UInt64?
        var dials = 0
        /// Where it listens; what it heard of others, on its disk.
        var address: String
        var directory: [Row] = []
        /// Stopped until then; what each frame it sends waits besides.
        var pausedUntil: UInt64 = 0
        var slowness: ClosedRange<UInt64>?
    }

    var hosts: [Host] = []
    private(set) var now: UInt64 = 0
    /// How often members that were up all the while were called suspect, or down.
    var suspicions = Accusations()
    var downs = Accusations()
    /// Frames so far.
    private(set) var sent = 0
    /// Frames in a thousand that come late, and by how much.
    var hiccups = 0
    var hiccup: ClosedRange<UInt64> = 2_000...9_000
    /// Pairs from -> to that nothing passes, ordered: one direction each.
    var blocked: Set<[Int]> = []
    var random: SeededGenerator
    /// Whether an acceptor asks for objections before it says its own Hello.
    let acceptorWaits: Bool

    /// Whether news of the directory flood over the links.
    let gossips: Bool

    let roster: Roster
    private let settings: MembershipSettings
    private(set) var cables: [Cable] = []
    private var queue = TimeQueue<Happening>()
    private var numbers: [NodeID: Int] = [:]
    /// Who has, or once had, this address.
    private var owners: [String: Int] = [:]

    init(
        count: Int, silent: Set<Int> = [], view: Int = 7, seed: UInt64, gossips: Bool = false,
        configure: (inout MembershipSettings) -> Void = { _ in }
    ) throws {
        self.gossips = gossips
        random = SeededGenerator(seed: seed)
        acceptorWaits = seed % 2 == 0
        roster = try MembershipTests.roster(count, silent: silent)
        var settings = MembershipSettings()
        settings.view = view
        configure(&settings)
        self.settings = settings
        for number in 0..<count {
            let address = "n\(number).example:7447"
            numbers[node(number)] = number
            owners[address] = number
            hosts.append(
                Host(
                    machine: fresh(number), listens: !silent.contains(number), address: address))
        }
        if gossips {
            let rows = hosts.map { Row(address: $0.listens ? $0.address : nil) }
            for number in hosts.indices { hosts[number].directory = rows }
        }
    }

    private mutating func fresh(_ number: Int) -> Membership {
        var settings = settings
        settings.listening = roster[node(number)]?.addresses.isEmpty == false
        return Membership(
            own: node(number), roster: roster, settings: settings,
            now: Instant(nanoseconds: now * 1_000_000), generator: random.next())
    }

    // MARK: what a test does to it

    mutating func boot(_ number: Int) {
        guard !hosts[number].isUp else { return }
        hosts[number].machine = fresh(number)
        hosts[number].isUp = true
        hosts[number].life += 1
        hosts[number].wake = nil
        if hosts[number].life > 1 { announce(number) }
        recall(number)
        act(number) { $0.start(at: $1, into: &$2) }
    }

    /// It listens elsewhere from now on.
    mutating func move(_ number: Int, port: Int) {
        hosts[number].address = "n\(number).example:\(port)"
        owners[hosts[number].address] = number
    }

    /// Stopped, and then as if nothing had been.
    mutating func pause(_ number: Int, for milliseconds: UInt64) {
        hosts[number].pausedUntil = max(hosts[number].pausedUntil, now + milliseconds)
    }

    /// The process dies. Its kernel says so on every connection, unless the power is gone.
    mutating func kill(_ number: Int, power: Bool) {
        guard hosts[number].isUp else { return }
        hosts[number].isUp = false
        for cable in cables.indices {
            for end in 0...1 where cables[cable].nodes[end] == number && cables[cable].open[end] {
                cables[cable].open[end] = false
                if !power { send(.reset, on: cable, from: end) }
            }
        }
    }

    mutating func adopt(_ roster: Roster, _ number: Int) {
        act(number) { $0.adopt(roster, at: $1, into: &$2) }
    }

    mutating func doubt(_ subject: Int, by number: Int) {
        act(number) { $0.doubt(node(subject), at: $1, into: &$2) }
    }

    mutating func leave(_ number: Int) {
        act(number) { $0.leave(at: $1, into: &$2) }
        hosts[number].isUp = false
    }

    /// Splits the hosts: nothing passes between `group` and the others.
    mutating func split(_ group: Set<Int>) {
        for a in hosts.indices {
            for b in hosts.indices where group.contains(a) != group.contains(b) {
                blocked.insert([a, b])
            }
        }
    }

    mutating func heal() { blocked = [] }

    /// A connection from `a` that its machine did not ask for.
    mutating func connect(_ a: Int, _ b: Int) {
        queue.push(
            .syn(
                node: a, life: hosts[a].life, to: b, addresses: [hosts[b].address], attempt: 0),
            at: later())
    }

    /// Breaks one open connection; each end may notice or not.
    mutating func breakOne() {
        let open = cables.indices.filter { cables[$0].open == [true, true] }
        guard !open.isEmpty else { return }
        let cable = open[random.below(open.count)]
        let noticed = random.below(4)
        cables[cable].open = [false, false]
        for end in 0...1 {
            let host = hosts[cables[cable].nodes[end]]
            guard host.isUp, cables[cable].lives[end] == host.life else { continue }
            if noticed & (1 << end) != 0 {
                ended(cable, end, nil)
            } else {
                // This end goes on believing in it; its next frame meets a reset.
                cables[cable].open[end] = true
            }
        }
    }

    // MARK: what a test reads

    /// The cable that this host's machine takes for its link to that peer.
    func cable(_ number: Int, to peer: Int) -> Int? {
        hosts[number].machine.connection(to: node(peer)).map { Int($0.raw / 2) }
    }

    func linked(_ a: Int, _ b: Int) -> Bool {
        guard let cable = cable(a, to: b) else { return false }
        return cable == self.cable(b, to: a) && cables[cable].open == [true, true]
    }

    /// Connections between two hosts that either machine has and did not close.
    func openCables(_ a: Int, _ b: Int) -> Int {
        cables.reduce(0) { sum, cable in
            guard cable.nodes == [a, b] || cable.nodes == [b, a] else { return sum }
            return sum + ((0...1).contains { cable.open[$0] && cable.told[$0] } ? 1 : 0)
        }
    }

    var dials: Int { hosts.reduce(0) { $0 + $1.dials } }

    mutating func run(for milliseconds: UInt64) {
        let end = now + milliseconds
        while let at = queue.first, at <= end {
            now = at
            if let happening = queue.pop() { handle(happening) }
        }
        now = end
    }

    // MARK: the network itself

    /// Whose process has to be running for it.
    private func subject(of happening: Happening) -> Int? {
        switch happening {
        case .wake(let number, _, _), .refused(let number, _, _, _): number
        case .syn: nil  // The kernels' affair.
        case .arrive(let cable, let end, _): cables[cable].nodes[end]
        }
    }

    private mutating func handle(_ happening: Happening) {
        if let number = subject(of: happening), hosts[number].pausedUntil > now {
            return queue.push(happening, at: hosts[number].pausedUntil)
        }
        switch happening {
        case .wake(let number, let life, let at):
            guard hosts[number].isUp, hosts[number].life == life, hosts[number].wake == at else {
                return
            }
            hosts[number].wake = nil
            act(number) { $0.tick(at: $1, into: &$2) }
        case .syn(let number, let life, let peer, let addresses, let attempt):
            guard hosts[number].isUp, hosts[number].life == life else { return }
            let named = addresses.compactMap { address in
                owners[address].map { (owner: $0, address: address) }
            }
            let isThere = named.contains {
                hosts[$0.owner].isUp && hosts[$0.owner].listens
                    && hosts[$0.owner].address == $0.address && $0.owner == peer
                    && !blocked.contains([number, $0.owner])
            }
            guard isThere else {
                let isLost = [[number, peer], [peer, number]].contains(where: blocked.contains)
                if isLost { return }  // Into a black hole.
                return queue.push(
                    .refused(node: number, life: life, to: peer, attempt: attempt), at: later())
            }
            cables.append(
                Cable(
                    nodes: [number, peer], lives: [life, hosts[peer].life], attempt: attempt))
            let cable = cables.count - 1
            greet(cable, from: 0)
            if !acceptorWaits { greet(cable, from: 1) }
        case .refused(let number, let life, let peer, let attempt):
            guard hosts[number].isUp, hosts[number].life == life else { return }
            act(number) { $0.dialFailed(node(peer), attempt: attempt, at: $1, into: &$2) }
        case .arrive(let cable, let end, let frame):
            arrive(frame, cable, end)
        }
    }

    private mutating func arrive(_ frame: Frame, _ cable: Int, _ end: Int) {
        let number = cables[cable].nodes[end]
        guard hosts[number].isUp, hosts[number].life == cables[cable].lives[end],
            cables[cable].open[end]
        else {
            if case .reset = frame { return }
            return send(.reset, on: cable, from: end)
        }
        let id = connection(UInt64(cable * 2 + end))
        switch frame {
        case .hello(let listens, let isolated):
            let peer = node(cables[cable].nodes[1 - end])
            if acceptorWaits, end == 1 {
                let objection = hosts[number].machine.objection(
                    to: peer, outgoing: false, peerIsIsolated: isolated)
                if let cause = objection {
                    cables[cable].open[end] = false
                    return send(.farewell(cause), on: cable, from: end)
                }
                greet(cable, from: end)
            }
            cables[cable].told[end] = true
            act(number) {
                $0.connected(
                    peer, connection: id, outgoing: end == 0, peerListens: listens,
                    peerIsIsolated: isolated, at: $1, into: &$2)
            }
        case .farewell(let cause): ended(cable, end, cause)
        case .reset: ended(cable, end, nil)
        case .probe, .answer, .news, .ask, .tell:
            // A lost Hello: what follows it breaks the protocol.
            guard cables[cable].told[end] else {
                ended(cable, end, nil)
                return send(.reset, on: cable, from: end)
            }
            converse(frame, cable, end)
        }
    }

    private mutating func greet(_ cable: Int, from end: Int) {
        let host = hosts[cables[cable].nodes[end]]
        send(
            .hello(listens: end == 1 || host.listens, isolated: host.machine.isIsolated),
            on: cable, from: end)
    }

    private mutating func converse(_ frame: Frame, _ cable: Int, _ end: Int) {
        let number = cables[cable].nodes[end]
        let id = connection(UInt64(cable * 2 + end))
        switch frame {
        case .probe(let token):
            hosts[number].machine.heard(id, at: Instant(nanoseconds: now * 1_000_000))
            send(.answer(token), on: cable, from: end)
        case .answer(let token):
            act(number) { $0.answered(id, token: token, at: $1, into: &$2) }
        case .news(let news):
            hosts[number].machine.heard(id, at: Instant(nanoseconds: now * 1_000_000))
            take(news, number, from: cables[cable].nodes[1 - end])
        case .ask(let subject, let token):
            hosts[number].machine.heard(id, at: Instant(nanoseconds: now * 1_000_000))
            act(number) { $0.asked(about: subject, by: id, token: token, into: &$2) }
        case .tell(let token, let alive):
            hosts[number].machine.heard(id, at: Instant(nanoseconds: now * 1_000_000))
            act(number) {
                $0.answeredAbout(by: id, token: token, alive: alive, at: $1, into: &$2)
            }
        case .hello, .farewell, .reset:
            break
        }
    }

    private mutating func ended(_ cable: Int, _ end: Int, _ cause: CloseCause?) {
        cables[cable].open[end] = false
        let refusal: Refusal? =
            switch cause {
            case .duplicate: .duplicate
            case .viewFull: .viewFull
            case .leaving: .leaving
            case .notAMember: .notAMember
            case .expelled: .expelled
            case .silent, nil: nil
            }
        let number = cables[cable].nodes[end]
        if cables[cable].told[end] {
            let id = connection(UInt64(cable * 2 + end))
            act(number) { $0.disconnected(id, refusal: refusal, at: $1, into: &$2) }
        } else if end == 0 {
            let peer = node(cables[cable].nodes[1])
            let attempt = cables[cable].attempt
            act(number) {
                $0.dialFailed(peer, attempt: attempt, refusal: refusal, at: $1, into: &$2)
            }
        }
    }

    mutating func send(_ frame: Frame, on cable: Int, from end: Int) {
        let from = cables[cable].nodes[end]
        let to = cables[cable].nodes[1 - end]
        sent += 1
        guard !blocked.contains([from, to]) else { return }
        var at = later()
        if let slowness = hosts[from].slowness { at += drawn(slowness) }
        if hiccups > 0, random.below(1000) < hiccups { at += drawn(hiccup) }
        at = max(cables[cable].lastArrival[end], at)
        cables[cable].lastArrival[end] = at
        queue.push(.arrive(cable: cable, end: 1 - end, frame), at: at)
    }

    /// Delays from 1 to 120 ms.
    private mutating func later() -> UInt64 { now + 1 + UInt64(random.below(120)) }

    private mutating func drawn(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + UInt64(random.below(range.count))
    }

    /// Gives one event to a machine and carries out its effects.
    mutating func act(
        _ number: Int, _ event: (inout Membership, Instant, inout [MembershipEffect]) -> Void
    ) {
        guard hosts[number].isUp else { return }
        var effects: [MembershipEffect] = []
        event(&hosts[number].machine, Instant(nanoseconds: now * 1_000_000), &effects)
        for effect in effects { perform(effect, number) }
    }

    private mutating func perform(_ effect: MembershipEffect, _ number: Int) {
        let life = hosts[number].life
        switch effect {
        case .dial(let id, let addresses, let attempt):
            hosts[number].dials += 1
            queue.push(
                .syn(
                    node: number, life: life, to: numbers[id] ?? number, addresses: addresses,
                    attempt: attempt), at: later())
        case .close(let id, let cause):
            let cable = Int(id.raw / 2)
            let end = Int(id.raw % 2)
            cables[cable].open[end] = false
            send(.farewell(cause), on: cable, from: end)
        case .probe(_, let id, let token):
            send(.probe(token), on: Int(id.raw / 2), from: Int(id.raw % 2))
        case .wake(let at):
            let milliseconds = max(now, (at.nanoseconds + 999_999) / 1_000_000)
            hosts[number].wake = milliseconds
            queue.push(.wake(node: number, life: life, at: milliseconds), at: milliseconds)
        case .linkUp(let id, let connection):
            if let peer = numbers[id] { greetWithNews(number, peer, connection) }
        case .changed(let id, let liveness): judge(number, numbers[id] ?? number, liveness)
        case .claimDown(let id): if let peer = numbers[id] { claimDown(peer, number) }
        case .askAbout(let via, let subject, let token):
            send(.ask(subject, token), on: Int(via.raw / 2), from: Int(via.raw % 2))
        case .tellAbout(let id, let token, let alive):
            send(.tell(token, alive), on: Int(id.raw / 2), from: Int(id.raw % 2))
        case .linkDown:
            break
        }
    }

    /// Counts what is said of members that are up and can be reached.
    private mutating func judge(_ number: Int, _ peer: Int, _ liveness: Liveness) {
        guard hosts[peer].isUp, !blocked.contains([peer, number]) else { return }
        let host = hosts[peer]
        let isAiling =
            host.slowness != nil || (host.pausedUntil > 0 && host.pausedUntil + 3000 > now)
        if liveness == .suspect { suspicions.add(isAiling) }
        if liveness == .down { downs.add(isAiling) }
    }
}
