// Room:  Membership (floor 3, pure).
// Task:  whether a text that a peer sent can be an address to dial.
// May:   nothing but the standard library.
// Proof: Tests/MembershipTests/DirectoryRecordTests.swift

/// The form of an address, as the federation file demands it of founders.
enum AddressForm {
    /// A host name or an IPv4 address, or an IPv6 address in brackets, and a port; lower case.
    /// Whether the host exists, the dialling node finds out.
    static func isAddress(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= DirectoryLimits.address,
            let colon = bytes.lastIndex(of: UInt8(ascii: ":"))
        else { return false }
        return isPort(bytes[(colon + 1)...]) && isHost(bytes[..<colon])
    }

    private static func isPort(_ digits: ArraySlice<UInt8>) -> Bool {
        guard (1...5).contains(digits.count), digits.allSatisfy(isDigit) else { return false }
        let port = digits.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
        return (1...65_535).contains(port)
    }

    private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
            let inner = host.dropFirst().dropLast()
            return (2...45).contains(inner.count) && inner.contains(UInt8(ascii: ":"))
                && inner.allSatisfy {
                    isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
                        || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        guard (1...253).contains(host.count) else { return false }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                    && label.allSatisfy(isLetter)
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
