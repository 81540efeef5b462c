// Room:  DaemonTests.
// Task:  what only tests may ask of a daemon.
// May:   Daemon.
// Proof: itself

import Testing

@testable import Daemon

struct TestSwitchesTests {
    @Test("An ordinary environment sets none; nonsense sets none")
    func none() {
        #expect(TestSwitches(["PATH": "/bin", "STARLING_LOG_LEVEL": "debug"]).isEmpty)
        for nonsense in ["", "0", "-3", "x", "60001"] {
            #expect(TestSwitches(["STARLING_TEST_ROUND_MS": nonsense]).isEmpty)
        }
        #expect(TestSwitches(["STARLING_TEST_PARTITIONS": "yes"]).isEmpty)
    }

    @Test("Each of the two by its own variable")
    func both() {
        let switches = TestSwitches([
            "STARLING_TEST_PARTITIONS": "1", "STARLING_TEST_ROUND_MS": "40",
        ])
        #expect(switches.hasPartitions && switches.round == .milliseconds(40))
    }
}
