// Room:  EventLoopTests.
// Task:  addresses as people write them, and errors in words.
// May:   EventLoop, Testing.
// Proof: –

import EventLoop
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("node-a.hospital.example:7447", "node-a.hospital.example", 7447),
        ("10.0.0.1:1", "10.0.0.1", 1), ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        ("localhost:0", "localhost", 0),
    ])
    func hostAndPortAreRead(text: String, host: String, port: UInt16) throws {
        let address = try HostPort(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", ":", "host", "host:", ":7447", "host:port", "host:65536", "host:-1", "host:+1",
        "host:000001", "::1:7447", "[::1]", "[::1]7447", "[10.0.0.1]:7447", "[name]:7447",
        "two words:7447", "host:7447 ", "user@host:1", "ho\u{e9}:1",
    ])
    func whatIsNotHostAndPortIsRefusedWithItsText(text: String) {
        let error = #expect(throws: EventLoopError.self) { _ = try HostPort(text) }
        #expect(error == .badAddress(text))
        #expect(error?.exitStatus == 64)
        #expect(error?.hint != nil)
    }

    @Test func numbersBecomeAddressesAndNamesDoNot() {
        #expect(SocketAddress(ip: "127.0.0.1", port: 80)?.description == "127.0.0.1:80")
        #expect(SocketAddress(ip: "::1", port: 80)?.description == "[::1]:80")
        #expect(SocketAddress(ip: "::1", port: 80)?.isIPv6 == true)
        for text in ["", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "::g", "1.2.3.4\0"] {
            #expect(SocketAddress(ip: text, port: 80) == nil, "\(text)")
        }
    }
}
