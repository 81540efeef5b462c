// Room:  starling (floor 6).
// Task:  what a storm does to a node's folder: older checkpoints, nothing but the key, invitations.
// May:   Daemon (names of its files), FoundationEssentials, Store.
// Proof: Tests/EndToEndTests/StormTests.swift

import Daemon
import FoundationEssentials
import Store

extension DemoFolder.Place {
    private var checkpoints: String { "\(state)/checkpoint" }
    private var kept: String { "\(folder)/kept.ckpt" }

    /// Newest last.
    private var checkpointFiles: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? []
        return names.filter { $0.hasSuffix(".ckpt") }.sorted()
    }

    /// Puts the newest checkpoint aside, for `goBack`.
    func keepCheckpoint() {
        // A daemon writes beside and renames: what is there is whole, but may be gone by now.
        guard let newest = checkpointFiles.last,
            let bytes = try? Files.read("\(checkpoints)/\(newest)", limit: 1 << 28)
        else { return }
        try? Files.writeAtomically(kept, bytes)
        try? Files.writeAtomically(kept + ".name", [UInt8](newest.utf8))
    }

    /// Leaves only the checkpoint that was put aside; without one, all but the newest.
    func goBack() {
        let files = checkpointFiles
        guard let bytes = try? Files.read(kept, limit: 1 << 28),
            let name = try? Files.read(kept + ".name", limit: 100)
        else {
            if files.count > 1, let newest = files.last { remove("\(checkpoints)/\(newest)") }
            return
        }
        for file in files { remove("\(checkpoints)/\(file)") }
        try? Files.writeAtomically("\(checkpoints)/\(String(decoding: name, as: UTF8.self))", bytes)
    }

    /// Leaves the key and its certificate.
    func loseAllButTheKey() {
        remove(checkpoints)
        remove(Configuration.rosterLog(inState: state))
        remove(Configuration.directory(inState: state))
    }

    /// What a newcomer's operator writes into its configuration.
    func accept(_ invitation: InvitationStatus) throws {
        let section = "\n" + invitation.section.map { $0 + "\n" }.joined()
        let text = try Files.read(configuration, limit: 1 << 16)
        try Files.writeAtomically(configuration, text + [UInt8](section.utf8), mode: 0o644)
    }

    /// What is not there need not be removed.
    private func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
