// Room:  tests of Membership.
// Task:  the directory's part on the virtual network: rows that flood over the links.
// May:   anything.
// Proof: NetworkTests.swift, ManyDieTests.swift

import Membership

/// What is known of one host: its own word, and whether somebody could not reach it since.
struct Row: Equatable {
    var version: UInt64 = 1
    /// None: it does not listen.
    var address: String?
    var isClaimedDown = false

    func isNewer(than other: Row) -> Bool {
        version > other.version
            || (version == other.version && isClaimedDown && !other.isClaimedDown)
    }
}

struct News {
    let subject: Int
    let row: Row
}

extension VirtualNetwork {
    /// A host makes its own row anew.
    mutating func announce(_ number: Int) {
        guard gossips else { return }
        let host = hosts[number]
        let row = Row(
            version: host.directory[number].version + 1,
            address: host.listens ? host.address : nil)
        hosts[number].directory[number] = row
        spread([News(subject: number, row: row)], number, besides: nil)
    }

    /// A machine that starts is told what its disk holds.
    mutating func recall(_ number: Int) {
        guard gossips else { return }
        for (subject, row) in hosts[number].directory.enumerated()
        where subject != number && row != Row(address: hosts[subject].address) {
            tell(number, News(subject: subject, row: row), isNewWord: true)
        }
    }

    mutating func claimDown(_ subject: Int, _ number: Int) {
        guard gossips, !hosts[number].directory[subject].isClaimedDown else { return }
        hosts[number].directory[subject].isClaimedDown = true
        let row = hosts[number].directory[subject]
        spread([News(subject: subject, row: row)], number, besides: nil)
    }

    /// On a new link, what the other end has not.
    mutating func greetWithNews(_ number: Int, _ peer: Int, _ connection: ConnectionID) {
        guard gossips else { return }
        let rows = zip(hosts[number].directory, hosts[peer].directory).enumerated()
        let news = rows.filter { $1.0.isNewer(than: $1.1) }.map { News(subject: $0, row: $1.0) }
        guard !news.isEmpty else { return }
        send(.news(news), on: Int(connection.raw / 2), from: Int(connection.raw % 2))
    }

    /// Takes what is new, and passes it on.
    mutating func take(_ news: [News], _ number: Int, from peer: Int) {
        let fresh = news.filter { $0.row.isNewer(than: hosts[number].directory[$0.subject]) }
        for item in fresh {
            if item.subject == number {
                hosts[number].directory[number].version = item.row.version
                announce(number)
            } else {
                let isNewWord =
                    item.row.version > hosts[number].directory[item.subject].version
                hosts[number].directory[item.subject] = item.row
                tell(number, item, isNewWord: isNewWord)
            }
        }
        spread(fresh.filter { $0.subject != number }, number, besides: peer)
    }

    private mutating func tell(_ number: Int, _ item: News, isNewWord: Bool) {
        let row = item.row
        if isNewWord {
            act(number) {
                $0.learn(
                    node(item.subject), addresses: row.address.map { [$0] } ?? [],
                    listens: row.address != nil, at: $1, into: &$2)
            }
        }
        if row.isClaimedDown {
            act(number) { $0.claimedDown(node(item.subject), at: $1, into: &$2) }
        }
    }

    private mutating func spread(_ news: [News], _ number: Int, besides peer: Int?) {
        guard !news.isEmpty else { return }
        for id in hosts[number].machine.links where peer.map({ node($0) != id }) ?? true {
            guard let connection = hosts[number].machine.connection(to: id) else { continue }
            send(.news(news), on: Int(connection.raw / 2), from: Int(connection.raw % 2))
        }
    }
}
