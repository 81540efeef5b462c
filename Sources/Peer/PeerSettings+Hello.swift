// Room:  Peer (pure core).
// Task:  the Hello of a node, and why another's is not accepted.
// May:   Identity through Membership, Wire.   May not: clock, sockets, files, logging.
// Proof: Tests/PeerTests/GreetingTests.swift

import Membership
import Wire

extension PeerSettings {
    /// What does not depend on how the node is doing.
    package func hello(at now: Instant) -> WireHello {
        var hello = WireHello()
        hello.versionMin = Self.versions.lowerBound
        hello.versionMax = Self.versions.upperBound
        hello.federationBytes = federationID
        hello.nodeBytes = own.bytes
        hello.software = software
        hello.parameters = UInt32(clamping: parameters)
        hello.listening = membership.listening
        if let time = wallTime(at: now) { hello.clock = time }
        return hello
    }

    /// Unix milliseconds; nil where they are not said.
    func wallTime(at now: Instant) -> Int64? {
        clock.map { $0 &+ Int64(clamping: now.nanoseconds / 1_000_000) }
    }

    /// How far the sender's clock is ahead; nil where one of the two does not say.
    package func clockDifference(of hello: WireHello, at now: Instant) -> Duration? {
        guard hello.clock != 0, let own = wallTime(at: now) else { return nil }
        return .milliseconds(hello.clock.subtractingReportingOverflow(own).partialValue)
    }

    /// Why a Hello is not accepted, as both sides will log it.
    package func objection(to hello: WireHello, from peer: NodeID) -> WireFarewell? {
        let versions = Self.versions
        guard hello.versionMin <= versions.upperBound, hello.versionMax >= versions.lowerBound
        else {
            var farewell = WireFarewell(
                .version,
                reason: "this node speaks protocol versions \(versions.lowerBound) to "
                    + "\(versions.upperBound), the other \(hello.versionMin) to \(hello.versionMax)"
            )
            farewell.versionMin = versions.lowerBound
            farewell.versionMax = versions.upperBound
            return farewell
        }
        guard hello.federationBytes == federationID else {
            var farewell = WireFarewell(
                .otherFederation,
                reason: "this node has federation \(short(federationID)), "
                    + "the other \(short(hello.federationBytes))")
            farewell.federationBytes = federationID
            return farewell
        }
        guard hello.nodeBytes == peer.bytes else {
            return WireFarewell(
                .protocolError, reason: "the hello names another node than its key does")
        }
        guard hello.parameters == UInt32(clamping: parameters) else {
            return WireFarewell(
                .protocolError,
                reason: "the hello speaks of \(hello.parameters) parameters, "
                    + "the federation has \(parameters)")
        }
        return nil
    }

    /// As every command shows it: a federation ID is written like a node ID.
    private func short(_ federation: [UInt8]) -> String {
        NodeID(bytes: federation)?.short ?? "of \(federation.count) bytes"
    }
}
