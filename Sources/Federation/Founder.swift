// Room:  Federation (floor 2, pure).
// Task:  a founding member: name, node ID, and where it can be dialled.
// May:   Identity.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FounderTests.swift

import Identity

/// A member of generation 0 of the roster.
public struct Founder: Hashable, Sendable {
    /// 1 to 64 characters, for people.
    public let name: String
    public let id: NodeID
    /// `host:port`, lower case; hints, tried in this order. Empty: the node dials out only.
    public let addresses: [String]

    public init(name: String, id: NodeID, addresses: [String] = []) {
        self.name = name
        self.id = id
        self.addresses = addresses.map { $0.lowercased() }
    }

    /// Reads `name=ID@host:port,host:port`, or `name=ID` for a node that dials out only.
    public static func parse(_ text: String) throws(FederationError) -> Founder {
        let hint = "write name=ID@host:port, or name=ID for a node that only dials out"
        guard let equals = text.firstIndex(of: "=") else {
            throw .founder(text: text, message: "there is no '=' in it", hint: hint)
        }
        let rest = text[text.index(after: equals)...]
        let at = rest.firstIndex(of: "@")
        let id: NodeID
        do {
            id = try NodeID(text: String(rest[..<(at ?? rest.endIndex)]))
        } catch {
            throw .founder(text: text, message: error.what, hint: error.hint)
        }
        let list = at.map { rest[rest.index(after: $0)...] } ?? ""
        let addresses = list.split(separator: ",", omittingEmptySubsequences: at == nil)
        let founder = Founder(
            name: String(text[..<equals]), id: id, addresses: addresses.map(String.init))
        for problem in founder.problems {
            throw .founder(text: text, message: problem.message, hint: hint)
        }
        return founder
    }

    /// What is wrong with this founder by itself, and the key it stands under.
    var problems: [(path: [TOMLStep], message: String)] {
        var problems: [(path: [TOMLStep], message: String)] = []
        if !Wording.isName(name) || name.contains(where: { $0 == "=" }) {
            problems.append(
                ([.key("name")], "a founder's name has 1 to 64 printable characters and no '='"))
        }
        if addresses.count > Self.mostAddresses {
            problems.append(([.key("addresses")], "at most \(Self.mostAddresses) addresses"))
        }
        for (index, address) in addresses.enumerated() where !Self.isAddress(address) {
            problems.append(
                (
                    [.key("addresses"), .index(index)],
                    "'\(address)' is no address: write host:port, or [IPv6]:port"
                ))
        }
        return problems
    }

    static let mostAddresses = 16

    /// Whether a text is a host name or an IPv4 address, or an IPv6 address in brackets, and a port.
    /// Whether the host exists, the dialling node finds out.
    public static func isAddress(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        let host = text[..<colon].utf8
        let digits = text[text.index(after: colon)...].utf8
        guard (1...5).contains(digits.count), digits.allSatisfy(isDigit),
            let port = Int(String(decoding: digits, as: UTF8.self)), (1...65535).contains(port)
        else { return false }
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
            let inner = host.dropFirst().dropLast()
            return (2...45).contains(inner.count) && inner.contains(UInt8(ascii: ":"))
                && inner.allSatisfy {
                    isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        guard (1...253).contains(host.count) else { return false }
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                && label.allSatisfy {
                    isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
