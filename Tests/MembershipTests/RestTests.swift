// Room:  tests of Membership.
// Task:  what a federation at rest costs.
// May:   anything.
// Proof: itself

import Membership
import Testing

@Suite struct RestTests {
    /// Seven links, each asked every 5 s by one end and answered by the other: 1.4 frames a node.
    /// A heartbeat is about 15 bytes with its frame's head, 35 with what TLS adds.
    @Test func aNodeWithSevenLinksSendsThreeFramesInTwoSecondsAtMost() throws {
        var net = try VirtualNetwork(count: 8, seed: 1)
        for number in 0..<8 { net.boot(number) }
        net.run(for: 60_000)
        let before = net.sent
        net.run(for: 120_000)
        let rate = Double(net.sent - before) / 120 / 8
        #expect(rate > 1 && rate < 1.5, "\(rate) frames a second and node")
    }
}
