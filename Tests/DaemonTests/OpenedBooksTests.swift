// Room:  DaemonTests.
// Task:  roster and directory at a node's start: a founder's, a newcomer's, an outcast's.
// May:   Daemon, Identity, Membership.
// Proof: itself

import Foundation
import Identity
import Membership
import Testing

@testable import Daemon

@Suite struct OpenedBooksTests {
    private static let friend = KeyPair(seed: [UInt8](repeating: 5, count: 32))

    /// A federation of this node and a friend, or of the friend alone.
    private func site(founder: Bool = true, more: String = "") throws -> Site {
        let friend = """
            [[founders]]
            name = "friend"
            id = "\(Self.friend.nodeID)"
            addresses = ["friend.example:7447"]
            """
        let text =
            founder
            ? Site.federation + "\n" + friend
            : Site.federation.components(separatedBy: "[[founders]]")[0] + friend
        return try Site(federation: text, configuration: Site.configuration + "\n" + more)
    }

    @Test func a_founder_begins_with_the_founders_and_its_own_address() throws {
        let site = try site()
        let opened = try OpenedBooks(try site.prepare())
        #expect(opened.roster.count == 2 && opened.roster.generation == 0)
        #expect(opened.books.addresses == ["127.0.0.1:7447"])
        #expect(opened.warnings == [])
    }

    @Test func a_newcomer_takes_itself_and_its_contacts_for_members() throws {
        let contact = KeyPair(seed: [UInt8](repeating: 6, count: 32)).nodeID
        let hash = String(repeating: "ab", count: 32)
        let site = try site(
            founder: false,
            more: """
                [membership]
                invitation = "4-\(hash)"
                contacts = ["\(contact)@late.example:7447"]
                """)
        let preparation = try site.prepare()
        #expect(preparation.founder == nil)
        let opened = try OpenedBooks(preparation)
        #expect(opened.books.roster.isAwaitingPin)
        #expect(opened.roster.contains(site.identity.nodeID))
        #expect(opened.roster[contact]?.addresses == ["late.example:7447"])
        #expect(opened.roster.count == 3)
        // The pin is in the log: it holds without the configuration too.
        try site.write("starling.toml", Site.configuration)
        let again = try OpenedBooks(try site.prepare())
        #expect(again.books.roster.isAwaitingPin)
    }

    @Test func without_an_invitation_a_stranger_does_not_start() throws {
        let site = try site(founder: false)
        #expect { try site.prepare() } throws: { "\($0)".contains("not among the founders") }
    }

    @Test func who_was_expelled_is_told_so() throws {
        let third = KeyPair(seed: [UInt8](repeating: 8, count: 32))
        let site = try site()
        try site.write(
            "federation.toml",
            String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: site.path("federation.toml"))),
                as: UTF8.self)
                + "\n[[founders]]\nname = \"third\"\nid = \"\(third.nodeID)\"\n")
        let preparation = try site.prepare()
        let founders = try Roster(preparation.federation)
        var votes: [Endorsement] = []
        for key in [Self.friend, third] {
            var book = try RosterBook(
                founders: founders, federation: preparation.federation.id.bytes, quorum: 0.5,
                own: key.nodeID)
            for vote in votes { _ = book.add(vote) }
            votes.append(try book.propose(.expel(site.identity.nodeID), with: key))
        }
        let path = Configuration.rosterLog(inState: preparation.configuration.state)
        var log = try RosterLog.open(path).log
        try log.append(votes)
        #expect { try OpenedBooks(preparation) } throws: {
            "\($0)".contains("was expelled by the members, in generation 1")
        }
    }
}
