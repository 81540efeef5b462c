// Room:  TidyTests.
// Task:  the unit for one node and the unit for several are one, but for the names of files.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

@Suite struct UnitTests {
    /// The lines that mean something to systemd.
    private func settings(_ name: String) throws -> [String] {
        try Repository.read("deploy/systemd/\(name)").split(separator: "\n")
            .map(String.init).filter { !$0.hasPrefix("#") && !$0.isEmpty }
    }

    @Test("starling@.service is starling.service with the instance's folders")
    func instances() throws {
        let one = try settings("starling.service").map { line in
            switch line {
            case "Description=Starling, federated learning without a server":
                "Description=Starling (%i), federated learning without a server"
            case "ExecStart=/usr/bin/starling run --config /etc/starling/starling.toml":
                "ExecStart=/usr/bin/starling run --config /etc/starling/%i/starling.toml"
            case "StateDirectory=starling": "StateDirectory=starling/%i"
            default: line
            }
        }
        let several = try settings("starling@.service")
        #expect(several.filter { $0 != "Environment=STARLING_NODE_STATE=%S/starling/%i" } == one)
        #expect(several.count == one.count + 1)
    }

    @Test("Every line of the sandbox stands under a comment")
    func explained() throws {
        var isExplained = false
        for line in try Repository.read("deploy/systemd/starling.service")
            .split(separator: "\n", omittingEmptySubsequences: false)
        {
            if line.isEmpty || line.hasPrefix("[") { isExplained = false }
            if line.hasPrefix("# ") { isExplained = true }
            let isSandbox = ["Protect", "Private", "Restrict", "SystemCall", "Capab", "Memory"]
                .contains { line.hasPrefix($0) }
            if isSandbox { #expect(isExplained, "\(line)") }
        }
    }
}
