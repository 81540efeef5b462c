// Room:  tests of Daemon.
// Task:  every word of the federation's gossip has its word in the codec.
// May:   Daemon, Codec, Federation.
// Proof: itself

import Codec
import Federation
import Testing

@testable import Daemon

@Suite struct NodeSettingsTests {
    @Test(arguments: DeltaValues.allCases)
    func the_value_kinds_mean_the_same_in_both_rooms(values: DeltaValues) {
        var gossip = FederationGossip()
        gossip.values = values
        gossip.fraction = 0.07
        gossip.minimum = 11
        let options = gossip.codecOptions
        #expect(options.values.rawValue == values.rawValue)
        #expect(options.fraction == 0.07 && options.minimum == 11)
    }
}
