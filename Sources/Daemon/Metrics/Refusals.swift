// Room:  Daemon (floor 5).
// Task:  the kinds of refusals that are counted: few, whatever a peer says.
// May:   Wire.
// Proof: Tests/DaemonTests/MetricsTests.swift

import Wire

/// Why a Hello was refused, and by whom.
struct Refusals: Hashable {
    let code: String
    /// `peer` or `node`.
    let by: String

    /// - code: one that this release does not know counts as `other`: a peer must not be able to
    ///   make series.
    init(_ code: WireFarewell.Code, byPeer: Bool) {
        self.code = Self.names[code] ?? "other"
        by = byPeer ? "peer" : "node"
    }

    private static let names: [WireFarewell.Code: String] = [
        .leaving: "leaving", .otherFederation: "other_federation", .version: "version",
        .notAMember: "not_a_member", .expelled: "expelled", .duplicate: "duplicate",
        .viewFull: "view_full", .protocolError: "protocol_error", .overloaded: "overloaded",
    ]

    /// In a fixed order.
    static let all: [Refusals] = WireFarewell.Code.allCases.flatMap { code in
        [false, true].map { Refusals(code, byPeer: $0) }
    }
}
