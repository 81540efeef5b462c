// Room:  tests of Membership.
// Task:  how often members that live are suspected: plain time-outs, φ-accrual, self-doubt.
// May:   anything.
// Proof: itself

import Foundation
import Membership
import Model
import Testing

@Suite struct FalseSuspicionTests {
    /// Sixteen nodes, or fewer, for five minutes: frames come late (2 to 9 s, 4 in
    /// 1000), two nodes are slow (up to 5 s for each frame), three are stopped again and again for
    /// 3 to 18 s.
    static func storm(
        seed: UInt64, nodes: Int = 16, minutes: Int = 5,
        _ configure: (inout MembershipSettings) -> Void
    ) throws -> (suspicions: Accusations, downs: Accusations, links: Int) {
        var random = SeededGenerator(seed: seed &+ 77)
        var net = try VirtualNetwork(count: nodes, seed: seed, configure: configure)
        for number in 0..<nodes { net.boot(number) }
        net.run(for: 15_000)
        net.hiccups = 4
        for slow in [3, 6] { net.hosts[slow].slowness = 200...5_000 }
        for _ in 0..<(minutes * 12) {
            net.pause([1, 5, 7][random.below(3)], for: 3_000 + UInt64(random.below(15_000)))
            net.run(for: 5_000)
        }
        let links = net.hosts.reduce(0) { $0 + $1.machine.links.count }
        return (net.suspicions, net.downs, links)
    }

    @Test func fewerLivingMembersAreSuspectedThanByPlainTimeOuts() throws {
        let ours = try Self.storm(seed: 1, nodes: 8, minutes: 3) { _ in }
        let plain = try Self.storm(seed: 1, nodes: 8, minutes: 3) {
            $0.phi = 0
            $0.healthLimit = 0
        }
        let all = ours.suspicions.healthy + ours.suspicions.ailing
        let before = plain.suspicions.healthy + plain.suspicions.ailing
        #expect(all * 2 < before, "\(ours) of \(plain)")
        #expect(ours.downs.healthy + ours.downs.ailing <= plain.downs.healthy + plain.downs.ailing)
    }

    /// By hand: `STARLING_FIGURES=1
    /// swift test -c release -Xswiftc -enable-testing --filter FalseSusp`.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["STARLING_FIGURES"] != nil))
    func figures() throws {
        let variants: [(String, (inout MembershipSettings) -> Void)] = [
            ("plain time-outs", { ($0.phi, $0.healthLimit) = (0, 0) }),
            ("φ-accrual alone", { $0.healthLimit = 0 }),
            ("self-doubt alone", { $0.phi = 0 }),
            ("both", { _ in }),
        ]
        for (name, configure) in variants {
            var suspicions = Accusations()
            var downs = Accusations()
            for seed in 1...20 as ClosedRange<UInt64> {
                let run = try Self.storm(seed: seed, configure)
                suspicions.healthy += run.suspicions.healthy
                suspicions.ailing += run.suspicions.ailing
                downs.healthy += run.downs.healthy
                downs.ailing += run.downs.ailing
            }
            print("\(name): suspect \(suspicions), down \(downs)")
        }
    }
}
