// Room:  SimulationTests.
// Task:  small storms: no law breaks, and seeds that once failed stay mended.
// May:   Simulation, Foundation.
// Proof: itself

import Foundation
import Testing

@testable import Simulation

@Suite struct SmallStormTests {
    private func expectCalm(_ report: StormReport) {
        guard let violation = report.violation else { return }
        Issue.record(
            """
            seed \(report.seed), event \(violation.event): \(violation.law)
            \((report.configuration + violation.lines).joined(separator: "\n"))
            """)
    }

    @Test(arguments: UInt64(1)...2)
    func a_small_storm_breaks_no_law_and_ends(seed: UInt64) {
        let report = SmallStorm.run(seed: seed)
        expectCalm(report)
        #expect(report.checked > report.events && report.events > 1000)
        #expect(report.configuration.count >= 4)
    }

    @Test func the_same_seed_is_the_same_storm() {
        let (one, two) = (SmallStorm.run(seed: 1), SmallStorm.run(seed: 1))
        #expect(one.digest == two.digest && one.events == two.events)
        #expect(one.digest != SmallStorm.run(seed: 2).digest)
    }

    /// The storms of `Tests/seeds.txt`: seed, test and reason, with tabs between.
    @Test func seeds_that_once_failed_are_mended() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("seeds.txt")
        let storms = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map { $0.split(separator: "\t") }
            .filter { $0.count == 3 && $0[1].hasPrefix("SmallStormTests/") }
        #expect(storms.count >= 1)
        for storm in storms { expectCalm(SmallStorm.run(seed: try #require(UInt64(storm[0])))) }
    }
}
