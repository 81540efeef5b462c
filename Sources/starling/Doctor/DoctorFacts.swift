// Room:  starling (floor 6).
// Task:  what `doctor` has found out about a set-up, as values.
// May:   Daemon (the answers as values).
// Proof: Tests/StarlingTests/DoctorTests.swift

import Daemon

struct DoctorFacts {
    /// What the node needs and what it is for, from its files.
    struct SetUp {
        var node: String
        var federation: String
        /// In the roster, this node too.
        var members: Int
        var parameters: Int
        /// nil: a trainer outside has the rows.
        var rows: (training: Int, heldOut: Int)?
        /// Links that it keeps at most.
        var view: Int
        var listens: Bool
        /// Where the federation file says that it can be dialled.
        var addresses: [String]
        /// `[links] kept_references`, bytes.
        var keptReferences: Int
    }

    struct Machine: Equatable {
        /// For this user, where the state folder lies; nil: not known.
        var freeDisk: UInt64?
        var availableMemory: UInt64?
        var mostFiles: Int?
    }

    /// One address of another member, tried from here.
    struct Contact: Equatable {
        enum Result: Equatable {
            /// The name did not resolve.
            case unknownName(String)
            case noAnswer(String)
            /// The other end takes this node for a member of its federation.
            case agreed(software: String, clockAhead: Double?)
            /// Why not, as it or this end says.
            case refused(String)
        }

        var member: String
        var address: String
        var result: Result
    }

    var setUp: SetUp
    var machine: Machine
    var contacts: [Contact] = []
    /// nil: the node does not run.
    var running: NodePicture?
    /// What the preparation found allowed but probably not meant.
    var warnings: [String] = []
}
