// Room:  tests of Membership.
// Task:  a few nodes whose operators quarrel, over a network that parts, loses and reorders.
// May:   anything.
// Proof: RosterSafetyTests.swift (one test sees to it that broken locks are found)

import Identity
import Model

@testable import Membership

/// Nodes 0..<count of `RosterKeys`, `founders` of them members at first. Those in `liars` keep no
/// lock; of all that they sign, at most two actions stand at one ballot.
struct RosterWorld {
    private(set) var books: [RosterBook]
    let liars: Set<Int>
    /// False: a node whose software refuses signs all the same.
    let keepsLocks: Bool
    private(set) var votes: [Endorsement] = []
    /// What was ever final anywhere; all nodes must agree on it.
    private(set) var finals: [UInt64: RosterHash] = [:]
    private(set) var conflicts = 0
    /// Signatures, and what the locks refused.
    private(set) var signed = 0
    private(set) var refused = 0

    private var generator: SeededGenerator
    private let newcomer: Int
    /// One wish in so many is another action or an odd ballot.
    private let quarrel: Int
    /// Deliveries a step, in the mean twice as many as this or fewer.
    private let pace: Int
    private var side: [Int]
    private var underway: [(to: Int, vote: Endorsement)] = []
    private var told: [RosterVoteKey: Set<RosterHash>] = [:]

    init(
        founders: Int, count: Int, quorum: Double = 0.5, liars: Set<Int> = [],
        keepsLocks: Bool = true, quarrel: Int = 2, seed: UInt64
    ) throws {
        books = try (0..<count).map { try RosterKeys.book(founders, own: $0, quorum: quorum) }
        self.liars = liars
        self.keepsLocks = keepsLocks
        generator = SeededGenerator(seed: seed)
        newcomer = founders
        self.quarrel = quarrel
        pace = [3, 6, 20][generator.below(3)]
        side = Array(0..<count)
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps {
            if generator.below(25) == 0 { part() }
            if generator.below(2) == 0 {
                let node = generator.below(books.count)
                if let vote = liars.contains(node) ? try lie(node) : wish(node) {
                    send(vote, from: node)
                }
            }
            for _ in 0..<generator.below(pace) { deliver() }
            judge()
        }
    }

    /// Everybody hears everything.
    mutating func heal() {
        for node in books.indices {
            // Twice, as a retransmission would: an equivocator's word may have been dropped.
            for vote in votes + votes { _ = books[node].add(vote) }
        }
        judge()
    }

    private mutating func part() {
        let parts = 1 + generator.below(3)
        for node in side.indices { side[node] = generator.below(parts) }
    }

    /// An honest node's operator wants something; its software decides.
    private mutating func wish(_ node: Int) -> Endorsement? {
        let ballot = generator.below(quarrel) == 0 ? UInt8(generator.below(4)) : nil
        let key = RosterKeys.all[node]
        var book = books[node]
        let known = book.proposals.map(\.action.hash.description) + [book.hash.description]
        do {
            let vote =
                known.count == 1 || generator.below(quarrel + 1) == 0
                ? try book.propose(change(), ballot: ballot, with: key)
                : try book.endorse(known[pick(known.count)], ballot: ballot, with: key)
            books[node] = book
            signed += 1
            return vote
        } catch {
            refused += 1
            guard !keepsLocks, !votes.isEmpty else { return nil }
            var action = votes[generator.below(votes.count)].action
            if generator.below(3) == 0 {
                guard
                    let fresh = try? RosterAction(
                        generation: action.generation, parent: action.parent, change: change())
                else { return nil }
                action = fresh
            }
            let vote = RosterKeys.endorse(action, by: node, ballot: UInt8(generator.below(2)))
            _ = books[node].add(vote)
            return vote
        }
    }

    /// Mostly the first: that of most endorsers.
    private mutating func pick(_ count: Int) -> Int {
        generator.below(2) > 0 ? 0 : generator.below(count)
    }

    private mutating func change() -> RosterChange {
        // Few wishes, so that they meet: the last founder's and the first newcomer's.
        let subject = min(books.count - 1, newcomer - 1 + generator.below(2))
        return generator.below(2) == 0
            ? .expel(RosterKeys.all[subject].nodeID) : .admit(RosterKeys.member(subject))
    }

    /// A liar signs anything on top of anything.
    private mutating func lie(_ node: Int) throws -> Endorsement? {
        let book = books[node]
        let known = book.proposals.map(\.action) + book.history.suffix(2).map(\.action)
        var action = known.isEmpty ? nil : known[pick(known.count)]
        if action == nil || generator.below(4) == 0 {
            let parent = known.isEmpty ? nil : known[generator.below(known.count)]
            action = try RosterAction(
                generation: (parent?.generation ?? 0) + 1, parent: parent?.hash ?? book.pin.hash,
                change: change())
        }
        guard let action else { return nil }
        let vote = RosterKeys.endorse(action, by: node, ballot: UInt8(generator.below(3)))
        var actions = told[RosterVoteKey(vote)] ?? []
        guard actions.contains(action.hash) || actions.count < 2 else { return nil }
        actions.insert(action.hash)
        told[RosterVoteKey(vote)] = actions
        _ = books[node].add(vote)
        return vote
    }

    private mutating func send(_ vote: Endorsement, from node: Int) {
        votes.append(vote)
        for other in books.indices where other != node { underway.append((other, vote)) }
        // What was said before goes round again: the network loses, gossip repeats.
        guard generator.below(6) == 0 else { return }
        let old = votes[generator.below(votes.count)]
        for other in books.indices { underway.append((other, old)) }
    }

    private mutating func deliver() {
        guard !underway.isEmpty else { return }
        let at = generator.below(underway.count)
        let (to, vote) = underway[at]
        let from = RosterKeys.all.firstIndex { $0.nodeID == vote.endorser } ?? to
        guard side[to] == side[from] else { return }
        underway.swapAt(at, underway.count - 1)
        underway.removeLast()
        if generator.below(4) > 0 { _ = books[to].add(vote) }
    }

    private mutating func judge() {
        for (node, book) in books.enumerated() where !liars.contains(node) {
            note(book)
        }
    }

    private mutating func note(_ book: RosterBook) {
        for generation in 0...book.pin.generation {
            guard let hash = book.finalHash(generation) else { continue }
            if let other = finals[generation], other != hash { conflicts += 1 }
            finals[generation] = finals[generation] ?? hash
        }
    }

    /// Newcomers without a pin hear all that was said, each in an order of its own: if the votes
    /// prove two final histories, some of them find the other one.
    mutating func rehearse(_ count: Int) throws {
        for _ in 0..<count {
            var book = try RosterBook(
                founders: books[0].founders, federation: books[0].federation,
                quorum: books[0].quorum)
            var heard = votes
            generator.shuffle(&heard)
            for vote in heard { _ = book.add(vote) }
            note(book)
        }
    }
}
