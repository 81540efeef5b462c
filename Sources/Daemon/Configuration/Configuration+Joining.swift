// Room:  Daemon (floor 5).
// Task:  what a newcomer was given: an invitation, and members that it can dial.
// May:   EventLoop, Federation, Identity, Membership.
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import Federation
import Identity
import Membership

extension Configuration {
    static func invitation(_ section: TOMLSection) throws(TOMLFault) -> RosterPin? {
        guard let text = try section.optionalString("invitation") else { return nil }
        guard let invitation = RosterPin(text: text) else {
            throw section.fault(
                "invitation", "'\(text)' is no invitation",
                hint: "copy the line that `starling invite` prints: a number, '-', 64 digits")
        }
        return invitation
    }
}

extension Configuration.Contact {
    static func all(_ section: TOMLSection) throws(TOMLFault) -> [Self] {
        var contacts: [Self] = []
        for text in try section.strings("contacts") ?? [] {
            let parts = text.split(separator: "@", maxSplits: 1)
            guard parts.count == 2, (try? HostPort(String(parts[1]))) != nil else {
                throw section.fault(
                    "contacts", "'\(text)' in 'contacts' is no member's address",
                    hint: "write ID@host:port, as `starling invite` prints it")
            }
            do {
                let id = try NodeID(text: String(parts[0]))
                contacts.append(Self(id: id, address: String(parts[1])))
            } catch {
                throw section.fault("contacts", "in 'contacts': \(error.what)", hint: error.hint)
            }
        }
        return contacts
    }
}
