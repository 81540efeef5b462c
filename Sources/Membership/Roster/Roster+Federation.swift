// Room:  Membership (floor 3, pure).
// Task:  generation 0 as the federation file names it.
// May:   Federation.   May not: clock, sockets, files, logging, global randomness.
// Proof: Tests/MembershipTests/RosterTests.swift

import Federation

extension Roster {
    /// The founders of the file.
    ///
    /// - Throws: `RosterError`; a file that has passed its own checks gives none.
    public init(_ file: FederationFile) throws(RosterError) {
        try self.init(
            founders: file.founders.map {
                Member(id: $0.id, name: $0.name, addresses: $0.addresses)
            })
    }
}
