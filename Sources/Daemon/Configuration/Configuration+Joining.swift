// Room:  Daemon (floor 5).
// Task:  what a newcomer was given: an invitation, and members that it can dial.
// May:   EventLoop, Federation, Identity.
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import Federation
import Identity

extension Configuration.Invitation {
    /// As `starling invite` prints it: `GENERATION-HASH`, the hash in 64 hexadecimal digits.
    public var text: String { "\(generation)-" + hash.map(Self.hexadecimal).joined() }

    public init?(text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let generation = UInt64(parts[0]), parts[1].utf8.count == 64 else {
            return nil
        }
        var hash: [UInt8] = []
        let digits = Array(parts[1].utf8)
        for at in stride(from: 0, to: 64, by: 2) {
            guard let byte = UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16)
            else { return nil }
            hash.append(byte)
        }
        self.generation = generation
        self.hash = hash
    }

    init?(_ section: TOMLSection) throws(TOMLFault) {
        guard let text = try section.optionalString("invitation") else { return nil }
        guard let invitation = Self(text: text) else {
            throw section.fault(
                "invitation", "'\(text)' is no invitation",
                hint: "copy the line that `starling invite` prints: a number, '-', 64 digits")
        }
        self = invitation
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
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
